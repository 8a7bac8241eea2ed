//! Texts of statuses that the client makes: target, phase, attempt, duration and cause.

use std::error::Error as _;
use std::time::Duration;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::transport::{Address, Connector, Socket};
use rsrpc_runtime::{Channel, Code, Compression, Protocol, Server, Status};
use rsrpc_tests::certificates::LOCALHOST;
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::raw::{RawCall, RawServer, frame, message, trailers};
use rsrpc_tests::soon;
use rsrpc_tests::testing::{Act, Request, TestingClient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::{KINDS, call, drain};

/// Suffix of an error while the channel waits for its next attempt to connect.
pub(super) const NEXT: &str = "; the next attempt is in T";

/// Replaces every duration by `T` and every port by `P`.
fn normalised(status: &Status) -> String {
    let mut shown = String::new();
    let text = status.to_string();
    let mut rest = text.as_str();
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, number) = rest.split_at(start);
        let end = number
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(number.len());
        let (number, after) = number.split_at(end);
        shown += before;
        let unit = ["ms", "s"].into_iter().find(|unit| {
            let behind = after.strip_prefix(unit);
            behind.is_some_and(|behind| !behind.starts_with(|c: char| c.is_alphanumeric()))
        });
        match unit {
            Some(unit) => {
                shown.push('T');
                rest = &after[unit.len()..];
            }
            None => {
                shown += if before.ends_with(':') { "P" } else { number };
                rest = after;
            }
        }
    }
    shown + rest
}

#[track_caller]
pub(super) fn assert_text(status: &Status, expected: &str) {
    assert_eq!(normalised(status), expected, "{status:?}");
}

fn client(target: &str) -> TestingClient {
    TestingClient::new(Channel::builder(target).build().unwrap())
}

async fn failure(client: &TestingClient, kind: MethodKind, behaviour: &str) -> Status {
    soon(call(client, kind, behaviour)).await.1.unwrap_err()
}

#[tokio::test]
async fn connection_refused_error() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let refused = "Connection refused (os error 111)";
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let channel = Channel::builder(format!("127.0.0.1:{port}")).protocol(protocol);
        let client = TestingClient::new(channel.build().unwrap());
        let status = failure(&client, MethodKind::Unary, "").await;
        let first =
            format!("UNAVAILABLE: cannot connect to 127.0.0.1:P (connecting, attempt 1, after T): {refused}");
        assert_text(&status, &format!("{first}{NEXT}"));
        let source = status.source().unwrap().downcast_ref::<std::io::Error>();
        assert_eq!(source.unwrap().kind(), std::io::ErrorKind::ConnectionRefused);
        let status = failure(&client, MethodKind::Unary, "").await;
        assert_text(&status, &format!("{first}{NEXT}"));
        assert!(status.source().is_some());
    }
    let status = failure(&client(&format!("localhost:{port}")), MethodKind::Bidi, "").await;
    let text = normalised(&status).replace("[::1]", "127.0.0.1");
    assert_eq!(
        text,
        format!(
            "UNAVAILABLE: cannot connect to localhost:P at 127.0.0.1:P (connecting, attempt 1, after T): {refused}{NEXT}"
        )
    );
}

#[tokio::test]
async fn unresolvable_name_error() {
    // A label longer than 63 bytes (RFC 1035 §2.3.4), so that no name server is queried.
    let target = format!("http://{}.invalid:1", "x".repeat(70));
    let status = failure(&client(&target), MethodKind::Unary, "").await;
    assert_text(
        &status,
        &format!(
            "UNAVAILABLE: cannot connect to http://{}.invalid:P (resolving the name, attempt 1, after T): \
             failed to lookup address information: Name or service not known{NEXT}",
            "x".repeat(70)
        ),
    );
    assert!(status.source().is_some());
}

/// A connector whose peer never writes, or whose attempt never completes.
#[derive(Clone, Copy)]
enum Silent {
    Nowhere,
    Accepts,
}

impl Connector for Silent {
    async fn connect(&self, _: Address) -> std::io::Result<Socket> {
        let (ours, theirs) = tokio::io::duplex(1 << 16);
        match self {
            Self::Nowhere => std::future::pending().await,
            Self::Accepts => tokio::spawn(async move {
                let _theirs = theirs;
                std::future::pending::<()>().await
            }),
        };
        Ok(Socket::new(ours))
    }
}

#[tokio::test(start_paused = true)]
async fn connect_timeout_error_names_the_phase() {
    let within = |connector: Silent, protocol: Protocol, timeout: Option<Duration>| async move {
        let mut channel = Channel::builder("memory:")
            .protocol(protocol)
            .connector(connector);
        if let Some(timeout) = timeout {
            channel = channel.default_timeout(timeout);
        }
        let client = TestingClient::new(channel.build().unwrap());
        let status = client.unary(Request::default()).await.unwrap_err();
        // The backoff is random.
        let text = status.to_string();
        text.split("; the next").next().unwrap().to_owned()
    };
    assert_eq!(
        within(Silent::Nowhere, Protocol::Grpc, None).await,
        "UNAVAILABLE: cannot connect to memory: (connecting, attempt 1, after 20s): no answer before the connect \
         timeout of 20s"
    );
    assert_eq!(
        within(Silent::Accepts, Protocol::Grpc, None).await,
        "UNAVAILABLE: cannot connect to memory: (HTTP/2 handshake, attempt 1, after 20s): the server sent no HTTP/2 \
         SETTINGS before the connect timeout of 20s"
    );
    let timeout = Some(Duration::from_millis(500));
    assert_eq!(
        within(Silent::Nowhere, Protocol::Grpc, timeout).await,
        "DEADLINE_EXCEEDED: call to memory: failed (waiting for a connection: connecting to memory:, attempt 1, after \
         500ms): the deadline passed"
    );
    assert_eq!(
        within(Silent::Accepts, Protocol::Grpc, timeout).await,
        "DEADLINE_EXCEEDED: call to memory: failed (waiting for a connection: HTTP/2 handshake with memory:, attempt \
         1, after 500ms): the deadline passed"
    );
    let channel = Channel::builder("127.0.0.1:1")
        .connector(Silent::Accepts)
        .tls(LOCALHOST.tls())
        .default_timeout(Duration::from_millis(500));
    let client = TestingClient::new(channel.build().unwrap());
    assert_eq!(
        client.unary(Request::default()).await.unwrap_err().to_string(),
        "DEADLINE_EXCEEDED: call to 127.0.0.1:1 failed (waiting for a connection: TLS handshake with 127.0.0.1:1, \
         attempt 1, after 500ms): the deadline passed"
    );
    assert_eq!(
        within(Silent::Nowhere, Protocol::JsonRpc, timeout).await,
        "DEADLINE_EXCEEDED: call to memory: failed (waiting for a connection, attempt 1, after 500ms): the deadline \
         passed"
    );
    assert_eq!(
        within(Silent::Accepts, Protocol::JsonRpc, timeout).await,
        "DEADLINE_EXCEEDED: call to memory: failed (waiting for the reply's headers, attempt 1, after 500ms): the \
         deadline passed"
    );
}

/// Name resolution that does not return. The system's resolver blocks a thread; the pool has one, and the test
/// occupies it.
#[test]
fn blocked_name_resolution_error() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    let (release, released) = std::sync::mpsc::channel::<()>();
    runtime.spawn_blocking(move || released.recv());
    runtime.block_on(async {
        let short = Duration::from_millis(100);
        let builder = || Channel::builder("http://silent.invalid:1");
        let channel = builder().default_timeout(short).build().unwrap();
        for kind in KINDS {
            let status = failure(&TestingClient::new(channel.clone()), kind, "").await;
            assert_text(
                &status,
                "DEADLINE_EXCEEDED: call to http://silent.invalid:P failed (waiting for a connection: resolving the name, \
                 attempt 1, after T): the deadline passed",
            );
        }
        let channel = builder().protocol(Protocol::JsonRpc).default_timeout(short);
        let status = failure(&TestingClient::new(channel.build().unwrap()), MethodKind::Unary, "").await;
        assert_text(
            &status,
            "DEADLINE_EXCEEDED: call to http://silent.invalid:P failed (waiting for a connection, attempt 1, after T): the \
             deadline passed",
        );
        for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
            let channel = builder().protocol(protocol).connect_timeout(short);
            let status = failure(&TestingClient::new(channel.build().unwrap()), MethodKind::Unary, "").await;
            assert_text(
                &status,
                &format!(
                    "UNAVAILABLE: cannot connect to http://silent.invalid:P (resolving the name, attempt 1, after T): no \
                     answer before the connect timeout of T{NEXT}"
                ),
            );
        }
    });
    drop(release);
}

/// A listener with a full accept queue: the kernel drops further SYNs.
#[tokio::test]
async fn dropped_syn_error() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    let short = Duration::from_millis(200);
    while let Ok(connected) = tokio::time::timeout(short, tokio::net::TcpStream::connect(address)).await {
        queued.push(connected.unwrap());
        assert!(queued.len() < 100, "the queue has no end");
    }
    let channel = Channel::builder(address.to_string()).connect_timeout(short);
    let status = failure(
        &TestingClient::new(channel.build().unwrap()),
        MethodKind::Unary,
        "",
    )
    .await;
    assert_text(
        &status,
        "UNAVAILABLE: cannot connect to 127.0.0.1:P (connecting, attempt 1, after T): no answer before the connect \
         timeout of T; the next attempt is in T",
    );
}

#[tokio::test]
async fn non_http2_peer_error_names_its_protocol() {
    for (greeting, cause) in [
        (
            &b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n"[..],
            "the server sent \"HTTP/1.1 400 Bad Request\": it does not speak HTTP/2 on this port",
        ),
        (
            &[0x15, 3, 1, 0, 2, 2, 0x46],
            "the server sent a TLS record: it expects TLS on this port, but this channel is plaintext; \
             use https:// or .tls()",
        ),
        (
            b"SSH-2.0-x\r\n",
            "the server sent \"SSH-2.0-x\", which is not HTTP/2",
        ),
        (b"", "the server closed the connection before HTTP/2 began on it"),
    ] {
        let server = RawServer::sockets(move |mut socket| async move {
            let _ = socket.write_all(greeting).await;
            let _ = socket.shutdown().await;
            let _ = socket.read_to_end(&mut Vec::new()).await;
        })
        .await;
        for kind in KINDS {
            let status = failure(&server.client(), kind, "").await;
            assert_text(
                &status,
                &format!(
                    "UNAVAILABLE: cannot connect to 127.0.0.1:P (HTTP/2 handshake, attempt 1, after T): {cause}{NEXT}"
                ),
            );
        }
    }
}

async fn misbehave(mut call: RawCall) {
    let behaviour = call.header("x-do");
    call.read().await;
    let hangs = || std::future::pending::<()>();
    match behaviour.as_str() {
        "hang" => return hangs().await,
        "close" => {
            call.connection.close.notify_one();
            return hangs().await;
        }
        "reset" => return call.respond.send_reset(h2::Reason::INTERNAL_ERROR),
        _ => {}
    }
    let mut stream = call.begin();
    match behaviour.as_str() {
        "headers, hang" => hangs().await,
        "headers, close" => {
            call.flush().await;
            call.connection.close.notify_one();
            hangs().await;
        }
        "reply, hang" => {
            stream.send_data(message("good"), false).unwrap();
            hangs().await;
        }
        "too large" => {
            stream.send_data(vec![0, 0, 0x50, 0, 0].into(), false).unwrap();
            hangs().await;
        }
        "no status" => stream.send_data(message("good"), true).unwrap(),
        "two replies" => {
            stream.send_data(message("good"), false).unwrap();
            stream.send_data(message("good"), false).unwrap();
            stream.send_trailers(trailers("0")).unwrap();
        }
        "no reply" => stream.send_trailers(trailers("0")).unwrap(),
        other => panic!("{other}"),
    }
}

#[tokio::test]
async fn broken_call_error_names_the_phase() {
    let server = RawServer::http2(misbehave).await;
    for (behaviour, expected) in [
        (
            "hang",
            "DEADLINE_EXCEEDED (waiting for the reply's headers): the deadline passed",
        ),
        (
            "headers, hang",
            "DEADLINE_EXCEEDED (reading the reply's messages): the deadline passed",
        ),
        (
            "reply, hang",
            "DEADLINE_EXCEEDED (reading the reply's messages): the deadline passed",
        ),
        (
            "close",
            "UNAVAILABLE (waiting for the reply's headers): the server closed the connection",
        ),
        (
            "headers, close",
            "UNAVAILABLE (reading the reply's messages): the server closed the connection",
        ),
        (
            "reset",
            "INTERNAL (waiting for the reply's headers): the server reset the stream with INTERNAL_ERROR",
        ),
        (
            "too large",
            "RESOURCE_EXHAUSTED (reading the reply's messages): a message of 5242880 bytes is larger than the limit \
             of 4194304 bytes",
        ),
        (
            "no status",
            "UNKNOWN (waiting for the reply's trailers): the server ended the call without a grpc-status",
        ),
        (
            "two replies",
            "UNIMPLEMENTED (reading the reply's messages): the server sent more than one reply to a unary call",
        ),
        (
            "no reply",
            "UNIMPLEMENTED (reading the reply's messages): the server sent no reply to a unary call",
        ),
    ] {
        let (code, rest) = expected.split_once(" (").unwrap();
        let (phase, cause) = rest.split_once("): ").unwrap();
        let channel = Channel::builder(server.address.to_string());
        let channel = match code {
            "DEADLINE_EXCEEDED" => channel.default_timeout(Duration::from_millis(100)),
            _ => channel,
        };
        let client = TestingClient::new(channel.build().unwrap());
        let is_of_unary_calls = cause.contains("unary call");
        for kind in KINDS {
            if is_of_unary_calls && matches!(kind, MethodKind::ServerStreaming | MethodKind::Bidi) {
                continue;
            }
            let status = failure(&client, kind, behaviour).await;
            assert_text(
                &status,
                &format!("{code}: call to 127.0.0.1:P failed ({phase}, attempt 1, after T): {cause}"),
            );
        }
    }
}

#[tokio::test]
async fn error_source_is_kept() {
    let server = RawServer::http2(misbehave).await;
    for (behaviour, is_io) in [("close", true), ("reset", false)] {
        let status = failure(&server.client(), MethodKind::Unary, behaviour).await;
        let source = status.source().unwrap().downcast_ref::<h2::Error>().unwrap();
        assert_eq!(source.is_io(), is_io, "{behaviour}");
    }
}

/// The debug data of a GOAWAY is part of the status of the calls it ends.
#[tokio::test]
async fn goaway_debug_data_is_in_the_error() {
    let server = RawServer::sockets(|mut socket| async move {
        socket.write_all(&frame(4, 0, 0, &[])).await.unwrap();
        let mut read = Vec::new();
        while !read.windows(6).any(|window| window == [1, 4, 0, 0, 0, 1]) {
            socket.read_buf(&mut read).await.unwrap();
        }
        // Last stream 1, ENHANCE_YOUR_CALM.
        let go_away = [&[0, 0, 0, 1, 0, 0, 0, 11][..], b"out of tea\n"].concat();
        socket.write_all(&frame(7, 0, 0, &go_away)).await.unwrap();
        socket.shutdown().await.unwrap();
        let _ = socket.read_to_end(&mut read).await;
    })
    .await;
    for kind in KINDS {
        let status = failure(&server.client(), kind, "").await;
        assert_text(
            &status,
            "UNAVAILABLE: call to 127.0.0.1:P failed (waiting for the reply's headers, attempt 1, after T): the server \
             sent GOAWAY with ENHANCE_YOUR_CALM and debug data \"out of tea\\n\"",
        );
    }
}

/// Statuses of the server are passed on unchanged.
#[tokio::test]
async fn server_status_is_unchanged() {
    let setup = Setup::default().server(|server| server.max_request_size(1000));
    let fixture = setup.start(Transport::Tcp).await;
    let client = fixture.client();
    let large = Request {
        text: "x".repeat(2000),
        ..Request::default()
    };
    let status = client.unary(large).await.unwrap_err();
    assert_eq!(
        status.to_string(),
        "RESOURCE_EXHAUSTED: a message of 2003 bytes is larger than the limit of 1000 bytes"
    );
    let fails = Request {
        act: Act::HangStream.into(),
        ..Request::default()
    };
    let streamed = client
        .server_stream(fails)
        .timeout(Duration::from_millis(100))
        .await;
    let status = drain(streamed).await.1.unwrap_err();
    assert_eq!(status.code(), Code::DeadlineExceeded);
    assert_text(
        &status,
        "DEADLINE_EXCEEDED: call to 127.0.0.1:P failed (reading the reply's messages, attempt 1, after T): the deadline \
         passed",
    );
    fixture.stop().await;
    let empty = Server::new().bind("127.0.0.1:0").await.unwrap();
    let client = super::client_errors::client(&empty.local_addr().to_string());
    let serving = tokio::spawn(empty.serve());
    for (kind, method) in KINDS
        .into_iter()
        .zip(["Unary", "ServerStream", "ClientStream", "Bidi"])
    {
        assert_eq!(
            failure(&client, kind, "").await.to_string(),
            format!(
                "UNIMPLEMENTED: no service on this server has the method /rsrpc.testing.Testing/{method}"
            )
        );
    }
    serving.abort();
}

/// Messages over the size limit, before and after decompression.
#[tokio::test]
async fn message_size_limit_error() {
    let replies = Request {
        reply_size: 2000,
        ..Request::default()
    };
    let here =
        "RESOURCE_EXHAUSTED: call to 127.0.0.1:P failed (reading the reply's messages, attempt 1, after T): ";
    for (compression, sent, received) in [
        (
            None,
            "a message of 2003 bytes is larger than the limit of 1000 bytes",
            "a message of 2038 bytes is larger than the limit of 1000 bytes",
        ),
        (
            Some(Compression::Gzip),
            "a message decompresses to more than the limit of 1000 bytes",
            "a message decompresses to more than the limit of 1000 bytes",
        ),
    ] {
        let setup = Setup::default().server(move |server| {
            let server = server.max_request_size(1000);
            match compression {
                Some(algorithm) => server
                    .accept_compression([algorithm])
                    .send_compression([algorithm]),
                None => server,
            }
        });
        let fixture = setup.start(Transport::Tcp).await;
        let channel = fixture
            .channel()
            .accept_compression(compression)
            .max_reply_size(1000);
        let client = TestingClient::new(channel.build().unwrap());
        let large = Request {
            text: "x".repeat(2000),
            ..Request::default()
        };
        let mut call = client.unary(large);
        if let Some(algorithm) = compression {
            call = call.compression(algorithm);
        }
        let status = soon(call.into_future()).await.unwrap_err();
        assert_eq!(status.to_string(), format!("RESOURCE_EXHAUSTED: {sent}"));
        let status = soon(client.unary(replies.clone()).into_future())
            .await
            .unwrap_err();
        assert_text(&status, &format!("{here}{received}"));
        fixture.stop().await;
    }
}

/// Calls that wait for a free stream on a connection at its stream limit.
#[tokio::test]
async fn deadline_while_waiting_for_a_stream() {
    for streams in [1, 3] {
        let setup = Setup::default().server(move |server| server.max_concurrent_streams(streams));
        let fixture = setup.start(Transport::Tcp).await;
        let channel = fixture.channel().build().unwrap();
        let client = TestingClient::new(channel);
        let mut taken = Vec::new();
        for _ in 0..streams {
            let hangs = Request {
                act: Act::HangStream.into(),
                ..Request::default()
            };
            taken.push(client.server_stream(hangs).await.unwrap());
        }
        for kind in KINDS {
            let waiting = async {
                let timeout = Duration::from_millis(100);
                let request = Request::default();
                match kind {
                    MethodKind::Unary => client.unary(request).timeout(timeout).await.map(drop),
                    MethodKind::ServerStreaming => {
                        client.server_stream(request).timeout(timeout).await.map(drop)
                    }
                    MethodKind::ClientStreaming => {
                        client.client_stream([request]).timeout(timeout).await.map(drop)
                    }
                    MethodKind::Bidi => {
                        drain(client.bidi().timeout(timeout).send([request]).await)
                            .await
                            .1
                    }
                }
            };
            assert_text(
                &soon(waiting).await.unwrap_err(),
                "DEADLINE_EXCEEDED: call to 127.0.0.1:P failed (waiting for a stream of the connection, attempt 1, \
                 after T): the deadline passed",
            );
        }
        // The next call takes the freed stream.
        taken.pop();
        soon(client.unary(Request::default()).into_future())
            .await
            .unwrap();
        drop(taken);
        fixture.stop().await;
    }
}

//! Invalid requests: the call is refused or reset, and other calls continue.

use std::time::Duration;

use bytes::Bytes;
use h2::client::SendRequest;
use h2::{Reason, SendStream};
use http::{HeaderMap, Method, Request};
use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::prost::Message as _;
use rsrpc_tests::fixture::{Fixture, Setup, Transport};
use rsrpc_tests::frames::{self, END_HEADERS, END_STREAM, frame, kind};
use rsrpc_tests::raw::envelope;
use rsrpc_tests::steered::Event;
use rsrpc_tests::testing::{Act, Request as Asked};
use rsrpc_tests::{eventually, soon};
use tokio::net::TcpStream;

use super::{KINDS, call};

/// Transports on which a test can write raw bytes.
pub(crate) const SOCKETS: [Transport; 3] = [Transport::Tcp, Transport::Mounted, Transport::Layered];

/// Asserts that another client's calls of every kind succeed.
pub(crate) async fn others_go_on(fixture: &Fixture) {
    let client = fixture.client();
    for kind in KINDS {
        soon(call(&client, kind, "")).await.1.unwrap();
        fixture.probe.until(Event::Gone).await;
    }
}

pub(crate) async fn connect(fixture: &Fixture) -> TcpStream {
    let target = fixture.channel().build().unwrap().target().to_string();
    TcpStream::connect(target).await.unwrap()
}

/// An HTTP/2 connection with hand-made requests.
struct Raw {
    sender: SendRequest<Bytes>,
    connection: tokio::task::JoinHandle<()>,
}

impl Raw {
    async fn open(fixture: &Fixture) -> Self {
        let handshake = h2::client::handshake(connect(fixture).await);
        let (sender, connection) = handshake.await.unwrap();
        let connection = tokio::spawn(async move { drop(connection.await) });
        Self { sender, connection }
    }

    /// Starts a call of this kind. `headers` replace gRPC's; an empty value removes one.
    async fn begin(
        &mut self,
        kind: MethodKind,
        changes: &[(&'static str, &str)],
    ) -> (h2::client::ResponseFuture, SendStream<Bytes>) {
        let method = match kind {
            MethodKind::Unary => "Unary",
            MethodKind::ServerStreaming => "ServerStream",
            MethodKind::ClientStreaming => "ClientStream",
            MethodKind::Bidi => "Bidi",
        };
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = format!("http://x/rsrpc.testing.Testing/{method}")
            .parse()
            .unwrap();
        let headers = request.headers_mut();
        headers.insert("te", "trailers".parse().unwrap());
        headers.insert("content-type", "application/grpc".parse().unwrap());
        for (name, value) in changes {
            match *name {
                ":method" => *request.method_mut() = value.parse().unwrap(),
                ":path" => *request.uri_mut() = format!("http://x{value}").parse().unwrap(),
                name if value.is_empty() => drop(request.headers_mut().remove(name)),
                name => drop(request.headers_mut().insert(name, value.parse().unwrap())),
            }
        }
        let mut sender = self.sender.clone().ready().await.unwrap();
        sender.send_request(request, false).unwrap()
    }
}

/// Returns the HTTP status and `grpc-status`, from headers or trailers.
async fn answer(response: h2::client::ResponseFuture) -> Result<(u16, String), h2::Error> {
    let (head, mut body) = response.await?.into_parts();
    let status = |headers: &HeaderMap| Some(headers.get("grpc-status")?.to_str().unwrap().to_owned());
    let mut found = status(&head.headers);
    while let Some(data) = body.data().await.transpose()? {
        body.flow_control().release_capacity(data.len()).unwrap();
    }
    if let Some(trailers) = body.trailers().await? {
        found = found.or_else(|| status(&trailers));
    }
    Ok((head.status.as_u16(), found.unwrap_or_default()))
}

type Headers = &'static [(&'static str, &'static str)];

/// Invalid request headers, and the expected HTTP status and `grpc-status`.
const ODD_HEADERS: &[(Headers, u16, &str)] = &[
    (&[], 200, "0"),
    (&[("content-type", "application/grpc+proto")], 200, "0"),
    (&[("content-type", "application/grpc;charset=x")], 200, "0"),
    (&[("te", "")], 200, "0"),
    // An empty body is a valid protobuf message but invalid JSON.
    (&[("content-type", "application/grpc+json")], 200, "13"),
    (&[("content-type", "application/grpc+thrift")], 415, ""),
    (&[("content-type", "application/grpc-web")], 415, ""),
    (&[("content-type", "text/plain")], 415, ""),
    (&[("content-type", "")], 415, ""),
    (&[(":method", "GET")], 200, "13"),
    (&[(":method", "PUT")], 200, "13"),
    (&[(":path", "/rsrpc.testing.Testing/Nope")], 200, "12"),
    (&[(":path", "/rsrpc.testing.Testing/Unary/")], 200, "12"),
    (&[(":path", "/")], 200, "12"),
    (&[(":path", "/rsrpc.testing.Testing/Unary?x=1")], 200, "0"),
    (&[("grpc-timeout", "1")], 200, "3"),
    (&[("grpc-timeout", "soon")], 200, "3"),
    (&[("grpc-timeout", "-1S")], 200, "3"),
    (&[("grpc-timeout", "999999999S")], 200, "3"),
    (&[("grpc-timeout", "99999999H")], 200, "0"),
    (&[("grpc-timeout", "0n")], 200, "4"),
    (&[("grpc-encoding", "gzip")], 200, "12"),
    (&[("grpc-encoding", "identity")], 200, "0"),
    (&[("x-blob-bin", "not base64!")], 200, "0"),
];

#[tokio::test]
async fn invalid_headers_are_refused() {
    for transport in SOCKETS {
        let fixture = Setup::default().start(transport).await;
        let mut raw = Raw::open(&fixture).await;
        for (changes, http, grpc) in ODD_HEADERS {
            let (response, mut body) = raw.begin(MethodKind::Unary, changes).await;
            let _ = body.send_data(envelope(0, b""), true);
            let answered = soon(answer(response)).await;
            let (status, code) =
                answered.unwrap_or_else(|error| panic!("{transport:?} {changes:?}: {error}"));
            // A request that is not gRPC goes to JSON-RPC, which refuses it with a status of its own.
            let refused = *http == 415 && (400..500).contains(&status);
            assert!(refused || status == *http, "{transport:?} {changes:?}: {status}");
            assert_eq!(code, *grpc, "{transport:?} {changes:?}");
        }
        drop(raw);
        fixture.stop().await;
    }
}

#[tokio::test]
async fn oversized_header_list_ends_one_call() {
    for transport in SOCKETS {
        let fixture = Setup::default().start(transport).await;
        let mut raw = Raw::open(&fixture).await;
        for _ in 0..3 {
            let (response, _body) = raw
                .begin(MethodKind::Unary, &[("x-large", &"x".repeat(17_000))])
                .await;
            match soon(answer(response)).await {
                Ok((status, _)) => assert_eq!(status, 431, "{transport:?}"),
                Err(error) => assert!(error.is_reset(), "{transport:?}: {error}"),
            }
            others_go_on(&fixture).await;
        }
        drop(raw);
        fixture.stop().await;
    }
}

/// A HEADERS frame larger than the advertised SETTINGS_MAX_HEADER_LIST_SIZE is a connection error (RFC 9113 §4.2).
#[tokio::test]
async fn oversized_headers_frame_ends_the_connection() {
    for transport in SOCKETS {
        if transport == Transport::Mounted {
            // hyper reads the frames of this transport.
            continue;
        }
        let fixture = Setup::default().start(transport).await;
        let mut raw = Raw::open(&fixture).await;
        // After the response the client knows SETTINGS_MAX_FRAME_SIZE and sends the list in one frame.
        let (response, mut body) = raw.begin(MethodKind::Unary, &[]).await;
        let _ = body.send_data(envelope(0, b""), true);
        soon(answer(response)).await.unwrap();
        let (response, _body) = raw
            .begin(MethodKind::Unary, &[("x-large", &"x".repeat(60_000))])
            .await;
        let error = soon(answer(response)).await.unwrap_err();
        assert!(error.is_go_away() || error.is_io(), "{transport:?}: {error}");
        others_go_on(&fixture).await;
        drop(raw);
        fixture.stop().await;
    }
}

/// Request bodies that are not exactly one valid message, and the status of a unary and of a client-streaming call.
fn odd_bodies() -> Vec<(&'static str, Vec<Bytes>, &'static str, &'static str)> {
    let good = envelope(
        0,
        &Asked {
            text: "a".to_owned(),
            ..Asked::default()
        }
        .encode_to_vec(),
    );
    vec![
        ("good", vec![good.clone()], "0", "0"),
        (
            "in single bytes",
            good.iter().map(|byte| Bytes::copy_from_slice(&[*byte])).collect(),
            "0",
            "0",
        ),
        ("nothing", vec![], "12", "0"),
        ("two messages", vec![good.clone(), good.clone()], "12", "0"),
        (
            "two in a frame",
            vec![[good.clone(), good.clone()].concat().into()],
            "12",
            "0",
        ),
        ("half a prefix", vec![good.slice(..3)], "13", "13"),
        ("half a message", vec![good.slice(..6)], "13", "13"),
        ("one and a half", vec![good.clone(), good.slice(..6)], "12", "13"),
        ("compressed", vec![envelope(1, &good)], "13", "13"),
        ("odd flag", vec![envelope(2, b"")], "13", "13"),
        ("no protobuf", vec![envelope(0, &[0xff])], "13", "13"),
        ("no UTF-8", vec![envelope(0, &[10, 1, 0xff])], "13", "13"),
        (
            "too large",
            vec![Bytes::from_static(&[0, 0xff, 0xff, 0xff, 0xff, 1])],
            "8",
            "8",
        ),
        ("5 MiB", vec![envelope(0, &vec![0; 5 << 20])], "8", "8"),
    ]
}

#[tokio::test]
async fn invalid_bodies_end_one_call() {
    for transport in SOCKETS {
        let fixture = Setup::default().start(transport).await;
        let mut raw = Raw::open(&fixture).await;
        for (name, frames, one, many) in odd_bodies() {
            for (kind, expected) in [
                (MethodKind::Unary, one),
                (MethodKind::ServerStreaming, one),
                (MethodKind::ClientStreaming, many),
                (MethodKind::Bidi, many),
            ] {
                let (response, mut body) = raw.begin(kind, &[]).await;
                for frame in &frames {
                    // The server may have refused the call already.
                    let _ = body.send_data(frame.clone(), false);
                }
                let _ = body.send_data(Bytes::new(), true);
                let (http, grpc) = soon(answer(response))
                    .await
                    .unwrap_or_else(|error| panic!("{transport:?} {name} {kind:?}: {error}"));
                assert_eq!(
                    (http, grpc.as_str()),
                    (200, expected),
                    "{transport:?} {name} {kind:?}"
                );
            }
        }
        others_go_on_after(&fixture).await;
        drop(raw);
        fixture.stop().await;
    }
}

/// Like [`others_go_on`], while events of earlier calls are pending.
async fn others_go_on_after(fixture: &Fixture) {
    let client = fixture.client();
    for kind in KINDS {
        soon(call(&client, kind, "")).await.1.unwrap();
    }
}

#[tokio::test]
async fn disconnect_cancels_calls() {
    for transport in SOCKETS {
        for kind in KINDS {
            for said in [&b""[..], b"\0\0", b"\0\0\0\0\x05ab"] {
                for how in ["reset", "gone"] {
                    let fixture = Setup::default().start(transport).await;
                    let mut raw = Raw::open(&fixture).await;
                    let (response, mut body) = raw.begin(kind, &[]).await;
                    body.send_data(Bytes::copy_from_slice(said), false).unwrap();
                    if matches!(kind, MethodKind::ClientStreaming | MethodKind::Bidi) {
                        fixture.probe.until(Event::Started).await;
                    }
                    if how == "reset" {
                        body.send_reset(Reason::CANCEL);
                        assert!(soon(answer(response)).await.is_err());
                        eventually("the handler is gone", || fixture.probe.live() == 0).await;
                    } else {
                        raw.connection.abort();
                        let _ = raw.connection.await;
                        drop((response, body, raw.sender));
                        eventually("the handler is gone", || fixture.probe.live() == 0).await;
                    }
                    others_go_on_after(&fixture).await;
                    fixture.stop().await;
                }
            }
        }
    }
}

#[tokio::test]
async fn unread_replies_do_not_block_other_calls() {
    for transport in SOCKETS {
        println!("{transport:?}");
        let fixture = Setup::default().start(transport).await;
        let mut raw = Raw::open(&fixture).await;
        let endless = Asked {
            act: Act::Endless.into(),
            reply_size: 10_000,
            ..Asked::default()
        };
        let (response, mut body) = raw.begin(MethodKind::ServerStreaming, &[]).await;
        body.send_data(envelope(0, &endless.encode_to_vec()), true)
            .unwrap();
        let unread = (response.await.unwrap(), body);
        fixture.probe.until(Event::Started).await;
        others_go_on(&fixture).await;
        // Also on the same connection, within its flow control window.
        let (response, mut body) = raw
            .begin(MethodKind::ServerStreaming, &[("content-type", "text/plain")])
            .await;
        let _ = body.send_data(Bytes::new(), true);
        assert!(soon(response).await.unwrap().status().is_client_error());
        drop(unread);
        fixture.probe.until(Event::Gone).await;
        fixture.stop().await;
    }
}

/// A refused request is read to its end before the refusal completes, up to a time limit. Until then the limits of an
/// open stream apply.
#[tokio::test]
async fn refused_request_is_read_to_its_end() {
    const NO_ERROR: u32 = 0;
    const FLOW_CONTROL_ERROR: u32 = 3;
    const STREAM_CLOSED: u32 = 5;
    /// Frames to send, expected reset, and whether a response precedes it.
    type Case = (&'static str, Vec<Vec<u8>>, Option<u32>, bool);
    let window = || frame(kind::WINDOW_UPDATE, 0, 1, &0x7fff_ffff_u32.to_be_bytes());
    let cases: [Case; 5] = [
        ("an end", vec![frame(kind::DATA, END_STREAM, 1, b"a")], None, true),
        (
            "too much",
            vec![frame(kind::DATA, 0, 1, &[0; 16_000]); 5],
            Some(NO_ERROR),
            true,
        ),
        ("nothing", vec![], Some(NO_ERROR), true),
        (
            "a reset, and more",
            vec![
                frame(kind::RST_STREAM, 0, 1, &8_u32.to_be_bytes()),
                frame(kind::DATA, END_STREAM, 1, b"a"),
            ],
            Some(STREAM_CLOSED),
            false,
        ),
        (
            "windows that are too large",
            vec![window(), window()],
            Some(FLOW_CONTROL_ERROR),
            false,
        ),
    ];
    for transport in SOCKETS {
        let fixture = Setup::default().start(transport).await;
        for (name, then, reset, is_answered) in &cases {
            let what = format!("{transport:?} {name}");
            let address = connect(&fixture).await.peer_addr().unwrap();
            let mut peer = frames::Peer::connect(address, &[]).await;
            // `:method: GET`, `:scheme: http`, path and authority, with names from the static table.
            let block = b"\x82\x86\x04\x02/x\x01\x01a";
            peer.send(&frame(kind::HEADERS, END_HEADERS, 1, block))
                .await
                .unwrap();
            let early = tokio::time::timeout(Duration::from_millis(100), peer.next_of(kind::HEADERS)).await;
            assert!(early.is_err(), "{what}: {early:?}");
            peer.send(&then.concat()).await.unwrap();
            let mut answered = false;
            let ended = loop {
                match soon(peer.next()).await {
                    Some(read) if read.kind == kind::HEADERS => answered = true,
                    Some(read)
                        if read.kind == kind::DATA && read.flags & END_STREAM != 0 && reset.is_none() =>
                    {
                        break None;
                    }
                    Some(read) if read.kind == kind::RST_STREAM => {
                        let code = read.payload.first_chunk().map(|code| u32::from_be_bytes(*code));
                        break Some(code.expect("a code"));
                    }
                    Some(_) => {}
                    None => panic!("{what}: the connection is closed"),
                }
            };
            assert_eq!((ended, answered), (*reset, *is_answered), "{what}");
        }
        others_go_on(&fixture).await;
        fixture.stop().await;
    }
}

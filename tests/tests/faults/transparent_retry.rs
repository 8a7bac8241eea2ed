//! Transparent retries of calls that no server processed (gRFC A6, "Transparent Retries").

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};

use h2::Reason;
use http_body_util::Empty;
use rsrpc_runtime::client::GrpcWeb;
use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::transport::{Address, Connector, MemoryConnector, Socket, memory};
use rsrpc_runtime::{Channel, Code, Server, Status, Streaming};
use rsrpc_tests::raw::{RawCall, RawServer, frame, message};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Steered;
use rsrpc_tests::testing::{Reply, Request, TestingClient, TestingServer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tower::ServiceExt as _;

use super::{KINDS, call, drain};

/// A server that resets the streams of its first calls.
struct RefusingServer {
    server: RawServer,
    /// Number of calls that reached the server.
    calls: Arc<AtomicUsize>,
    /// Notified when a call is not reset.
    accepted: Arc<Notify>,
}

impl RefusingServer {
    /// Resets the first `refusals` streams with `reason`, before or after the response headers.
    async fn start(refusals: usize, reason: Reason, after_headers: bool) -> Self {
        let calls = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::new(Notify::new());
        let (counted, accepting) = (calls.clone(), accepted.clone());
        let server = RawServer::http2(move |mut call: RawCall| {
            let (calls, accepted) = (counted.clone(), accepting.clone());
            async move {
                if calls.fetch_add(1, Ordering::SeqCst) >= refusals {
                    accepted.notify_one();
                    return call.answer_well().await;
                }
                if after_headers {
                    let mut stream = call.begin();
                    call.flush().await;
                    return stream.send_reset(reason);
                }
                call.respond.send_reset(reason);
            }
        })
        .await;
        Self {
            server,
            calls,
            accepted,
        }
    }

    fn calls(&self) -> usize {
        self.calls.load(Ordering::SeqCst)
    }

    async fn call(&self, kind: MethodKind) -> Result<Vec<String>, Status> {
        gated_call(&self.server.client(), kind, &self.accepted).await
    }
}

/// Makes a call whose request stream yields its message only once `gate` is notified.
async fn gated_call(
    client: &TestingClient,
    kind: MethodKind,
    gate: &Arc<Notify>,
) -> Result<Vec<String>, Status> {
    let request = Request::default();
    let requests = || {
        let gate = gate.clone();
        Streaming::new(futures_util::stream::once(async move {
            gate.notified().await;
            Ok(Request::default())
        }))
    };
    let one = |reply: Reply| vec![reply.text];
    match kind {
        MethodKind::Unary => client.unary(request).await.map(one),
        MethodKind::ClientStreaming => client.client_stream(requests()).await.map(one),
        MethodKind::ServerStreaming => {
            let (texts, end) = drain(client.server_stream(request).await).await;
            end.map(|()| texts)
        }
        MethodKind::Bidi => {
            let (texts, end) = drain(client.bidi().send(requests()).await).await;
            end.map(|()| texts)
        }
    }
}

#[tokio::test]
async fn refused_stream_is_retried_once() {
    for kind in KINDS {
        let server = RefusingServer::start(1, Reason::REFUSED_STREAM, false).await;
        assert_eq!(soon(server.call(kind)).await.unwrap(), ["good"], "{kind:?}");
        assert_eq!(server.calls(), 2, "{kind:?}");

        let server = RefusingServer::start(9, Reason::REFUSED_STREAM, false).await;
        let status = soon(server.call(kind)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let message = status.message();
        assert!(message.contains("attempt 2, "), "{message}");
        assert!(
            message.ends_with(": the server reset the stream with REFUSED_STREAM"),
            "{message}"
        );
        assert_eq!(server.calls(), 2, "{kind:?}");
    }
}

/// Calls that a server may have processed are not retried: other reset codes, and any reset after the response
/// headers.
#[tokio::test]
async fn processed_calls_are_not_retried() {
    for (reason, after_head) in [
        (Reason::INTERNAL_ERROR, false),
        (Reason::CANCEL, false),
        (Reason::REFUSED_STREAM, true),
    ] {
        for kind in KINDS {
            let server = RefusingServer::start(9, reason, after_head).await;
            let status = soon(server.call(kind)).await.unwrap_err();
            assert!(status.message().contains("attempt 1, "), "{status}");
            assert_eq!(server.calls(), 1, "{kind:?} {reason:?}");
        }
    }
}

/// A request stream of which a message was sent is not retried.
#[tokio::test]
async fn consumed_request_stream_is_not_retried() {
    for kind in [MethodKind::ClientStreaming, MethodKind::Bidi] {
        let server = RefusingServer::start(1, Reason::REFUSED_STREAM, false).await;
        let status = soon(call(&server.server.client(), kind, "")).await.1.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(server.calls(), 1, "{kind:?}");
    }
}

/// Serves HTTP/2, notifies `accepted` of each call and completes it with one reply.
async fn serve_calls(socket: TcpStream, accepted: &Notify) {
    let mut connection = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let call = RawCall {
            request,
            respond,
            connection: Arc::default(),
        };
        accepted.notify_one();
        tokio::spawn(call.answer_well());
    }
}

/// Reads until the HEADERS of a stream arrive.
async fn opened(socket: &mut TcpStream, read: &mut Vec<u8>, stream: u8) {
    while !read.windows(6).any(|window| window == [1, 4, 0, 0, 0, stream]) {
        assert_ne!(socket.read_buf(read).await.unwrap(), 0, "stream {stream}");
    }
}

fn go_away(last_stream: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last_stream.to_be_bytes(), [0; 4]].concat())
}

/// Frames of a complete reply.
fn answer(stream: u32) -> Vec<u8> {
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    // HPACK: the indexed `:status: 200`, then literals without indexing; the first has an indexed name.
    let head = b"\x88\x0f\x10\x10application/grpc";
    let trailers = b"\x00\x0bgrpc-status\x010";
    [
        frame(1, END_HEADERS, stream, head),
        frame(0, 0, stream, &message("good")),
        frame(1, END_HEADERS | END_STREAM, stream, trailers),
    ]
    .concat()
}

/// Streams above the last stream of a GOAWAY were not processed. A graceful shutdown names the highest stream number
/// first and refuses later streams.
#[tokio::test]
async fn goaway_moves_unprocessed_calls_to_new_connection() {
    let refused = frame(3, 0, 1, &7_u32.to_be_bytes());
    let in_peace = go_away(i32::MAX as u32);
    for words in [
        go_away(0),
        [&in_peace[..], &refused].concat(),
        [&refused[..], &in_peace].concat(),
        [&in_peace[..], &go_away(0)].concat(),
    ] {
        for kind in KINDS {
            let connections = Arc::new(AtomicUsize::new(0));
            let accepted = Arc::new(Notify::new());
            let (counted, accepting, words) = (connections.clone(), accepted.clone(), words.clone());
            let server = RawServer::sockets(move |mut socket| {
                let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
                let (accepted, words) = (accepting.clone(), words.clone());
                async move {
                    if !is_first {
                        return serve_calls(socket, &accepted).await;
                    }
                    socket.write_all(&frame(4, 0, 0, &[])).await.unwrap();
                    let mut read = Vec::new();
                    opened(&mut socket, &mut read, 1).await;
                    socket.write_all(&words).await.unwrap();
                    while socket.read_buf(&mut read).await.unwrap_or(0) > 0 {}
                }
            })
            .await;
            let client = server.client();
            let called = soon(gated_call(&client, kind, &accepted)).await;
            assert_eq!(called.unwrap(), ["good"], "{kind:?}");
            // Later calls use the new connection, too.
            soon(call(&client, kind, "")).await.1.unwrap();
            assert_eq!(connections.load(Ordering::SeqCst), 2, "{kind:?}");
        }
    }
}

/// Calls at or below the last stream of a GOAWAY finish on their connection.
#[tokio::test]
async fn calls_included_in_goaway_finish_on_their_connection() {
    for kind in KINDS {
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::new(Notify::new());
        let (counted, accepting) = (connections.clone(), accepted.clone());
        let (go_on, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (first_sent, wait) = (go_on.clone(), goes_on.clone());
        let server = RawServer::sockets(move |mut socket| {
            let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let (first_sent, wait, accepted) = (first_sent.clone(), wait.clone(), accepting.clone());
            async move {
                if !is_first {
                    return serve_calls(socket, &accepted).await;
                }
                socket.write_all(&frame(4, 0, 0, &[])).await.unwrap();
                let mut read = Vec::new();
                opened(&mut socket, &mut read, 1).await;
                first_sent.notify_one();
                opened(&mut socket, &mut read, 3).await;
                socket.write_all(&go_away(1)).await.unwrap();
                wait.notified().await;
                socket.write_all(&answer(1)).await.unwrap();
                while socket.read_buf(&mut read).await.unwrap_or(0) > 0 {}
            }
        })
        .await;
        let client = server.client();
        let stays = tokio::spawn({
            let client = client.clone();
            async move { call(&client, kind, "").await }
        });
        soon(go_on.notified()).await;
        assert_eq!(
            soon(gated_call(&client, kind, &accepted)).await.unwrap(),
            ["good"],
            "{kind:?}"
        );
        assert_eq!(connections.load(Ordering::SeqCst), 2);
        goes_on.notify_one();
        let (texts, end) = soon(stays).await.unwrap();
        end.unwrap();
        assert_eq!(texts, ["good"], "{kind:?}");
    }
}

/// A connector whose first connection can be made to end without GOAWAY.
#[derive(Clone)]
struct FailingConnector {
    to: MemoryConnector,
    /// Ends the first connection.
    dies: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
    /// Notified of the second connection.
    reconnected: Arc<Notify>,
}

struct FailingSocket {
    socket: Socket,
    dies: Arc<AtomicBool>,
}

impl Connector for FailingConnector {
    async fn connect(&self, address: Address) -> std::io::Result<Socket> {
        if self.connections.fetch_add(1, Ordering::SeqCst) == 1 {
            self.reconnected.notify_one();
        }
        Ok(Socket::new(FailingSocket {
            socket: self.to.connect(address).await?,
            dies: match self.connections.load(Ordering::SeqCst) {
                1 => self.dies.clone(),
                _ => Arc::default(),
            },
        }))
    }
}

impl AsyncRead for FailingSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        if self.dies.load(Ordering::SeqCst) {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for FailingSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, data)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

/// A call that finds its connection dead before anything was sent is retried without an error.
#[tokio::test]
async fn unsent_call_is_retried_on_new_connection() {
    for kind in KINDS {
        let (listener, to) = memory();
        let server = Server::new().add_service(TestingServer::new(Steered::default()));
        let serving = tokio::spawn(server.listen(listener).unwrap().serve());
        let connector = FailingConnector {
            to,
            dies: Arc::default(),
            connections: Arc::default(),
            reconnected: Arc::default(),
        };
        let channel = Channel::builder("memory:").connector(connector.clone()).build();
        let client = TestingClient::new(channel.unwrap());
        soon(call(&client, MethodKind::Unary, "")).await.1.unwrap();
        assert_eq!(connector.connections.load(Ordering::SeqCst), 1);
        connector.dies.store(true, Ordering::SeqCst);
        let called = soon(gated_call(&client, kind, &connector.reconnected)).await;
        called.unwrap_or_else(|status| panic!("{kind:?}: {status}"));
        assert_eq!(connector.connections.load(Ordering::SeqCst), 2);
        serving.abort();
    }
}

/// gRPC-Web over HTTP/2 has the limits of the gRPC client: one retry of a call that the server refused.
#[tokio::test]
async fn grpc_web_retries_a_refused_call_once() {
    for (refusals, code) in [(1, Code::Unknown), (9, Code::Unavailable)] {
        let refusing = RefusingServer::start(refusals, Reason::REFUSED_STREAM, false).await;
        let channel = Channel::builder(refusing.server.address.to_string())
            .grpc_web(GrpcWeb::new().http2())
            .build();
        let client = TestingClient::new(channel.unwrap());
        // The retry reaches a server that responds in gRPC, which is an error for a gRPC-Web client.
        let status = soon(call(&client, MethodKind::Unary, "")).await.1.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
        assert!(status.message().contains("attempt 2, "), "{status}");
        assert_eq!(refusing.calls(), 2, "{status}");
    }
}

/// The tower service has the limits of the gRPC client, for requests that it can send again.
#[tokio::test]
async fn tower_service_retries_a_refused_request_once() {
    for (refusals, is_ok) in [(1, true), (9, false)] {
        let refusing = RefusingServer::start(refusals, Reason::REFUSED_STREAM, false).await;
        let channel = Channel::builder(refusing.server.address.to_string())
            .build()
            .unwrap();
        let request = http::Request::post("/a.B/C")
            .body(Empty::<bytes::Bytes>::new())
            .unwrap();
        let response = soon(channel.oneshot(request)).await.unwrap();
        let refused = response.headers().get("grpc-status").map(|status| status == "14");
        assert_eq!(refused, if is_ok { None } else { Some(true) });
        assert_eq!(refusing.calls(), 2);
    }
}

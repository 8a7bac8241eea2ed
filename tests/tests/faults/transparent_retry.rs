//! Calls that no server has looked at begin anew (gRFC A6, "Transparent Retries").

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use h2::Reason;
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

use super::{KINDS, call, drain};

/// Refuses the first requests with a reason; the number of all.
async fn refusing(first: usize, reason: Reason, after_head: bool) -> (RawServer, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let counted = seen.clone();
    let server = RawServer::http2(move |mut call: RawCall| {
        let seen = counted.clone();
        async move {
            if seen.fetch_add(1, Ordering::SeqCst) >= first {
                return call.answer_well().await;
            }
            if after_head {
                let mut stream = call.begin();
                call.flush().await;
                return stream.send_reset(reason);
            }
            call.respond.send_reset(reason);
        }
    })
    .await;
    (server, seen)
}

/// A call whose requests come only after a while.
async fn slow_call(client: &TestingClient, kind: MethodKind) -> Result<Vec<String>, Status> {
    let request = Request::default();
    let later = || {
        Streaming::new(futures_util::stream::once(async {
            tokio::time::sleep(Duration::from_millis(100)).await;
            Ok(Request::default())
        }))
    };
    let one = |reply: Reply| vec![reply.text];
    match kind {
        MethodKind::Unary => client.unary(request).await.map(one),
        MethodKind::ClientStreaming => client.client_stream(later()).await.map(one),
        MethodKind::ServerStreaming => {
            let (texts, end) = drain(client.server_stream(request).await).await;
            end.map(|()| texts)
        }
        MethodKind::Bidi => {
            let (texts, end) = drain(client.bidi().send(later()).await).await;
            end.map(|()| texts)
        }
    }
}

#[tokio::test]
async fn a_refused_call_is_made_once_more() {
    for kind in KINDS {
        let (server, seen) = refusing(1, Reason::REFUSED_STREAM, false).await;
        assert_eq!(
            soon(slow_call(&server.client(), kind)).await.unwrap(),
            ["good"],
            "{kind:?}"
        );
        assert_eq!(seen.load(Ordering::SeqCst), 2, "{kind:?}");

        let (server, seen) = refusing(9, Reason::REFUSED_STREAM, false).await;
        let status = soon(slow_call(&server.client(), kind)).await.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        let message = status.message();
        assert!(message.contains("attempt 2, "), "{message}");
        assert!(
            message.ends_with(": the server reset the stream with REFUSED_STREAM"),
            "{message}"
        );
        assert_eq!(seen.load(Ordering::SeqCst), 2, "{kind:?}");
    }
}

/// What a server may have looked at is made once: other reasons, and whatever comes after a response has begun.
#[tokio::test]
async fn what_was_seen_is_not_made_again() {
    for (reason, after_head) in [
        (Reason::INTERNAL_ERROR, false),
        (Reason::CANCEL, false),
        (Reason::REFUSED_STREAM, true),
    ] {
        for kind in KINDS {
            let (server, seen) = refusing(9, reason, after_head).await;
            let status = soon(slow_call(&server.client(), kind)).await.unwrap_err();
            assert!(status.message().contains("attempt 1, "), "{status}");
            assert_eq!(seen.load(Ordering::SeqCst), 1, "{kind:?} {reason:?}");
        }
    }
}

/// A stream of which something was sent cannot be sent again.
#[tokio::test]
async fn a_stream_that_is_begun_is_not_made_again() {
    for kind in [MethodKind::ClientStreaming, MethodKind::Bidi] {
        let (server, seen) = refusing(1, Reason::REFUSED_STREAM, false).await;
        let status = soon(call(&server.client(), kind, "")).await.1.unwrap_err();
        assert_eq!(status.code(), Code::Unavailable);
        assert_eq!(seen.load(Ordering::SeqCst), 1, "{kind:?}");
    }
}

/// Speaks HTTP/2 and answers every call well.
async fn answer_all(socket: TcpStream) {
    let mut connection = h2::server::handshake(socket).await.unwrap();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let call = RawCall {
            request,
            respond,
            connection: Arc::default(),
        };
        tokio::spawn(call.answer_well());
    }
}

/// A connection made of frames: reads until the HEADERS of a stream are here.
async fn opened(socket: &mut TcpStream, read: &mut Vec<u8>, stream: u8) {
    while !read.windows(6).any(|window| window == [1, 4, 0, 0, 0, stream]) {
        assert_ne!(socket.read_buf(read).await.unwrap(), 0, "stream {stream}");
    }
}

fn go_away(last_stream: u32) -> Vec<u8> {
    frame(7, 0, 0, &[last_stream.to_be_bytes(), [0; 4]].concat())
}

/// A good answer to a call, in frames.
fn answer(stream: u32) -> Vec<u8> {
    const END_STREAM: u8 = 1;
    const END_HEADERS: u8 = 4;
    // HPACK: the indexed ":status: 200", then literals without indexing; the first has an indexed name.
    let head = b"\x88\x0f\x10\x10application/grpc";
    let trailers = b"\x00\x0bgrpc-status\x010";
    [
        frame(1, END_HEADERS, stream, head),
        frame(0, 0, stream, &message("good")),
        frame(1, END_HEADERS | END_STREAM, stream, trailers),
    ]
    .concat()
}

/// Behind the last stream of a GOAWAY nothing was processed. A server that goes away in peace names the last stream that
/// there can be, and refuses those that come nevertheless.
#[tokio::test]
async fn a_call_of_a_connection_that_goes_away_goes_elsewhere() {
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
            let (counted, words) = (connections.clone(), words.clone());
            let server = RawServer::sockets(move |mut socket| {
                let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
                let words = words.clone();
                async move {
                    if !is_first {
                        return answer_all(socket).await;
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
            let called = soon(slow_call(&client, kind)).await;
            assert_eq!(called.unwrap(), ["good"], "{kind:?}");
            // So do the calls after it.
            soon(call(&client, kind, "")).await.1.unwrap();
            assert_eq!(connections.load(Ordering::SeqCst), 2, "{kind:?}");
        }
    }
}

/// The calls that a GOAWAY includes end on the connection that they began on.
#[tokio::test]
async fn a_call_before_a_goaway_stays() {
    for kind in KINDS {
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let (go_on, goes_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let (first_sent, wait) = (go_on.clone(), goes_on.clone());
        let server = RawServer::sockets(move |mut socket| {
            let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            let (first_sent, wait) = (first_sent.clone(), wait.clone());
            async move {
                if !is_first {
                    return answer_all(socket).await;
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
            soon(slow_call(&client, kind)).await.unwrap(),
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

/// Leads to a server by a connection that dies without a word once it is told to; the next ones live.
#[derive(Clone)]
struct Mortal {
    to: MemoryConnector,
    dies: Arc<AtomicBool>,
    connections: Arc<AtomicUsize>,
}

struct MortalSocket {
    socket: Socket,
    dies: Arc<AtomicBool>,
}

impl Connector for Mortal {
    async fn connect(&self, address: Address) -> std::io::Result<Socket> {
        self.connections.fetch_add(1, Ordering::SeqCst);
        Ok(Socket::new(MortalSocket {
            socket: self.to.connect(address).await?,
            dies: match self.connections.load(Ordering::SeqCst) {
                1 => self.dies.clone(),
                _ => Arc::default(),
            },
        }))
    }
}

impl AsyncRead for MortalSocket {
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

impl AsyncWrite for MortalSocket {
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

/// A connection that turns out dead before the request is on it costs a call nothing.
#[tokio::test]
async fn a_call_that_never_left_goes_elsewhere() {
    for kind in KINDS {
        let (listener, to) = memory();
        let server = Server::new().add_service(TestingServer::new(Steered::default()));
        let serving = tokio::spawn(server.listen(listener).unwrap().serve());
        let connector = Mortal {
            to,
            dies: Arc::default(),
            connections: Arc::default(),
        };
        let channel = Channel::builder("memory:").connector(connector.clone()).build();
        let client = TestingClient::new(channel.unwrap());
        soon(call(&client, MethodKind::Unary, "")).await.1.unwrap();
        assert_eq!(connector.connections.load(Ordering::SeqCst), 1);
        connector.dies.store(true, Ordering::SeqCst);
        let called = soon(slow_call(&client, kind)).await;
        called.unwrap_or_else(|status| panic!("{kind:?}: {status}"));
        assert_eq!(connector.connections.load(Ordering::SeqCst), 2);
        serving.abort();
    }
}

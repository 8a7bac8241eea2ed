//! Hand-made HTTP/2 servers that misbehave.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::{BufMut as _, Bytes, BytesMut};
use h2::server::SendResponse;
use h2::{RecvStream, SendStream};
use http::{HeaderMap, HeaderValue, Request, Response};
use rsrpc_runtime::Channel;
use rsrpc_runtime::prost::Message as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::testing::{Reply, TestingClient};

/// A listener whose connections are served by a closure. Dropping it closes the listener and its connections.
pub struct RawServer {
    /// Address of the listener.
    pub address: SocketAddr,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for RawServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl RawServer {
    /// Serves every accepted socket with `serve`.
    ///
    /// # Panics No port is free.
    pub async fn sockets<Fut>(serve: impl Fn(TcpStream) -> Fut + Send + 'static) -> Self
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("bound");
        let connections = Arc::new(AtomicUsize::new(0));
        let counted = connections.clone();
        let task = tokio::spawn(async move {
            let mut tasks = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tasks.spawn(serve(socket));
            }
        });
        Self {
            address,
            connections,
            task,
        }
    }

    /// Serves HTTP/2 and passes every request to `answer`.
    pub async fn http2<Fut>(answer: impl Fn(RawCall) -> Fut + Clone + Send + Sync + 'static) -> Self
    where
        Fut: Future<Output = ()> + Send + 'static,
    {
        Self::sockets(move |socket| serve_http2(socket, answer.clone())).await
    }

    /// Creates a client of this server.
    ///
    /// # Panics Never: the target is valid.
    pub fn client(&self) -> TestingClient {
        let channel = Channel::builder(self.address.to_string()).build();
        TestingClient::new(channel.expect("a good target"))
    }

    /// Number of connections accepted so far.
    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// A request that a test responds to by hand.
pub struct RawCall {
    /// Request head and body.
    pub request: Request<RecvStream>,
    /// Sends the response.
    pub respond: SendResponse<Bytes>,
    /// Control of the connection.
    pub connection: Arc<Control>,
}

/// Controls of a connection.
#[derive(Default)]
pub struct Control {
    /// Drops the socket.
    pub close: Notify,
    /// Begins a graceful shutdown.
    pub go_away: Notify,
    /// Number of times the connection was polled; each poll writes the frames queued before it.
    polls: watch::Sender<usize>,
}

async fn serve_http2<Fut>(socket: TcpStream, answer: impl Fn(RawCall) -> Fut)
where
    Fut: Future<Output = ()> + Send + 'static,
{
    let Ok(mut connection) = h2::server::handshake(socket).await else {
        return;
    };
    let control = Arc::new(Control::default());
    loop {
        tokio::select! {
            () = control.close.notified() => return,
            () = control.go_away.notified() => connection.graceful_shutdown(),
            accepted = accept(&mut connection, &control) => match accepted {
                Some(Ok((request, respond))) => drop(tokio::spawn(answer(RawCall {
                    request,
                    respond,
                    connection: control.clone(),
                }))),
                _ => return,
            },
        }
    }
}

/// Waits for the next request and counts the polls of the connection.
async fn accept(
    connection: &mut h2::server::Connection<TcpStream, Bytes>,
    control: &Control,
) -> Option<Result<(Request<RecvStream>, SendResponse<Bytes>), h2::Error>> {
    poll_fn(|cx| {
        let accepted = connection.poll_accept(cx);
        control.polls.send_modify(|polls| *polls += 1);
        accepted
    })
    .await
}

impl RawCall {
    /// Waits until the frames queued so far are written to the socket.
    ///
    /// Queueing a frame wakes the connection's task, so its next poll writes that frame. This holds on a
    /// current-thread runtime, where no poll is under way meanwhile.
    pub async fn flush(&self) {
        let mut polls = self.connection.polls.subscribe();
        polls.mark_unchanged();
        // The sender lives as long as `self.connection`.
        polls.changed().await.expect("a live connection");
    }

    /// Returns a request header, or an empty string.
    pub fn header(&self, name: &str) -> String {
        let value = self.request.headers().get(name);
        String::from_utf8_lossy(value.map(HeaderValue::as_bytes).unwrap_or_default()).into_owned()
    }

    /// Sends the response headers of gRPC.
    ///
    /// # Panics The stream is closed.
    pub fn begin(&mut self) -> SendStream<Bytes> {
        self.respond.send_response(head(), false).expect("an open stream")
    }

    /// Reads some of the request's body. Returns false at its end.
    pub async fn read(&mut self) -> bool {
        let body = self.request.body_mut();
        match body.data().await {
            Some(Ok(data)) => body.flow_control().release_capacity(data.len()).is_ok(),
            _ => false,
        }
    }

    /// Reads the request, then sends one reply and the status OK.
    pub async fn answer_well(mut self) {
        while self.read().await {}
        let mut stream = self.begin();
        let _ = stream.send_data(message("good"), false);
        let _ = stream.send_trailers(trailers("0"));
    }
}

/// gRPC's response headers.
pub fn head() -> Response<()> {
    let mut head = Response::new(());
    let grpc = HeaderValue::from_static("application/grpc");
    head.headers_mut().insert("content-type", grpc);
    head
}

/// Trailers with a `grpc-status`.
pub fn trailers(status: &'static str) -> HeaderMap {
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from_static(status));
    trailers
}

/// Encodes a reply with its 5-byte prefix.
pub fn message(text: &str) -> Bytes {
    let reply = Reply {
        text: text.to_owned(),
        ..Reply::default()
    };
    envelope(0, &reply.encode_to_vec())
}

/// Prepends flag and length to a message.
pub fn envelope(flag: u8, bytes: &[u8]) -> Bytes {
    let mut whole = BytesMut::new();
    whole.put_u8(flag);
    whole.put_u32(bytes.len() as u32);
    whole.put_slice(bytes);
    whole.freeze()
}

/// Encodes an HTTP/2 frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [length[1], length[2], length[3], kind, flags];
    [&head[..], &stream.to_be_bytes(), payload].concat()
}

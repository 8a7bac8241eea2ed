//! Servers of the steered service, on every transport and protocol.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::service::TowerToHyperService;
use rsrpc_runtime::client::{ChannelBuilder, GrpcWeb, Protocol};
use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::server::RouterService;
use rsrpc_runtime::transport::{MemoryConnector, memory};
use rsrpc_runtime::{Channel, Server};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::certificates::LOCALHOST;
use crate::steered::{Probe, Steered};
use crate::testing::{TestingClient, TestingServer};
use crate::{eventually, soon};

/// Transport and protocol between the client and the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// gRPC over TCP; the server binds the address.
    Tcp,
    /// gRPC over a Unix socket.
    Unix,
    /// gRPC over an in-process pair of sockets.
    Memory,
    /// gRPC over TCP; the server takes over a bound standard library listener.
    StdListener,
    /// The router as a `tower::Service` in hyper's HTTP/2 server.
    Mounted,
    /// A server with a tower layer.
    Layered,
    /// gRPC over TLS.
    Tls,
    /// gRPC-Web over HTTP/1.1. Bidirectional calls are excluded: HTTP/1.1 does not send both directions at once.
    GrpcWeb,
    /// gRPC-Web in text (base64) form over HTTP/1.1.
    GrpcWebText,
    /// gRPC-Web over HTTP/2.
    GrpcWebHttp2,
    /// JSON-RPC over HTTP/1.1. Unary calls only.
    JsonRpc,
    /// JSON-RPC over HTTP/1.1 and TLS. Unary calls only.
    JsonRpcTls,
}

impl Transport {
    /// Transports that carry every kind of call.
    pub const ALL: [Self; 8] = [
        Self::Tcp,
        Self::Unix,
        Self::Memory,
        Self::StdListener,
        Self::Mounted,
        Self::Layered,
        Self::Tls,
        Self::GrpcWebHttp2,
    ];

    /// Kinds of call that this transport carries.
    pub fn kinds(self) -> &'static [MethodKind] {
        const ALL: [MethodKind; 4] = [
            MethodKind::Unary,
            MethodKind::ServerStreaming,
            MethodKind::ClientStreaming,
            MethodKind::Bidi,
        ];
        match self {
            Self::JsonRpc | Self::JsonRpcTls => &ALL[..1],
            Self::GrpcWeb | Self::GrpcWebText => &ALL[..3],
            _ => &ALL,
        }
    }

    /// Returns true for the JSON-RPC transports.
    pub fn is_jsonrpc(self) -> bool {
        matches!(self, Self::JsonRpc | Self::JsonRpcTls)
    }

    /// Returns the gRPC-Web form of the channel, or `None` for other protocols.
    pub fn grpc_web(self) -> Option<GrpcWeb> {
        match self {
            Self::GrpcWeb => Some(GrpcWeb::new()),
            Self::GrpcWebText => Some(GrpcWeb::new().text()),
            Self::GrpcWebHttp2 => Some(GrpcWeb::new().http2()),
            _ => None,
        }
    }

    fn is_tls(self) -> bool {
        matches!(self, Self::Tls | Self::JsonRpcTls)
    }

    /// Expected text of the peer's address in a handler.
    pub fn peer(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::Memory => "memory",
            Self::Mounted => "unknown",
            _ => "tcp",
        }
    }
}

type Change<T> = Arc<dyn Fn(T) -> T + Send + Sync>;

/// Configuration of a test's servers and channels.
#[derive(Clone)]
pub struct Setup {
    server: Change<Server>,
    service: Change<TestingServer<Steered>>,
    channel: Change<ChannelBuilder>,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            server: Arc::new(|server| server),
            service: Arc::new(|service| service),
            channel: Arc::new(|channel| channel),
        }
    }
}

impl Setup {
    /// Adds a change to the server.
    #[must_use]
    pub fn server(mut self, change: impl Fn(Server) -> Server + Send + Sync + 'static) -> Self {
        self.server = Arc::new(change);
        self
    }

    /// Adds a change to the service.
    #[must_use]
    pub fn service(
        mut self,
        change: impl Fn(TestingServer<Steered>) -> TestingServer<Steered> + Send + Sync + 'static,
    ) -> Self {
        self.service = Arc::new(change);
        self
    }

    /// Adds a change to the channel.
    #[must_use]
    pub fn channel(
        mut self,
        change: impl Fn(ChannelBuilder) -> ChannelBuilder + Send + Sync + 'static,
    ) -> Self {
        self.channel = Arc::new(change);
        self
    }

    /// Runs a check over every gRPC transport.
    ///
    /// # Panics The check panics or hangs, or a handler is still alive after it.
    pub async fn everywhere(&self, check: impl AsyncFn(&Fixture)) {
        self.over(&Transport::ALL, check).await;
    }

    /// Runs a check over every transport and protocol. The check makes only the [kinds](Transport::kinds) of call
    /// that the transport carries.
    ///
    /// # Panics Like [`everywhere`](Self::everywhere).
    pub async fn over_every_protocol(&self, check: impl AsyncFn(&Fixture)) {
        let some = [
            Transport::GrpcWeb,
            Transport::GrpcWebText,
            Transport::JsonRpc,
            Transport::JsonRpcTls,
        ];
        self.over(&[&Transport::ALL[..], &some].concat(), check).await;
    }

    async fn over(&self, transports: &[Transport], check: impl AsyncFn(&Fixture)) {
        for transport in transports.iter().copied() {
            println!("over {transport:?}");
            let fixture = self.start(transport).await;
            soon(check(&fixture)).await;
            fixture.stop().await;
        }
    }

    /// Starts a server on a transport.
    ///
    /// # Panics The server cannot listen.
    pub async fn start(&self, transport: Transport) -> Fixture {
        let steered = Steered::default();
        let probe = steered.probe.clone();
        let server = (self.server)(Server::new().add_service((self.service)(TestingServer::new(steered))));
        let server = if transport.is_tls() {
            server.tls(LOCALHOST.server_tls())
        } else {
            server
        };
        let server = match transport.grpc_web() {
            Some(_) => server.grpc_web(),
            None => server,
        };
        let (stop, stopped) = oneshot::channel();
        let mut connector = None;
        let bound = match transport {
            Transport::Tcp
            | Transport::Tls
            | Transport::GrpcWeb
            | Transport::GrpcWebText
            | Transport::GrpcWebHttp2
            | Transport::JsonRpc
            | Transport::JsonRpcTls => server.bind("127.0.0.1:0").await.expect("a free port"),
            Transport::Unix => {
                let path = format!("unix:{}", socket_path().display());
                server.bind(path).await.expect("a free path")
            }
            Transport::Memory => {
                let (listener, connects) = memory();
                connector = Some(connects);
                server.listen(listener).expect("no duplicates")
            }
            Transport::StdListener => {
                let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
                server.listen_std(listener).expect("a socket")
            }
            Transport::Layered => {
                let unchanged = tower::util::MapRequestLayer::new(|request: http::Request<_>| request);
                let bound = server.layer(unchanged).bind("127.0.0.1:0").await;
                bound.expect("a free port")
            }
            Transport::Mounted => {
                let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
                    .await
                    .expect("a free port");
                let target = listener.local_addr().expect("bound").to_string();
                let service = server.into_service().expect("no duplicates");
                return Fixture {
                    transport,
                    probe,
                    channel: self.channel_to(transport, target, None),
                    stop,
                    task: tokio::spawn(serve_mounted(listener, service, stopped)),
                };
            }
        };
        let target = match transport {
            Transport::JsonRpc => format!("http://{}", bound.local_addr()),
            Transport::JsonRpcTls => format!("https://{}", bound.local_addr()),
            _ => bound.local_addr().to_string(),
        };
        let stopped = async move { drop(stopped.await) };
        Fixture {
            transport,
            probe,
            channel: self.channel_to(transport, target, connector),
            stop,
            task: tokio::spawn(async move { bound.serve_until(stopped).await.expect("no error") }),
        }
    }

    fn channel_to(
        &self,
        transport: Transport,
        target: String,
        connector: Option<MemoryConnector>,
    ) -> MakeChannel {
        let change = self.channel.clone();
        Box::new(move || {
            let mut builder = Channel::builder(target.clone());
            if transport.is_jsonrpc() {
                builder = builder.protocol(Protocol::JsonRpc);
            }
            if let Some(how) = transport.grpc_web() {
                builder = builder.grpc_web(how);
            }
            if transport.is_tls() {
                builder = builder.tls(LOCALHOST.tls());
            }
            change(match &connector {
                Some(connector) => builder.connector(connector.clone()),
                None => builder,
            })
        })
    }
}

type MakeChannel = Box<dyn Fn() -> ChannelBuilder + Send + Sync>;

/// Path of a Unix socket in the system's temporary directory. Socket paths are limited to about 100 bytes.
fn socket_path() -> std::path::PathBuf {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    let name = format!(
        "rsrpc-{}-{}.sock",
        std::process::id(),
        NEXT.fetch_add(1, Ordering::Relaxed)
    );
    std::env::temp_dir().join(name)
}

async fn serve_mounted(
    listener: tokio::net::TcpListener,
    service: RouterService,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break connections.shutdown().await,
            accepted = listener.accept() => {
                let (socket, _) = accepted.expect("a connection");
                let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
                    .serve_connection(TokioIo::new(socket), TowerToHyperService::new(service.clone()));
                connections.spawn(async move { drop(connection.await) });
            }
        }
    }
}

/// A running server and its probe.
pub struct Fixture {
    /// Transport of this server.
    pub transport: Transport,
    /// Events of the handlers.
    pub probe: Probe,
    channel: MakeChannel,
    stop: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Fixture {
    /// Creates a client with its own channel.
    ///
    /// # Panics The channel cannot be built.
    pub fn client(&self) -> TestingClient {
        TestingClient::new(self.channel().build().expect("a good target"))
    }

    /// Returns a builder of a channel to the server.
    pub fn channel(&self) -> ChannelBuilder {
        (self.channel)()
    }

    /// Shuts the server down and waits until it has ended.
    ///
    /// # Panics The server does not end, or a handler is still alive.
    pub async fn stop(self) {
        let _ = self.stop.send(());
        soon(self.task).await.expect("no panic");
        if self.transport == Transport::Mounted {
            // hyper decides when the tasks of its connections end.
            eventually("every handler is gone", || self.probe.live() == 0).await;
        }
        assert_eq!(self.probe.live(), 0, "{:?}: handlers are left", self.transport);
    }
}

impl fmt::Debug for Fixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fixture").field(&self.transport).finish()
    }
}

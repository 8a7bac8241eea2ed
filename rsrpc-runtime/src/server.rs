//! Serving: listeners, connections, the router, and the calls behind it.
//!
//! A connection's protocol is told by its first bytes, a request's by its method and content type. gRPC on a
//! connection of ours takes the short way: from `h2` into the call's own task. Everything else, and everything where
//! HTTP layers are installed, is an HTTP request to a [`RouterService`].

mod accept;
mod body;
mod cardinality;
#[cfg(any(feature = "gzip", feature = "zstd"))]
mod compression;
mod connection;
mod grpc;
#[cfg(feature = "grpc-web")]
mod grpc_web;
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
mod headers;
mod http;
#[cfg(feature = "jsonrpc")]
mod jsonrpc;
mod limits;
mod linger;
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
mod origin;
mod outcome;
mod pipe;
mod respond;
mod rest;
mod routes;
mod serve;
mod terms;

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

use ::http::{Request, Response};
use bytes::Bytes;
use futures_core::future::BoxFuture;
use tower::util::BoxCloneSyncService;

pub use self::body::Body;
pub use self::http::RouterService;
pub use self::routes::Service;
pub use crate::error::BoxError;
// Between a generated server and this module.
#[doc(hidden)]
pub use self::routes::{Routes, ServiceOptions, ServiceRoutes};
pub use self::serve::BoundServer;

use self::http::Router;
pub(crate) use self::limits::Limits;
use crate::interceptor::{Interceptor, InterceptorChain};
#[cfg(feature = "tls")]
use crate::transport::tls::ServerTls;
use crate::transport::{self, Listener, TcpListener};

/// An HTTP service behind one type: what layers wrap, and what a fallback is.
pub(crate) type HttpService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

/// Adds a service's methods.
type Register = Box<dyn FnOnce(&mut Routes) + Send>;
/// Puts a layer around a service.
type Wrap = Box<dyn FnOnce(HttpService) -> HttpService + Send>;

/// A server's configuration: its services, and what surrounds them.
///
/// ```no_run
/// # use rsrpc_runtime::{Server, server::{Routes, Service}};
/// # struct GreeterServer;
/// # impl Service for GreeterServer { fn register(self, _: &mut Routes) {} }
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let server = Server::new().add_service(GreeterServer).bind("127.0.0.1:0").await?;
/// println!("listening {}", server.local_addr());
/// server.serve_until(async { drop(tokio::signal::ctrl_c().await) }).await?;
/// # Ok(()) }
/// ```
#[must_use = "a server does nothing before it is bound and served"]
#[derive(Default)]
pub struct Server {
    services: Vec<Register>,
    chain: InterceptorChain,
    layers: Vec<Wrap>,
    fallback: Option<HttpService>,
    limits: Limits,
    messages: terms::MessageOptions,
    #[cfg(feature = "jsonrpc")]
    jsonrpc: jsonrpc::Settings,
    #[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
    origins: origin::Origins,
    #[cfg(feature = "grpc-web")]
    grpc_web: bool,
    #[cfg(feature = "tls")]
    tls: Option<ServerTls>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The address cannot be listened at.
    #[error("cannot listen at {address}: {source}")]
    Bind {
        /// As it was given.
        address: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// TLS was configured for a router that is mounted in a server of another library.
    #[error(
        "a router that is mounted elsewhere accepts no connections: configure TLS in the server around it, not with .tls(…)"
    )]
    MountedTls,
    /// Two services have a method of this path, or one was added twice.
    #[error("the method {0} is registered twice; a service can be added to a server only once")]
    DuplicateMethod(String),
    /// Two methods have one JSON-RPC name.
    #[error("the JSON-RPC name {name:?} is claimed by both {first} and {second}")]
    DuplicateName {
        /// The name.
        name: String,
        /// The method that had it, by its canonical name.
        first: &'static str,
        /// The method that wants it, too.
        second: &'static str,
    },
    /// A JSON-RPC alias begins with `rpc.`, `rsrpc_` or `$/`, which belong to the protocol.
    #[error("the JSON-RPC alias {0:?} begins with rpc., rsrpc_ or $/, which are reserved")]
    ReservedName(String),
    /// A JSON-RPC alias is for a method that its service does not have, or has without JSON.
    #[error("the JSON-RPC alias {alias:?} is for {service}/{method}, which is no method with JSON")]
    UnknownMethod {
        /// The alias.
        alias: String,
        /// The service's full name.
        service: &'static str,
        /// What the alias is for.
        method: String,
    },
}

/// Where a server listens: `"host:port"`, `"unix:/path"`, a socket address, or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindAddress {
    /// A host and a port; port 0 takes a free one.
    Tcp(String),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl From<&str> for BindAddress {
    fn from(address: &str) -> Self {
        match address.strip_prefix("unix:") {
            Some(path) => Self::Unix(path.strip_prefix("//").unwrap_or(path).into()),
            None => Self::Tcp(address.to_owned()),
        }
    }
}

impl From<String> for BindAddress {
    fn from(address: String) -> Self {
        address.as_str().into()
    }
}

impl From<&String> for BindAddress {
    fn from(address: &String) -> Self {
        address.as_str().into()
    }
}

impl From<SocketAddr> for BindAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address.to_string())
    }
}

impl From<PathBuf> for BindAddress {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

impl Server {
    /// A server with no services and the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service: a generated `…Server` around an implementation.
    pub fn add_service(mut self, service: impl Service) -> Self {
        self.services
            .push(Box::new(move |routes| service.register(routes)));
        self
    }

    /// Adds an interceptor for every call, behind those already added and before those of the services.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.chain.push(interceptor);
        self
    }

    /// Speaks TLS on every connection: plaintext is refused. gRPC and JSON-RPC share the port as without TLS.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: ServerTls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Adds a tower layer around every HTTP request, inside those already added.
    ///
    /// With a layer, gRPC calls take the way of HTTP requests, which costs more; without, this costs nothing.
    pub fn layer<L, B>(mut self, layer: L) -> Self
    where
        L: tower_layer::Layer<RouterService> + Send + 'static,
        L::Service:
            tower_service::Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as tower_service::Service<Request<Body>>>::Future: Send + 'static,
        <L::Service as tower_service::Service<Request<Body>>>::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.layers.push(Box::new(move |inner| {
            http::boxed(layer.layer(RouterService::from_http(inner)))
        }));
        self
    }

    /// Answers what no protocol claims: other paths, methods and content types, and gRPC methods of no service.
    ///
    /// Takes any HTTP service, such as an axum `Router`.
    pub fn fallback<S, B>(mut self, service: S) -> Self
    where
        S: tower_service::Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
        S::Future: Send + 'static,
        S::Error: Into<BoxError>,
        B: http_body::Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        self.fallback = Some(http::boxed(service));
        self
    }

    /// Listens at an address: `"127.0.0.1:0"`, `"localhost:50051"`, `"unix:/run/greeter.sock"`.
    ///
    /// Connections queue from here on; they are accepted by [`BoundServer::serve`].
    ///
    /// # Errors
    /// The address cannot be listened at, or the services do not fit together: two methods have one path or one
    /// JSON-RPC name, or an alias is none. See [`ServeError`].
    pub async fn bind(self, address: impl Into<BindAddress>) -> Result<BoundServer, ServeError> {
        self.bind_at(address.into()).await
    }

    /// Of no type parameter and in a box, so that it is compiled here and not in each program.
    #[inline(never)]
    fn bind_at(self, address: BindAddress) -> BoxFuture<'static, Result<BoundServer, ServeError>> {
        Box::pin(self.bind_now(address))
    }

    async fn bind_now(self, address: BindAddress) -> Result<BoundServer, ServeError> {
        let failed = |source| ServeError::Bind {
            address: address.to_string(),
            source,
        };
        match &address {
            BindAddress::Tcp(host) => self.listen(TcpListener::bind(host).await.map_err(failed)?),
            #[cfg(unix)]
            BindAddress::Unix(path) => {
                self.listen(transport::UnixListener::bind(path).await.map_err(failed)?)
            }
            #[cfg(not(unix))]
            BindAddress::Unix(_) => Err(failed(std::io::ErrorKind::Unsupported.into())),
        }
    }

    /// Listens at a listener: one of [`transport`], or of your own.
    ///
    /// # Errors
    /// The services do not fit together, as of [`bind`](Self::bind).
    pub fn listen(self, listener: impl Listener) -> Result<BoundServer, ServeError> {
        let limits = self.limits;
        #[cfg(feature = "tls")]
        let tls = self.tls.as_ref().map(ServerTls::acceptor);
        let (router, layered) = self.into_router()?;
        let bound = BoundServer::new(listener, router, layered, limits);
        #[cfg(feature = "tls")]
        let bound = bound.with_tls(tls);
        Ok(bound)
    }

    /// Takes over a listening TCP socket.
    ///
    /// # Errors
    /// The socket cannot be used by Tokio, or the services do not fit together, as of [`bind`](Self::bind).
    pub fn listen_std(self, listener: std::net::TcpListener) -> Result<BoundServer, ServeError> {
        let address = listener
            .local_addr()
            .map_or_else(|_| "the given socket".to_owned(), |addr| addr.to_string());
        let listener =
            TcpListener::try_from(listener).map_err(|source| ServeError::Bind { address, source })?;
        self.listen(listener)
    }

    /// The router as a `tower::Service` of HTTP requests, to mount in axum, hyper or tonic. Layers are around it.
    ///
    /// In axum, `.route("/", get(page).post_service(router.clone())).fallback_service(router)` puts JSON-RPC beside a
    /// page. The server that it is mounted in knows who calls: a layer there that inserts a
    /// [`Peer`](crate::Peer) into the request's extensions tells it here.
    ///
    /// # Errors
    /// The services do not fit together, as of [`bind`](Self::bind), or TLS is configured, which only a server that
    /// accepts connections can have.
    pub fn into_service(self) -> Result<RouterService, ServeError> {
        #[cfg(feature = "tls")]
        if self.tls.is_some() {
            return Err(ServeError::MountedTls);
        }
        let (router, layered) = self.into_router()?;
        Ok(layered.map_or_else(|| RouterService::new(router), RouterService::from_http))
    }

    fn into_router(self) -> Result<(Router, Option<HttpService>), ServeError> {
        let mut routes = Routes::new(self.chain);
        self.services
            .into_iter()
            .for_each(|register| register(&mut routes));
        routes.complete();
        if let Some(path) = routes.duplicates().first() {
            return Err(ServeError::DuplicateMethod((*path).to_owned()));
        }
        let messages = terms::MessageOptions {
            // As protobuf does: so that a caller may be newer.
            #[cfg(feature = "jsonrpc")]
            json: self.jsonrpc.json.clone().ignore_unknown(true),
            ..self.messages
        };
        #[cfg(feature = "jsonrpc")]
        let jsonrpc = jsonrpc::JsonRpc::new(&mut routes, self.jsonrpc, self.origins.clone(), self.limits)?;
        let router = Router::new(
            routes,
            self.fallback,
            self.limits,
            messages,
            #[cfg(feature = "jsonrpc")]
            jsonrpc,
            #[cfg(feature = "grpc-web")]
            self.grpc_web.then_some(self.origins),
        );
        let layered = (!self.layers.is_empty()).then(|| {
            let inner = HttpService::new(RouterService::new(router.clone()));
            self.layers
                .into_iter()
                .rev()
                .fold(inner, |inner, layer| layer(inner))
        });
        Ok((router, layered))
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("services", &self.services.len())
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

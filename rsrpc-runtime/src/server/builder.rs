//! The configuration of a server.

use std::fmt;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::{Request, Response};
use std::time::Duration;

use super::bind_address::BindAddress;
use super::body::Body;
use super::cors::AllowedOrigins;
use super::grpc::dispatch::GrpcDispatch;
use super::grpc::negotiation::ServerMessageOptions;
use super::grpc_web::{GrpcWebHandler, GrpcWebSettings};
use super::http_service::{HttpService, boxed};
use super::jsonrpc::dispatch::JsonRpc;
use super::jsonrpc::settings::JsonRpcSettings;
use super::limits::{Limits, ServerKeepalive};
use super::router::Router;
use super::router_service::RouterService;
use super::routes::{Routes, Service};
use super::serve::BoundServer;
use super::serve_error::ServeError;
use super::tls::TlsSettings;
use crate::error::BoxError;
use crate::interceptor::{Interceptor, InterceptorChain};
use crate::transport::{self, Listener, TcpListener};

/// Adds a service's methods.
type RegisterService = Box<dyn FnOnce(&mut Routes) + Send>;
/// Puts a layer around a service.
type ApplyLayer = Box<dyn FnOnce(HttpService) -> HttpService + Send>;

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
    services: Vec<RegisterService>,
    chain: InterceptorChain,
    layers: Vec<ApplyLayer>,
    fallback: Option<HttpService>,
    limits: Limits,
    messages: ServerMessageOptions,
    jsonrpc: JsonRpcSettings,
    origins: AllowedOrigins,
    grpc_web: GrpcWebSettings,
    tls: TlsSettings,
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
            boxed(layer.layer(RouterService::from_http(inner)))
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
        self.fallback = Some(boxed(service));
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
        let tls = self.tls.acceptor();
        let (router, layered) = self.into_router()?;
        Ok(BoundServer::new(listener, router, layered, limits, tls))
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
        if self.tls.is_enabled() {
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
        let messages = ServerMessageOptions {
            json: self.jsonrpc.grpc_json(),
            ..self.messages
        };
        let jsonrpc = JsonRpc::new(&mut routes, self.jsonrpc, self.origins.clone(), self.limits)?;
        let web = GrpcWebHandler::new(self.grpc_web, self.origins);
        let grpc = GrpcDispatch::new(routes, self.limits, messages);
        let router = Router::new(grpc, web, jsonrpc, self.fallback);
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

/// Limits. Each is one connection's or call's own, unless it says otherwise; `docs/limits.md` has them side by side.
impl Server {
    /// The largest request message, and the largest JSON-RPC request body, in bytes; 4 MiB by default, as in gRPC.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.limits.max_request_size = bytes;
        self
    }

    /// The largest JSON-RPC answer, a whole batch counted, in bytes; 4 MiB by default.
    pub fn max_reply_size(mut self, bytes: usize) -> Self {
        self.limits.max_reply_size = bytes;
        self
    }

    /// The largest list of request headers, in bytes as HTTP/2 counts them: names, values, and 32 for each field
    /// ([RFC 9113 §6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)). 16 KiB by default: room for two
    /// tokens of a size that still is one. A larger list is answered with 431, and so is one of more than 128 fields.
    /// On HTTP/1.1 it limits the size of the whole head.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.limits.max_header_list_size = bytes;
        self
    }

    /// The bytes of request messages that have begun to arrive on a connection, and are not whole: 32 MiB by default.
    ///
    /// Without, each of a connection's streams could hold all but the last byte of a message of
    /// [`max_request_size`](Self::max_request_size). A call that would exceed it fails with RESOURCE_EXHAUSTED; the
    /// others go on. Messages that arrive within one DATA frame do not count.
    ///
    /// What a compressed message becomes beyond ten times its size counts, too, until the call's next message or its
    /// end: a message is decompressed no further than there is room.
    pub fn max_unfinished_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_unfinished_bytes = bytes;
        self
    }

    /// The bytes of replies that a connection's client has asked for and does not take; 16 MiB by default.
    ///
    /// While there are more, no further request of this connection is begun, and none that a call waits for is read.
    /// Handlers that run go on, so that what they reply comes on top. Small replies do not count: each stream may hold
    /// up to 16 KiB. If nothing of them is taken for the [write timeout](Self::write_timeout), the
    /// connection is closed.
    pub fn max_unsent_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_unsent_bytes = bytes;
        self
    }

    /// Connections of this server at a time; by default as many as the process can have file descriptors.
    ///
    /// Beyond it none is accepted until one has ended: those that come wait in the system's queue, as with a limited
    /// listener in Go. One line is logged whenever that begins.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.limits.max_connections = Some(connections);
        self
    }

    /// Calls at a time on one HTTP/2 connection; 1,024 by default. A call more is refused with REFUSED_STREAM, which
    /// a client may repeat.
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        self.limits.max_concurrent_streams = streams;
        self
    }

    /// How long a new connection may take to begin: 10 s by default. Then it is closed.
    ///
    /// That is the TLS handshake, the bytes that say which HTTP it speaks, and HTTP/2's preface with its SETTINGS, all
    /// together.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake_timeout = timeout;
        self
    }

    /// How long a new HTTP/2 connection may go without its first request; two minutes by default, what grpc-go gives
    /// a new connection in all. Then it is told to go away, and closed. `None`: for ever.
    pub fn first_request_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.limits.first_request_timeout = timeout.into();
        self
    }

    /// How long the headers of a request may take from their first byte to their last; 20 s by default. On HTTP/2
    /// this is looked at from time to time: the connection is closed after at most one and a half times as long.
    ///
    /// On HTTP/1.1 it is also how long a connection may wait for its next request.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_timeout = timeout;
        self
    }

    /// How long a message may take that has begun, or a unary call's only one, unless it comes at 500 bytes a second
    /// or faster; 20 s by default. Then the call fails with DEADLINE_EXCEEDED. An HTTP/2 frame that stays unfinished closes the
    /// connection, after at most one and a half times as long.
    ///
    /// A stream that idles between two messages is not slow, and may do so for ever.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.limits.body_timeout = timeout;
        self
    }

    /// How long a client may take nothing of what waits for it; 30 s by default. Then the connection is closed.
    ///
    /// It concerns the connection's bytes, and replies beyond [`max_unsent_bytes`](Self::max_unsent_bytes). A
    /// client may leave a single stream unread for as long as it likes.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write_timeout = timeout;
        self
    }

    /// How long running calls may go on once the server shuts down; 30 s by default. Then they are dropped.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.limits.drain_timeout = timeout;
        self
    }

    /// How long an HTTP/2 connection may be without calls; by default for ever, as in grpc-go. Then it is told to go
    /// away (GOAWAY with NO_ERROR), and closed; at the latest after one and a half times as long.
    pub fn max_connection_idle(mut self, idle: Duration) -> Self {
        self.limits.max_connection_idle = Some(idle);
        self
    }

    /// How old a connection may get; by default it may grow as old as it likes, as in grpc-go. Then it is told to go
    /// away, and its running calls end in peace, or after [the grace](Self::max_connection_age_grace).
    ///
    /// Each connection's is up to 10 % more or less, so that those that began together do not end together. Clients
    /// that connect anew find servers that were added meanwhile
    /// ([gRFC A9](https://github.com/grpc/proposal/blob/master/A9-server-side-conn-mgt.md)).
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.limits.max_connection_age = Some(age);
        self
    }

    /// How long the calls of a connection may go on that has reached its age; for ever by default, as in grpc-go.
    pub fn max_connection_age_grace(mut self, grace: Duration) -> Self {
        self.limits.max_connection_age_grace = Some(grace);
        self
    }

    /// How long an HTTP/2 connection may be silent before it is sent a PING, and how long the answer may take before
    /// it is closed; two hours and 20 s by default, as in grpc-go
    /// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)).
    ///
    /// A PING may come after twice the time: a timer is not set for every byte.
    pub fn keepalive(mut self, time: Duration, timeout: Duration) -> Self {
        self.limits.keepalive = Some(ServerKeepalive { time, timeout });
        self
    }

    /// No PINGs of ours: a connection whose client has vanished stays until something is sent to it.
    pub fn without_keepalive(mut self) -> Self {
        self.limits.keepalive = None;
        self
    }

    /// How often a client may send PINGs; once in five minutes by default, as in grpc-go, and without calls once in
    /// two hours. HEADERS or DATA that we send allow one more. The third too early one is answered with GOAWAY
    /// (ENHANCE_YOUR_CALM, `too_many_pings`), and the connection closed
    /// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md), CVE-2019-9512).
    pub fn keepalive_min_time(mut self, time: Duration) -> Self {
        self.limits.keepalive_min_time = time;
        self
    }

    /// Lets clients that have no calls send PINGs as often as those that have some.
    pub fn keepalive_permit_without_calls(mut self) -> Self {
        self.limits.keepalive_without_calls = true;
        self
    }
}

#[cfg(feature = "tls")]
impl Server {
    /// Speaks TLS on every connection: plaintext is refused. gRPC and JSON-RPC share the port as without TLS.
    pub fn tls(mut self, tls: crate::transport::tls::ServerTls) -> Self {
        self.tls.set(tls);
        self
    }
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
/// Compression of gRPC messages.
impl Server {
    /// The algorithms that request messages may be compressed by; none by default. A call that announces another is
    /// refused with UNIMPLEMENTED and this list.
    ///
    /// A message is decompressed no further than [`max_request_size`](Self::max_request_size).
    pub fn accept_compression(
        mut self,
        algorithms: impl IntoIterator<Item = crate::call::Compression>,
    ) -> Self {
        self.messages.accept = algorithms.into_iter().collect();
        self
    }

    /// The algorithms that replies are compressed by, the best first: the first that the caller accepts is taken. None by
    /// default. A handler can say otherwise with [`Context::set_compression`](crate::Context::set_compression).
    pub fn send_compression(
        mut self,
        algorithms: impl IntoIterator<Item = crate::call::Compression>,
    ) -> Self {
        self.messages.send = algorithms.into_iter().collect();
        self
    }

    /// The smallest reply that is compressed, in bytes; 1,024 by default, since a smaller one fills one network packet
    /// either way.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.messages.compress_from = bytes;
        self
    }
}

/// gRPC-Web.
#[cfg(feature = "grpc-web")]
impl Server {
    /// Answers gRPC-Web beside gRPC, for pages in a browser: binary and text, on HTTP/1.1 and HTTP/2. Not by default.
    ///
    /// Pages from the server's own host and port may call; those of other origins need
    /// [`allow_origin`](Self::allow_origin). Cookies of theirs are not taken: no answer allows credentials.
    ///
    /// Source: [PROTOCOL-WEB](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
    pub fn grpc_web(mut self) -> Self {
        self.grpc_web.enable();
        self
    }
}

/// Which pages may call.
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
impl Server {
    /// Lets pages of another origin, such as `https://app.example.com`, call this server from a browser (CORS); `*`
    /// lets every page. By default only pages that came from the server's own host and port may.
    ///
    /// One list for JSON-RPC and gRPC-Web.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.allowed.push(origin.into());
        self
    }

    /// Answers JSON-RPC and gRPC-Web only for this host, and others allowed likewise: `example.com` on any port, or
    /// `example.com:8080`. By default every host is, since a reverse proxy may keep the public one; a server on
    /// loopback that must not be reached by DNS rebinding names its own.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.origins.hosts.push(host.into());
        self
    }
}

/// JSON-RPC over HTTP.
#[cfg(feature = "jsonrpc")]
impl Server {
    /// The path of JSON-RPC over HTTP; `/` by default. Other paths are not found, or go to the fallback service.
    pub fn jsonrpc_path(mut self, path: impl Into<String>) -> Self {
        self.jsonrpc.path = path.into();
        self
    }

    /// Whether JSON-RPC methods can also be called by their bare names (`Subtract`); not by default, since two
    /// services may have a method of one name, which then does not start. gRPC's own services, those of packages
    /// `grpc.…` such as health, keep their full names.
    pub fn jsonrpc_bare_names(mut self, allow: bool) -> Self {
        self.jsonrpc.bare_names = allow;
        self
    }

    /// The most entries of a JSON-RPC batch; 1,000 by default. A larger one is refused as a whole.
    pub fn max_batch_entries(mut self, entries: usize) -> Self {
        self.jsonrpc.max_batch_entries = entries;
        self
    }

    /// How many entries of one JSON-RPC batch run at a time; 32 by default, 1 at least. The others wait.
    pub fn max_batch_concurrency(mut self, entries: usize) -> Self {
        self.jsonrpc.max_batch_concurrency = entries;
        self
    }

    /// How messages are converted in JSON-RPC: the types that `google.protobuf.Any` and error details are written
    /// as, and whether unknown members of `params` are ignored. By default they are errors, and no types are known.
    pub fn json_context(mut self, context: crate::call::JsonContext) -> Self {
        self.jsonrpc.json = context;
        self
    }

    /// Whether `GET /healthz` answers 200, and 503 once the server shuts down; it does by default. With the health
    /// service added, it answers 503 also while the whole server, by its empty name, is anything but SERVING.
    pub fn healthz(mut self, answer: bool) -> Self {
        self.jsonrpc.healthz = answer;
        self
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever sets each option to its default has the same server.
    #[test]
    fn the_builder_says_the_same() {
        let seconds = Duration::from_secs;
        let built = Server::new()
            .max_request_size(4 << 20)
            .max_reply_size(4 << 20)
            .max_header_list_size(16 << 10)
            .max_unfinished_bytes(32 << 20)
            .max_unsent_bytes(16 << 20)
            .max_concurrent_streams(1024)
            .handshake_timeout(seconds(10))
            .first_request_timeout(seconds(120))
            .header_timeout(seconds(20))
            .body_timeout(seconds(20))
            .write_timeout(seconds(30))
            .drain_timeout(seconds(30))
            .keepalive(seconds(7200), seconds(20))
            .keepalive_min_time(seconds(300));
        assert_eq!(format!("{:?}", built.limits), format!("{:?}", Limits::default()));
        let changed = Server::new()
            .max_connections(7)
            .max_connection_idle(seconds(1))
            .max_connection_age(seconds(2))
            .max_connection_age_grace(seconds(3))
            .first_request_timeout(None)
            .without_keepalive()
            .keepalive_permit_without_calls();
        let limits = changed.limits;
        assert_eq!(limits.max_connections, Some(7));
        assert_eq!(limits.max_connection_idle, Some(seconds(1)));
        assert_eq!(limits.max_connection_age, Some(seconds(2)));
        assert_eq!(limits.max_connection_age_grace, Some(seconds(3)));
        assert!(limits.first_request_timeout.is_none() && limits.keepalive.is_none());
        assert!(limits.keepalive_without_calls);
    }
}

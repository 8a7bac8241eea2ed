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

/// Registers the methods of a service.
type RegisterService = Box<dyn FnOnce(&mut Routes) + Send>;
/// Wraps a service in a layer.
type ApplyLayer = Box<dyn FnOnce(HttpService) -> HttpService + Send>;

/// A server's configuration: services, interceptors, layers, limits and protocols.
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
#[must_use = "a server does nothing until it is bound and served"]
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
    /// Creates a server with no services and the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a service: a generated `…Server` around an implementation.
    pub fn add_service(mut self, service: impl Service) -> Self {
        self.services
            .push(Box::new(move |routes| service.register(routes)));
        self
    }

    /// Adds an interceptor for every call. It runs after those already added, and before those of the services.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.chain.push(interceptor);
        self
    }

    /// Adds a tower layer around every HTTP request. It runs inside those already added.
    ///
    /// With a layer, gRPC calls are handled as HTTP requests, which costs more. Without layers, this costs nothing.
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

    /// Sets the service for requests that no protocol handles: other paths, methods and content types, and gRPC
    /// methods that no service has.
    ///
    /// Accepts any HTTP service, such as an axum `Router`.
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

    /// Listens on an address: `"127.0.0.1:0"`, `"localhost:50051"`, `"unix:/run/greeter.sock"`.
    ///
    /// Connections queue from this point. [`BoundServer::serve`] accepts them.
    ///
    /// # Errors The server cannot listen on the address, or the services conflict: two methods have the same path or
    /// JSON-RPC name, or a JSON-RPC alias is invalid. See [`ServeError`].
    pub async fn bind(self, address: impl Into<BindAddress>) -> Result<BoundServer, ServeError> {
        self.bind_at(address.into()).await
    }

    /// Has no type parameter and is boxed, so it is compiled once in this crate and not in each program.
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

    /// Listens on a listener from [`transport`] or on a custom one.
    ///
    /// # Errors The services conflict, as for [`bind`](Self::bind).
    pub fn listen(self, listener: impl Listener) -> Result<BoundServer, ServeError> {
        let limits = self.limits;
        let tls = self.tls.acceptor();
        let (router, layered) = self.into_router()?;
        Ok(BoundServer::new(listener, router, layered, limits, tls))
    }

    /// Listens on an existing TCP socket.
    ///
    /// # Errors Tokio cannot use the socket, or the services conflict, as for [`bind`](Self::bind).
    pub fn listen_std(self, listener: std::net::TcpListener) -> Result<BoundServer, ServeError> {
        let address = listener
            .local_addr()
            .map_or_else(|_| "the given socket".to_owned(), |addr| addr.to_string());
        let listener =
            TcpListener::try_from(listener).map_err(|source| ServeError::Bind { address, source })?;
        self.listen(listener)
    }

    /// Returns the router as a `tower::Service` of HTTP requests, to mount in axum, hyper or tonic. It includes the
    /// layers.
    ///
    /// In axum, `.route("/", get(page).post_service(router.clone())).fallback_service(router)` serves JSON-RPC and a
    /// page on the same path. Only the surrounding server knows the caller. A layer there can insert a
    /// [`Peer`](crate::Peer) into the request's extensions.
    ///
    /// # Errors The services conflict, as for [`bind`](Self::bind), or TLS is configured, which requires a server
    /// that accepts connections.
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

/// Limits. Each applies to one connection or call unless its description says otherwise. `docs/limits.md` lists them.
impl Server {
    /// Sets the maximum size of a request message, and of a JSON-RPC request body, in bytes. 4 MiB by default, as in
    /// gRPC.
    pub fn max_request_size(mut self, bytes: usize) -> Self {
        self.limits.max_request_size = bytes;
        self
    }

    /// Sets the maximum size of a JSON-RPC reply, or of the array that replies to a batch, in bytes. 4 MiB by
    /// default. A larger reply is replaced by an error. Does not apply to gRPC and gRPC-Web, where the client limits
    /// replies.
    pub fn max_reply_size(mut self, bytes: usize) -> Self {
        self.limits.max_reply_size = bytes;
        self
    }

    /// Sets the maximum size of a request's header list, in bytes as HTTP/2 counts them: names, values, and 32 for
    /// each field ([RFC 9113 §6.5.2](https://www.rfc-editor.org/rfc/rfc9113#section-6.5.2)). 16 KiB by default,
    /// enough for two large tokens. A larger list is refused with 431, and so is a list of more than 128 fields. On
    /// HTTP/1.1, this limits the size of the whole head.
    pub fn max_header_list_size(mut self, bytes: u32) -> Self {
        self.limits.max_header_list_size = bytes;
        self
    }

    /// Sets the maximum number of bytes of incomplete request messages on a connection. 32 MiB by default.
    ///
    /// Without this limit, each stream of a connection could hold all but the last byte of a message of
    /// [`max_request_size`](Self::max_request_size). A call that would exceed the limit fails with
    /// RESOURCE_EXHAUSTED, other calls continue. Messages that arrive within one DATA frame do not count.
    ///
    /// A decompressed message counts as far as it exceeds ten times its compressed size, until the call's next
    /// message or its end. Decompression stops at the limit.
    pub fn max_unfinished_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_unfinished_bytes = bytes;
        self
    }

    /// Sets the maximum number of bytes of replies that a connection holds because its client does not read them. 16
    /// MiB by default.
    ///
    /// Above the limit, the connection starts no further requests and reads no request messages. Running handlers
    /// continue, so their replies can exceed the limit. Small replies do not count: each stream may hold up to 16
    /// KiB. If the client reads none of the replies within the [write timeout](Self::write_timeout), the connection
    /// is closed.
    pub fn max_unsent_bytes(mut self, bytes: usize) -> Self {
        self.limits.max_unsent_bytes = bytes;
        self
    }

    /// Sets the maximum number of open connections of this server. By default, only the process's file descriptors
    /// limit it.
    ///
    /// At the limit, the server accepts no connection until one closes. New connections wait in the queue of the
    /// operating system, as with a limited listener in Go. The server logs a warning when the limit is reached, at
    /// most once a minute.
    pub fn max_connections(mut self, connections: usize) -> Self {
        self.limits.max_connections = Some(connections);
        self
    }

    /// Sets the maximum number of concurrent calls on an HTTP/2 connection. 1,024 by default. A further call is
    /// refused with REFUSED_STREAM, which a client may retry.
    pub fn max_concurrent_streams(mut self, streams: u32) -> Self {
        self.limits.max_concurrent_streams = streams;
        self
    }

    /// Sets the maximum duration of a new connection's handshake. 10 s by default. The connection is closed
    /// afterwards.
    ///
    /// The timeout covers the TLS handshake, the detection of the HTTP version, and the HTTP/2 preface with its
    /// SETTINGS.
    pub fn handshake_timeout(mut self, timeout: Duration) -> Self {
        self.limits.handshake_timeout = timeout;
        self
    }

    /// Sets the maximum time a new HTTP/2 connection may wait for its first request. Two minutes by default, which
    /// grpc-go allows a new connection in total. The connection is then closed with GOAWAY. `None` disables the
    /// timeout.
    pub fn first_request_timeout(mut self, timeout: impl Into<Option<Duration>>) -> Self {
        self.limits.first_request_timeout = timeout.into();
        self
    }

    /// Sets the maximum time between the first and the last byte of a request's headers. 20 s by default. On HTTP/2
    /// this is checked periodically: the connection is closed after at most one and a half times the timeout.
    ///
    /// On HTTP/1.1, this is also how long a connection may wait for its next request.
    pub fn header_timeout(mut self, timeout: Duration) -> Self {
        self.limits.header_timeout = timeout;
        self
    }

    /// Sets the maximum time to receive a message after its first byte, or the single message of a unary call. 20 s
    /// by default. The call then fails with DEADLINE_EXCEEDED, unless the message arrives at 500 bytes per second or
    /// faster. An HTTP/2 frame that stays incomplete closes the connection after at most one and a half times the
    /// timeout.
    ///
    /// A stream that is idle between two messages is not affected.
    pub fn body_timeout(mut self, timeout: Duration) -> Self {
        self.limits.body_timeout = timeout;
        self
    }

    /// Sets how long a client may read no pending data. 30 s by default. The connection is then closed.
    ///
    /// The timeout covers the bytes of the connection, and replies beyond
    /// [`max_unsent_bytes`](Self::max_unsent_bytes). A client may leave a single stream unread indefinitely.
    pub fn write_timeout(mut self, timeout: Duration) -> Self {
        self.limits.write_timeout = timeout;
        self
    }

    /// Sets how long running calls may continue after shutdown starts. 30 s by default. They are then dropped.
    pub fn drain_timeout(mut self, timeout: Duration) -> Self {
        self.limits.drain_timeout = timeout;
        self
    }

    /// Sets the maximum time an HTTP/2 connection may have no calls. Unlimited by default, as in grpc-go. The
    /// connection is then closed with GOAWAY (NO_ERROR), after at most one and a half times the limit.
    pub fn max_connection_idle(mut self, idle: Duration) -> Self {
        self.limits.max_connection_idle = Some(idle);
        self
    }

    /// Sets the maximum age of a connection. Unlimited by default, as in grpc-go. The server then sends GOAWAY, and
    /// running calls may finish within [the grace period](Self::max_connection_age_grace).
    ///
    /// The limit of each connection varies randomly by up to 10 %, so that connections opened together do not close
    /// together. Clients that reconnect discover servers added in the meantime ([gRFC
    /// A9](https://github.com/grpc/proposal/blob/master/A9-server-side-conn-mgt.md)).
    pub fn max_connection_age(mut self, age: Duration) -> Self {
        self.limits.max_connection_age = Some(age);
        self
    }

    /// Sets how long running calls may continue on a connection that has reached its maximum age. Unlimited by
    /// default, as in grpc-go.
    pub fn max_connection_age_grace(mut self, grace: Duration) -> Self {
        self.limits.max_connection_age_grace = Some(grace);
        self
    }

    /// Sets how long an HTTP/2 connection may be silent before the server sends a PING, and how long the reply to the
    /// PING may take before the connection is closed. Two hours and 20 s by default, as in grpc-go ([gRFC
    /// A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)).
    ///
    /// A PING may be sent as late as after twice `time`, because the timer is not reset for every byte.
    pub fn keepalive(mut self, time: Duration, timeout: Duration) -> Self {
        self.limits.keepalive = Some(ServerKeepalive { time, timeout });
        self
    }

    /// Disables keepalive PINGs. A connection whose client has vanished then stays open until the server writes to
    /// it.
    pub fn without_keepalive(mut self) -> Self {
        self.limits.keepalive = None;
        self
    }

    /// Sets the minimum interval between the PINGs of a client. Five minutes by default, as in grpc-go, and two hours
    /// without calls. HEADERS or DATA sent by the server allow one more PING. After the third early PING, the
    /// connection is closed with GOAWAY (ENHANCE_YOUR_CALM, `too_many_pings`) ([gRFC
    /// A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md), CVE-2019-9512).
    pub fn keepalive_min_time(mut self, time: Duration) -> Self {
        self.limits.keepalive_min_time = time;
        self
    }

    /// Allows clients without calls to send PINGs as often as clients with calls.
    pub fn keepalive_permit_without_calls(mut self) -> Self {
        self.limits.keepalive_without_calls = true;
        self
    }
}

#[cfg(feature = "tls")]
impl Server {
    /// Requires TLS on every connection. Plaintext connections are refused. gRPC and JSON-RPC share the port, as
    /// without TLS.
    pub fn tls(mut self, tls: crate::transport::tls::ServerTls) -> Self {
        self.tls.set(tls);
        self
    }
}

#[cfg(any(feature = "gzip", feature = "zstd"))]
/// Compression of gRPC messages.
impl Server {
    /// Sets the compression algorithms accepted for request messages. None by default. A call with another algorithm
    /// fails with UNIMPLEMENTED and a list of the accepted ones.
    ///
    /// Decompression of a message stops at [`max_request_size`](Self::max_request_size).
    pub fn accept_compression(
        mut self,
        algorithms: impl IntoIterator<Item = crate::call::Compression>,
    ) -> Self {
        self.messages.accept = algorithms.into_iter().collect();
        self
    }

    /// Sets the compression algorithms for replies, in order of preference. The first that the caller accepts is
    /// used. None by default. A handler can override the choice with
    /// [`Context::set_compression`](crate::Context::set_compression).
    pub fn send_compression(
        mut self,
        algorithms: impl IntoIterator<Item = crate::call::Compression>,
    ) -> Self {
        self.messages.send = algorithms.into_iter().collect();
        self
    }

    /// Sets the minimum size of a compressed reply, in bytes. 1,024 by default, because a smaller reply fits into one
    /// network packet either way.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.messages.compress_from = bytes;
        self
    }
}

/// gRPC-Web.
#[cfg(feature = "grpc-web")]
impl Server {
    /// Enables gRPC-Web for pages in a browser: binary and text, on HTTP/1.1 and HTTP/2. Disabled by default.
    ///
    /// Pages from the server's own host and port may call. Pages of other origins require
    /// [`allow_origin`](Self::allow_origin). Cross-origin calls cannot use cookies: no response allows credentials.
    ///
    /// Source: [PROTOCOL-WEB](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md).
    pub fn grpc_web(mut self) -> Self {
        self.grpc_web.enable();
        self
    }
}

/// Cross-origin access.
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
impl Server {
    /// Allows pages of another origin, such as `https://app.example.com`, to call this server from a browser (CORS).
    /// `*` allows every origin. By default, only pages from the server's own host and port may call.
    ///
    /// Applies to JSON-RPC and gRPC-Web.
    pub fn allow_origin(mut self, origin: impl Into<String>) -> Self {
        self.origins.allowed.push(origin.into());
        self
    }

    /// Restricts JSON-RPC and gRPC-Web to this host, and to others allowed with this method: `example.com` on any
    /// port, or `example.com:8080`. By default, every host is allowed, because a reverse proxy may preserve the
    /// public host. A server on loopback should list its own name to prevent DNS rebinding.
    pub fn allow_host(mut self, host: impl Into<String>) -> Self {
        self.origins.hosts.push(host.into());
        self
    }
}

/// JSON-RPC over HTTP.
#[cfg(feature = "jsonrpc")]
impl Server {
    /// Sets the path of JSON-RPC over HTTP. `/` by default. Requests to other paths are refused with 404 or go to the
    /// fallback service.
    pub fn jsonrpc_path(mut self, path: impl Into<String>) -> Self {
        self.jsonrpc.path = path.into();
        self
    }

    /// Allows calls to JSON-RPC methods by their bare names (`Subtract`). Disabled by default, because two services
    /// may have a method of the same name. In this case the server fails to start. Standard gRPC services (packages
    /// `grpc.…`, such as health) keep their full names.
    pub fn jsonrpc_bare_names(mut self, allow: bool) -> Self {
        self.jsonrpc.bare_names = allow;
        self
    }

    /// Sets the maximum number of entries in a JSON-RPC batch. 1,000 by default. A larger batch is refused as a
    /// whole.
    pub fn max_batch_entries(mut self, entries: usize) -> Self {
        self.jsonrpc.max_batch_entries = entries;
        self
    }

    /// Sets how many entries of a JSON-RPC batch run concurrently. 32 by default, at least 1. The others wait.
    pub fn max_batch_concurrency(mut self, entries: usize) -> Self {
        self.jsonrpc.max_batch_concurrency = entries;
        self
    }

    /// Sets the JSON conversion of JSON-RPC messages: the types available in `google.protobuf.Any` and error details,
    /// and the handling of unknown members of `params`. By default, no types are known and unknown members are
    /// errors.
    pub fn json_context(mut self, context: crate::call::JsonContext) -> Self {
        self.jsonrpc.json = context;
        self
    }

    /// Enables `GET /healthz`, which returns 200, or 503 once the server shuts down. Enabled by default. With the
    /// health service added, it also returns 503 while the status of the whole server (the empty service name) is not
    /// SERVING.
    pub fn healthz(mut self, enable: bool) -> Self {
        self.jsonrpc.healthz = enable;
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

    /// Setting each option to its default yields the default limits.
    #[test]
    fn builder_sets_limits() {
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

//! The configuration of a channel.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;

use super::channel::{Channel, ChannelShared};
use super::codec::{ClientMessageOptions, Codec};
use super::error::ChannelError;
#[cfg(feature = "grpc-web")]
use super::grpc_web::GrpcWeb;
use super::protocol::Protocol;
use super::protocol_client::{ClientOptions, ProtocolClient};
use super::security::RequestedSecurity;
#[cfg(any(feature = "gzip", feature = "zstd"))]
use crate::call::Compression;
#[cfg(feature = "jsonrpc")]
use crate::call::JsonContext;
use crate::channel::{ClientKeepalive, ConnectOptions, Endpoint, ErasedConnector, Target};
use crate::interceptor::{Interceptor, InterceptorChain};
#[cfg(feature = "tls")]
use crate::transport::tls::Tls;
use crate::transport::{Connector, TcpConnector};

/// Builds a [`Channel`].
#[must_use = "a builder does nothing before build()"]
pub struct ChannelBuilder {
    target: String,
    connector: Option<Arc<dyn ErasedConnector>>,
    protocol: Protocol,
    security: RequestedSecurity,
    interceptors: InterceptorChain,
    default_timeout: Option<Duration>,
    connect_timeout: Duration,
    keepalive: ClientKeepalive,
    keepalive_without_calls: bool,
    user_agent: Option<String>,
    messages: ClientMessageOptions,
    #[cfg(feature = "grpc-web")]
    grpc_web: GrpcWeb,
}

impl Channel {
    /// Starts building a channel to a [target](Target).
    pub fn builder(target: impl Into<String>) -> ChannelBuilder {
        ChannelBuilder {
            target: target.into(),
            connector: None,
            protocol: Protocol::default(),
            security: RequestedSecurity::default(),
            interceptors: InterceptorChain::default(),
            default_timeout: None,
            connect_timeout: Duration::from_secs(20),
            keepalive: ClientKeepalive::default(),
            keepalive_without_calls: false,
            user_agent: None,
            messages: ClientMessageOptions::default(),
            #[cfg(feature = "grpc-web")]
            grpc_web: GrpcWeb::new(),
        }
    }
}

impl ChannelBuilder {
    /// Sets the protocol. The default is gRPC.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Uses gRPC-Web with these options. `.protocol(Protocol::GrpcWeb)` uses the default options. The path of an
    /// `http://host/path` target is the prefix of method paths.
    ///
    /// All kinds of calls are supported, but a proxy or server between may restrict them: if it reads the whole request
    /// before it responds, the replies of a bidirectional call arrive after all requests.
    #[cfg(feature = "grpc-web")]
    pub fn grpc_web(mut self, options: GrpcWeb) -> Self {
        self.grpc_web = options;
        self.protocol(Protocol::GrpcWeb)
    }

    /// Allows unencrypted connections. Required for targets off this machine unless the target starts with `http://`.
    pub fn plaintext(mut self) -> Self {
        self.security.allows_plaintext = true;
        self
    }

    /// Uses TLS with this configuration: trusted roots and the client's identity, see [`Tls`]. An `https://` target
    /// implies [`Tls::system()`](Tls::system).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.security.tls = Some(tls);
        self
    }

    /// Sets the connector that opens sockets. The default connects over TCP or Unix sockets, depending on the target.
    pub fn connector(mut self, connector: impl Connector) -> Self {
        self.connector = Some(Arc::new(connector));
        self
    }

    /// Adds an interceptor for every call. Interceptors run in the order in which they were added.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.interceptors.push(interceptor);
        self
    }

    /// Sets the timeout of calls that do not set one. Without it, such calls have no timeout.
    pub fn default_timeout(mut self, timeout: Duration) -> Self {
        self.default_timeout = Some(timeout);
        self
    }

    /// Sets the limit for one connection attempt. The default is 20 s.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sends a PING when the server has been silent for this long while there are calls, as specified by gRPC's keepalive
    /// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)). The minimum is 10 s.
    /// [`Duration::MAX`] disables keepalive. The server must permit the rate: gRPC servers permit one PING in five minutes
    /// by default and close the connection with `too_many_pings` otherwise. The channel then doubles the interval.
    ///
    /// The default policy stays within every server's limit: it sends a PING only if bytes were sent and none were
    /// received for 10 s, and at most two PINGs between responses. TCP keepalive covers idle connections.
    pub fn keepalive_time(mut self, time: Duration) -> Self {
        self.keepalive.set_ping_interval(time);
        self
    }

    /// Sets the limit for the acknowledgement of a PING, and for TCP's acknowledgement of sent bytes (`TCP_USER_TIMEOUT`,
    /// Linux only). The default is 20 s, as in gRPC. When it expires, the connection's calls fail with UNAVAILABLE.
    pub fn keepalive_timeout(mut self, timeout: Duration) -> Self {
        self.keepalive.timeout = timeout;
        self
    }

    /// Sends the PINGs of [`keepalive_time`](Self::keepalive_time) even without calls. The default is false.
    /// Has no effect without `keepalive_time`.
    pub fn keepalive_without_calls(mut self, yes: bool) -> Self {
        self.keepalive_without_calls = yes;
        self
    }

    /// Sets the maximum size of a reply message in bytes. The default is 4 MiB, as in gRPC.
    pub fn max_reply_size(mut self, bytes: usize) -> Self {
        self.messages.max_reply_size = bytes;
        self
    }

    /// Sets the text that precedes rsrpc's own name in the `user-agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// Sets the encoding of gRPC messages. The default is protobuf. With JSON, `google.protobuf.Any` and error details are
    /// decoded with the types of `json_context` (feature `jsonrpc`).
    pub fn codec(mut self, codec: Codec) -> Self {
        self.messages.codec = codec;
        self
    }

    /// Sets the context for JSON conversion in JSON-RPC and in gRPC with JSON: the types for `google.protobuf.Any` and error
    /// details. Unknown members and enum names in results are always ignored, which keeps a client compatible with newer
    /// servers.
    #[cfg(feature = "jsonrpc")]
    pub fn json_context(mut self, context: JsonContext) -> Self {
        self.messages.json = context;
        self
    }

    /// Builds the channel. Does no I/O: the first call connects.
    ///
    /// # Errors
    /// - The target or the user agent is invalid.
    /// - The target is off this machine and neither TLS nor plaintext has been chosen, or both have been.
    /// - TLS is configured for a host that certificates cannot name.
    /// - A `memory:` target has no connector.
    /// - A required feature is disabled.
    ///
    /// See [`ChannelError`].
    pub fn build(self) -> Result<Channel, ChannelError> {
        let target = Target::parse(&self.target)?;
        let (target, security) = self.security.resolve(target)?;
        let connector = match self.connector {
            Some(connector) => connector,
            None => default_connector(&target).ok_or(ChannelError::NoConnector { target: self.target })?,
        };
        let target = Arc::new(target);
        let options = ClientOptions {
            connect: ConnectOptions {
                target: target.clone(),
                connector,
                security,
                timeout: self.connect_timeout,
                keepalive: self.keepalive.without_calls(self.keepalive_without_calls),
            },
            user_agent: user_agent(self.user_agent)?,
            messages: self.messages.ignore_unknown_json(),
            #[cfg(feature = "grpc-web")]
            grpc_web: self.grpc_web,
        };
        Ok(Channel::new(ChannelShared {
            target,
            protocol: self.protocol,
            client: ProtocolClient::new(self.protocol, options),
            interceptors: self.interceptors,
            default_timeout: self.default_timeout,
        }))
    }
}

/// Compression of gRPC messages.
#[cfg(any(feature = "gzip", feature = "zstd"))]
impl ChannelBuilder {
    /// Sets the algorithms that the server may compress replies with. They are announced to the server. The default is
    /// none.
    ///
    /// A message is decompressed up to [`max_reply_size`](Self::max_reply_size) and rejected beyond it.
    pub fn accept_compression(mut self, algorithms: impl IntoIterator<Item = Compression>) -> Self {
        self.messages.accept = algorithms.into_iter().collect();
        self
    }

    /// Compresses requests. The server must support the algorithm: it fails calls with UNIMPLEMENTED otherwise. By default requests
    /// are not compressed. `.compression(…)` overrides this for one call.
    pub fn send_compression(mut self, algorithm: Compression) -> Self {
        self.messages.send = Some(algorithm);
        self
    }

    /// Sets the minimum size in bytes of a request that is compressed. The default is 1,024: a smaller request fits into
    /// one network packet without compression.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.messages.compress_from = bytes;
        self
    }
}

fn default_connector(target: &Target) -> Option<Arc<dyn ErasedConnector>> {
    match target.endpoint() {
        Endpoint::Memory => None,
        #[cfg(unix)]
        Endpoint::Unix(_) => Some(Arc::new(crate::transport::UnixConnector)),
        _ => Some(Arc::new(TcpConnector)),
    }
}

fn user_agent(prefix: Option<String>) -> Result<HeaderValue, ChannelError> {
    const OWN: &str = concat!("grpc-rust-rsrpc/", env!("CARGO_PKG_VERSION"));
    match prefix {
        None => Ok(HeaderValue::from_static(OWN)),
        Some(user_agent) => HeaderValue::try_from(format!("{user_agent} {OWN}"))
            .map_err(|_| ChannelError::UserAgent { user_agent }),
    }
}

impl fmt::Debug for ChannelBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChannelBuilder")
            .field("target", &self.target)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    #[cfg(feature = "tls")]
    use http::uri::PathAndQuery;

    use super::*;

    #[cfg(feature = "tls")]
    #[test]
    fn plaintext_and_tls_contradict_each_other() {
        let check = |builder: ChannelBuilder, expected: Result<&str, &str>| {
            let built = builder.build();
            let built = built
                .as_ref()
                .map(|channel| channel.target().uri(PathAndQuery::from_static("/")).to_string())
                .map_err(ToString::to_string);
            assert_eq!(built, expected.map(str::to_owned).map_err(str::to_owned));
        };
        check(
            Channel::builder("https://greeter.internal"),
            Ok("https://greeter.internal/"),
        );
        check(
            Channel::builder("greeter.internal").tls(Tls::system()),
            Ok("https://greeter.internal/"),
        );
        check(
            Channel::builder("[::1]:7").tls(Tls::system()),
            Ok("https://[::1]:7/"),
        );
        check(
            Channel::builder("unix:/run/x").tls(Tls::system()),
            Ok("https://localhost/"),
        );
        let both = |target: &str| {
            format!(
                "a channel to {target} cannot use both plaintext and TLS: the target's scheme, .plaintext() and .tls(…) \
                 contradict each other; keep one of them"
            )
        };
        check(
            Channel::builder("http://a").tls(Tls::system()),
            Err(&both("http://a")),
        );
        check(Channel::builder("https://a").plaintext(), Err(&both("https://a")));
        check(
            Channel::builder("a:1").plaintext().tls(Tls::system()),
            Err(&both("a:1")),
        );
        check(
            Channel::builder("https://-"),
            Err(
                "a channel to https://- cannot use TLS: invalid server name \"-\": expected a DNS name or an IP \
                 address",
            ),
        );
    }

    #[test]
    fn credentials_are_explicit() {
        let error = |target: &str| {
            Channel::builder(target)
                .build()
                .map(drop)
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            error("greeter.internal:50051").unwrap_err(),
            "a channel to greeter.internal:50051 needs credentials: write the target as https://… or call .tls(…) for \
             TLS (feature \"tls\" of rsrpc-runtime), or write the target as http://… or call .plaintext() to allow \
             unencrypted connections"
        );
        assert!(error("memory:").unwrap_err().contains("needs a connector"));
        if cfg!(not(feature = "tls")) {
            assert_eq!(
                error("https://x").unwrap_err(),
                "this channel needs the feature \"tls\" of rsrpc-runtime: enable it in Cargo.toml"
            );
        }
        assert!(error("http://greeter.internal:50051").is_ok());
        assert!(error("127.0.0.1:1").is_ok());
        assert!(
            Channel::builder("greeter.internal:50051")
                .plaintext()
                .build()
                .is_ok()
        );
        assert!(Channel::builder("localhost:1").user_agent("a\n").build().is_err());
    }
}

//! Channels as users hold them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::Uri;
use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};

#[cfg(feature = "grpc-web")]
use super::grpc_web::{GrpcWeb, GrpcWebClient};
#[cfg(feature = "jsonrpc")]
use super::jsonrpc::JsonRpcClient;
use super::messages::MessageOptions;

#[cfg(feature = "jsonrpc")]
use crate::call::JsonContext;
use crate::channel::{
    ConnectOptions, Credentials, Dialing, ErasedConnector, Keepalive, Subchannel, Target, TargetError,
};
use crate::interceptor::{Interceptor, InterceptorChain};
#[cfg(feature = "tls")]
use crate::transport::tls::{ClientHandshaker, Tls, TlsError};
use crate::transport::{Connector, TcpConnector};
use crate::wire::http2::Frame;

/// What a channel speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC over HTTP/2.
    #[default]
    Grpc,
    /// gRPC-Web, for what lies behind a proxy that speaks nothing else: binary, over HTTP/1.1, unless
    /// [`grpc_web`](ChannelBuilder::grpc_web) says otherwise.
    #[cfg(feature = "grpc-web")]
    GrpcWeb,
    /// JSON-RPC 2.0 over HTTP/1.1: unary calls, as POST to the path of an `http://host/path` target, otherwise to `/`.
    #[cfg(feature = "jsonrpc")]
    JsonRpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "grpc",
            #[cfg(feature = "grpc-web")]
            Self::GrpcWeb => "grpc-web",
            #[cfg(feature = "jsonrpc")]
            Self::JsonRpc => "jsonrpc",
        })
    }
}

impl std::str::FromStr for Protocol {
    type Err = UnknownProtocol;

    /// Reads what [`Display`](fmt::Display) writes.
    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        match name {
            "grpc" => Ok(Self::Grpc),
            #[cfg(feature = "grpc-web")]
            "grpc-web" => Ok(Self::GrpcWeb),
            #[cfg(feature = "jsonrpc")]
            "jsonrpc" => Ok(Self::JsonRpc),
            _ => Err(UnknownProtocol {
                name: name.to_owned(),
            }),
        }
    }
}

/// A name that is no [`Protocol`]'s.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name:?} is no protocol; \"grpc\", \"grpc-web\" and \"jsonrpc\" are, where they are built in")]
pub struct UnknownProtocol {
    name: String,
}

/// A way to a service: a target, and the connection to it, which is made when first needed and made anew when it is
/// lost.
///
/// Building one does no I/O. Cloning is cheap, and clones share the connection; it closes when the last is dropped.
///
/// ```
/// use rsrpc_runtime::Channel;
///
/// let channel = Channel::builder("http://greeter.internal:50051").build()?;
/// # Ok::<(), rsrpc_runtime::client::ChannelError>(())
/// ```
#[derive(Clone)]
pub struct Channel {
    shared: Arc<Shared>,
}

struct Shared {
    subchannel: Arc<Subchannel<Frame>>,
    protocol: Protocol,
    chain: InterceptorChain,
    default_timeout: Option<Duration>,
    max_reply_size: usize,
    messages: MessageOptions,
    /// What every gRPC request begins with.
    grpc_headers: HeaderMap,
    uris: super::grpc::Uris,
    #[cfg(feature = "grpc-web")]
    grpc_web: GrpcWebClient,
    #[cfg(feature = "jsonrpc")]
    jsonrpc: JsonRpcClient,
}

/// Builds a [`Channel`].
#[must_use = "a builder does nothing before build()"]
pub struct ChannelBuilder {
    target: String,
    connector: Option<Arc<dyn ErasedConnector>>,
    protocol: Protocol,
    plaintext: bool,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    chain: InterceptorChain,
    default_timeout: Option<Duration>,
    connect_timeout: Duration,
    keepalive: Keepalive,
    keepalive_without_calls: bool,
    max_reply_size: usize,
    user_agent: Option<String>,
    pub(super) messages: MessageOptions,
    #[cfg(feature = "grpc-web")]
    pub(super) grpc_web: GrpcWeb,
    #[cfg(feature = "jsonrpc")]
    json: JsonContext,
}

/// Why a channel cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The target is none.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The target is not on this machine, and nothing says that bytes to it may be read on the way.
    #[error(
        "a channel to {target} needs credentials: write the target as https://… or call .tls(…) for TLS (feature \"tls\" of rsrpc-runtime), or call .plaintext() or write the target as http://… to say that bytes may be read on the way"
    )]
    NoCredentials {
        /// As it was given.
        target: String,
    },
    /// The target and the builder say both TLS and plaintext.
    #[error(
        "a channel to {target} cannot be both in plaintext and over TLS: one of the target's scheme, .plaintext() and .tls(…) says otherwise"
    )]
    Contradiction {
        /// As it was given.
        target: String,
    },
    /// TLS cannot be set up.
    #[cfg(feature = "tls")]
    #[error("a channel to {target} cannot speak TLS: {source}")]
    Tls {
        /// As it was given.
        target: String,
        /// What is wrong.
        source: TlsError,
    },
    /// `memory:` leads nowhere by itself.
    #[error(
        "a channel to {target} needs a connector: pass the one that transport::memory() gave with its listener"
    )]
    NoConnector {
        /// As it was given.
        target: String,
    },
    /// The protocol, or TLS, is not part of this build.
    #[error("rsrpc-runtime was built without its feature {feature:?}, which this channel needs")]
    NotBuiltIn {
        /// The feature to enable.
        feature: &'static str,
    },
    /// The user agent is no header value.
    #[error("the user agent {user_agent:?} is not printable ASCII")]
    UserAgent {
        /// As it was given.
        user_agent: String,
    },
}

impl Channel {
    /// A channel to a [target](Target), to be configured.
    pub fn builder(target: impl Into<String>) -> ChannelBuilder {
        ChannelBuilder {
            target: target.into(),
            connector: None,
            protocol: Protocol::default(),
            plaintext: false,
            #[cfg(feature = "tls")]
            tls: None,
            chain: InterceptorChain::default(),
            default_timeout: None,
            connect_timeout: Duration::from_secs(20),
            keepalive: Keepalive::default(),
            keepalive_without_calls: false,
            max_reply_size: 4 * 1024 * 1024,
            user_agent: None,
            messages: MessageOptions::default(),
            #[cfg(feature = "grpc-web")]
            grpc_web: GrpcWeb::new(),
            #[cfg(feature = "jsonrpc")]
            json: JsonContext::new(),
        }
    }

    /// The target.
    pub fn target(&self) -> &Target {
        self.shared.subchannel.target()
    }

    /// What the channel speaks.
    pub fn protocol(&self) -> Protocol {
        self.shared.protocol
    }

    pub(crate) fn subchannel(&self) -> &Arc<Subchannel<Frame>> {
        &self.shared.subchannel
    }

    pub(crate) fn chain(&self) -> &InterceptorChain {
        &self.shared.chain
    }

    pub(crate) fn default_timeout(&self) -> Option<Duration> {
        self.shared.default_timeout
    }

    pub(crate) fn max_reply_size(&self) -> usize {
        self.shared.max_reply_size
    }

    pub(crate) fn messages(&self) -> &MessageOptions {
        &self.shared.messages
    }

    /// The URI of a method's path.
    pub(crate) fn uri(&self, path: &'static str) -> Uri {
        self.shared.uris.of(path, self.target())
    }

    pub(crate) fn grpc_headers(&self) -> &HeaderMap {
        &self.shared.grpc_headers
    }

    #[cfg(feature = "grpc-web")]
    pub(crate) fn grpc_web(&self) -> &GrpcWebClient {
        &self.shared.grpc_web
    }

    #[cfg(feature = "jsonrpc")]
    pub(crate) fn jsonrpc(&self) -> &JsonRpcClient {
        &self.shared.jsonrpc
    }
}

impl ChannelBuilder {
    /// What the channel speaks; gRPC by default.
    pub fn protocol(mut self, protocol: Protocol) -> Self {
        self.protocol = protocol;
        self
    }

    /// Allows bytes to be readable on the way. Needed for targets off this machine that are not `http://`.
    pub fn plaintext(mut self) -> Self {
        self.plaintext = true;
        self
    }

    /// Speaks TLS: whom to trust and who to be, see [`Tls`]. An `https://` target says the same as
    /// [`Tls::system()`](Tls::system).
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Makes the connections; by default those of TCP and Unix sockets, as the target asks.
    pub fn connector(mut self, connector: impl Connector) -> Self {
        self.connector = Some(Arc::new(connector));
        self
    }

    /// Adds an interceptor for every call, behind those already added.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        self.chain.push(interceptor);
        self
    }

    /// The timeout of calls that set none; without it there is none.
    pub fn default_timeout(mut self, timeout: Duration) -> Self {
        self.default_timeout = Some(timeout);
        self
    }

    /// For one attempt to connect; 20 s by default.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// Sends a PING when the server was silent for this long while there are calls, as gRPC's keepalive does
    /// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)). At least 10 s;
    /// [`Duration::MAX`] turns keepalive off. The server must allow so many: gRPC's servers allow one in five minutes
    /// unless told otherwise, and close the connection for more (`too_many_pings`), after which the time is doubled.
    ///
    /// Without this option there is a keepalive that no server minds: a PING goes out only after bytes were sent and
    /// none came for 10 s, and at most two until a response comes; TCP's own probes do the rest.
    pub fn keepalive_time(mut self, time: Duration) -> Self {
        self.keepalive.every(time);
        self
    }

    /// How long the answer to a PING may take, and TCP's acknowledgement of what was sent (`TCP_USER_TIMEOUT`, on Linux);
    /// 20 s by default, as in gRPC. Then the connection's calls fail with UNAVAILABLE.
    pub fn keepalive_timeout(mut self, timeout: Duration) -> Self {
        self.keepalive.timeout = timeout;
        self
    }

    /// Sends the PINGs of [`keepalive_time`](Self::keepalive_time) also while there are no calls; not by default. Without
    /// that option, it changes nothing.
    pub fn keepalive_without_calls(mut self, yes: bool) -> Self {
        self.keepalive_without_calls = yes;
        self
    }

    /// The largest reply message, in bytes; 4 MiB by default, as in gRPC.
    pub fn max_reply_size(mut self, bytes: usize) -> Self {
        self.max_reply_size = bytes;
        self
    }

    /// Put before rsrpc's own name in the `user-agent` header.
    pub fn user_agent(mut self, user_agent: impl Into<String>) -> Self {
        self.user_agent = Some(user_agent.into());
        self
    }

    /// How messages are converted in JSON-RPC and in gRPC's JSON: the types that `google.protobuf.Any` and error details are read as.
    /// Unknown members and enum names of results are always ignored, so that a client gets along with a newer server.
    #[cfg(feature = "jsonrpc")]
    pub fn json_context(mut self, context: JsonContext) -> Self {
        self.json = context;
        self
    }

    /// Decides between plaintext and TLS.
    #[cfg(feature = "tls")]
    fn secure(&self, target: Target) -> Result<(Target, Dialing), ChannelError> {
        let text = || self.target.clone();
        let credentials = target.credentials();
        let tls = match (&self.tls, credentials) {
            (Some(_), Credentials::Plaintext) => return Err(ChannelError::Contradiction { target: text() }),
            (Some(tls), _) => Some(tls.clone()),
            (None, Credentials::Tls) => Some(Tls::system()),
            (None, _) => None,
        };
        let Some(tls) = tls else {
            return match self.plaintext || target.allows_plaintext() {
                true => Ok((target, None)),
                false => Err(ChannelError::NoCredentials { target: text() }),
            };
        };
        if self.plaintext {
            return Err(ChannelError::Contradiction { target: text() });
        }
        let dialer = ClientHandshaker::new(tls, target.host_name()).map_err(|source| ChannelError::Tls {
            target: text(),
            source,
        })?;
        Ok((target.over_tls(), Some(dialer)))
    }

    /// Refuses what needs TLS.
    #[cfg(not(feature = "tls"))]
    fn secure(&self, target: Target) -> Result<(Target, Dialing), ChannelError> {
        match target.credentials() {
            Credentials::Tls => Err(ChannelError::NotBuiltIn { feature: "tls" }),
            _ if self.plaintext || target.allows_plaintext() => Ok((target, ())),
            _ => Err(ChannelError::NoCredentials {
                target: self.target.clone(),
            }),
        }
    }

    /// The channel. No I/O happens; the first call connects.
    ///
    /// # Errors
    /// The target is none, or leads off this machine and nothing says how its bytes are protected, or it is said in
    /// two ways; a host that no certificate can be for; `memory:` without a connector, a protocol that is not built in, a user agent that is no header value. See [`ChannelError`].
    pub fn build(self) -> Result<Channel, ChannelError> {
        let target = Target::parse(&self.target)?;
        let (target, dialing) = self.secure(target)?;
        let connector = match self.connector {
            Some(connector) => connector,
            None => default_connector(&target).ok_or(ChannelError::NoConnector { target: self.target })?,
        };
        let options = ConnectOptions {
            target: Arc::new(target),
            connector,
            dialing,
            timeout: self.connect_timeout,
            keepalive: self.keepalive.without_calls(self.keepalive_without_calls),
        };
        let user_agent = user_agent(self.user_agent)?;
        let messages = MessageOptions {
            // As protobuf does: an older client has to get along with a newer server.
            #[cfg(feature = "jsonrpc")]
            json: self.json.clone().ignore_unknown(true),
            ..self.messages
        };
        let shared = Shared {
            uris: Default::default(),
            #[cfg(feature = "grpc-web")]
            grpc_web: GrpcWebClient::new(
                options.clone(),
                self.grpc_web,
                user_agent.clone(),
                messages.accept_encoding(),
            ),
            #[cfg(feature = "jsonrpc")]
            jsonrpc: JsonRpcClient::new(
                options.clone(),
                user_agent.clone(),
                self.json,
                self.max_reply_size,
            ),
            subchannel: Subchannel::new(options),
            protocol: self.protocol,
            chain: self.chain,
            default_timeout: self.default_timeout,
            max_reply_size: self.max_reply_size,
            grpc_headers: grpc_headers(user_agent, &messages),
            messages,
        };
        Ok(Channel {
            shared: Arc::new(shared),
        })
    }
}

fn default_connector(target: &Target) -> Option<Arc<dyn ErasedConnector>> {
    match target.endpoint() {
        crate::channel::Endpoint::Memory => None,
        #[cfg(unix)]
        crate::channel::Endpoint::Unix(_) => Some(Arc::new(crate::transport::UnixConnector)),
        _ => Some(Arc::new(TcpConnector)),
    }
}

fn user_agent(own: Option<String>) -> Result<HeaderValue, ChannelError> {
    const OWN: &str = concat!("grpc-rust-rsrpc/", env!("CARGO_PKG_VERSION"));
    match own {
        None => Ok(HeaderValue::from_static(OWN)),
        Some(user_agent) => HeaderValue::try_from(format!("{user_agent} {OWN}"))
            .map_err(|_| ChannelError::UserAgent { user_agent }),
    }
}

fn grpc_headers(user_agent: HeaderValue, messages: &MessageOptions) -> HeaderMap {
    let headers = [
        (TE, HeaderValue::from_static("trailers")),
        (CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
        (USER_AGENT, user_agent),
    ];
    let accept = messages.accept_encoding();
    let accept = accept.map(|names| (HeaderName::from_static("grpc-accept-encoding"), names));
    headers.into_iter().chain(accept).collect()
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("target", &self.target().to_string())
            .field("protocol", &self.shared.protocol)
            .finish_non_exhaustive()
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
    fn plaintext_and_tls_exclude_each_other() {
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
                "a channel to {target} cannot be both in plaintext and over TLS: one of the target's scheme, \
                 .plaintext() and .tls(…) says otherwise"
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
                "a channel to https://- cannot speak TLS: \"-\" is no server name: a DNS name or an IP address is",
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
             TLS (feature \"tls\" of rsrpc-runtime), or call .plaintext() or write the target as http://… to say that \
             bytes may be read on the way"
        );
        assert!(error("memory:").unwrap_err().contains("needs a connector"));
        if cfg!(not(feature = "tls")) {
            assert_eq!(
                error("https://x").unwrap_err(),
                "rsrpc-runtime was built without its feature \"tls\", which this channel needs"
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

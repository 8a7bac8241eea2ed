//! Channels as users hold them.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderValue};

#[cfg(feature = "jsonrpc")]
use super::jsonrpc::JsonRpcClient;
#[cfg(feature = "jsonrpc")]
use crate::call::JsonContext;
use crate::channel::{ConnectOptions, ErasedConnector, Subchannel, Target, TargetError};
use crate::interceptor::{Chain, Interceptor};
use crate::transport::{Connector, TcpConnector};
use crate::wire::http2::Frame;

/// What a channel speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC over HTTP/2.
    #[default]
    Grpc,
    /// JSON-RPC 2.0 over HTTP/1.1: unary calls, as POST to the path of an `http://host/path` target, otherwise to `/`.
    #[cfg(feature = "jsonrpc")]
    JsonRpc,
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Grpc => "grpc",
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
#[error("{name:?} is no protocol; \"grpc\" and \"jsonrpc\" are, where they are built in")]
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
    chain: Chain,
    default_timeout: Option<Duration>,
    max_reply_size: usize,
    /// What every gRPC request begins with.
    grpc_headers: HeaderMap,
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
    chain: Chain,
    default_timeout: Option<Duration>,
    connect_timeout: Duration,
    max_reply_size: usize,
    user_agent: Option<String>,
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
        "a channel to {target} needs credentials: call .plaintext() to say that bytes may be read on the way, or write the target as http://…"
    )]
    NoCredentials {
        /// As it was given.
        target: String,
    },
    /// `memory:` leads nowhere by itself.
    #[error(
        "a channel to {target} needs a connector: pass the one that transport::memory() gave with its listener"
    )]
    NoConnector {
        /// As it was given.
        target: String,
    },
    /// The protocol is not part of this build.
    #[error("rsrpc-runtime was built without its feature {feature:?}, which the channel's protocol needs")]
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
            chain: Chain::default(),
            default_timeout: None,
            connect_timeout: Duration::from_secs(20),
            max_reply_size: 4 * 1024 * 1024,
            user_agent: None,
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

    pub(crate) fn chain(&self) -> &Chain {
        &self.shared.chain
    }

    pub(crate) fn default_timeout(&self) -> Option<Duration> {
        self.shared.default_timeout
    }

    pub(crate) fn max_reply_size(&self) -> usize {
        self.shared.max_reply_size
    }

    pub(crate) fn grpc_headers(&self) -> &HeaderMap {
        &self.shared.grpc_headers
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

    /// How messages are converted in JSON-RPC: the types that `google.protobuf.Any` and error details are read as.
    /// Unknown members and enum names of results are always ignored, so that a client gets along with a newer server.
    #[cfg(feature = "jsonrpc")]
    pub fn json_context(mut self, context: JsonContext) -> Self {
        self.json = context;
        self
    }

    /// The channel. No I/O happens; the first call connects.
    ///
    /// # Errors
    /// The target is none, or leads off this machine and nothing says how its bytes are protected; `memory:` without a
    /// connector, a protocol that is not built in, a user agent that is no header value. See [`ChannelError`].
    pub fn build(self) -> Result<Channel, ChannelError> {
        let target = Target::parse(&self.target)?;
        if cfg!(not(feature = "grpc")) && self.protocol == Protocol::Grpc {
            return Err(ChannelError::NotBuiltIn { feature: "grpc" });
        }
        if !self.plaintext && !target.allows_plaintext() {
            return Err(ChannelError::NoCredentials { target: self.target });
        }
        let connector = match self.connector {
            Some(connector) => connector,
            None => default_connector(&target).ok_or(ChannelError::NoConnector { target: self.target })?,
        };
        let options = ConnectOptions {
            target: Arc::new(target),
            connector,
            timeout: self.connect_timeout,
        };
        let user_agent = user_agent(self.user_agent)?;
        let shared = Shared {
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
            grpc_headers: grpc_headers(user_agent),
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

fn grpc_headers(user_agent: HeaderValue) -> HeaderMap {
    HeaderMap::from_iter([
        (TE, HeaderValue::from_static("trailers")),
        (CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
        (USER_AGENT, user_agent),
    ])
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
    use super::*;

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
            "a channel to greeter.internal:50051 needs credentials: call .plaintext() to say that bytes may be read \
             on the way, or write the target as http://…"
        );
        assert!(error("memory:").unwrap_err().contains("needs a connector"));
        assert!(error("https://x").unwrap_err().contains("TLS"));
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

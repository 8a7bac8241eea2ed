//! Errors of building a channel.

use crate::channel::TargetError;
#[cfg(feature = "tls")]
use crate::transport::tls::TlsError;

/// The reason that a channel cannot be built.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChannelError {
    /// The target is invalid.
    #[error(transparent)]
    Target(#[from] TargetError),
    /// The target is on another machine, and neither TLS nor plaintext has been chosen.
    #[error(
        "a channel to {target} needs credentials: write the target as https://… or call .tls(…) for TLS (feature \"tls\" of rsrpc-runtime), or write the target as http://… or call .plaintext() to allow unencrypted connections"
    )]
    NoCredentials {
        /// The target as given.
        target: String,
    },
    /// The target and the builder ask for TLS and plaintext at the same time.
    #[error(
        "a channel to {target} cannot use both plaintext and TLS: the target's scheme, .plaintext() and .tls(…) contradict each other; keep one of them"
    )]
    Contradiction {
        /// The target as given.
        target: String,
    },
    /// The TLS configuration is invalid.
    #[cfg(feature = "tls")]
    #[error("a channel to {target} cannot use TLS: {source}")]
    Tls {
        /// The target as given.
        target: String,
        /// The configuration error.
        source: TlsError,
    },
    /// A `memory:` target has no connector.
    #[error(
        "a channel to {target} needs a connector: pass the one that transport::memory() returned with its listener"
    )]
    NoConnector {
        /// The target as given.
        target: String,
    },
    /// A required feature is disabled.
    #[error("this channel needs the feature {feature:?} of rsrpc-runtime: enable it in Cargo.toml")]
    NotBuiltIn {
        /// The feature to enable.
        feature: &'static str,
    },
    /// The user agent is not a valid header value.
    #[error("invalid user agent {user_agent:?}: use printable ASCII characters only")]
    UserAgent {
        /// The user agent as given.
        user_agent: String,
    },
}

//! Errors of starting a server.

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

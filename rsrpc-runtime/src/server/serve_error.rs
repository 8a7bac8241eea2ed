//! Errors from starting a server.

/// An error from starting a server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ServeError {
    /// The server cannot listen on the address.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// The address as configured.
        address: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// TLS was configured for a router that is mounted in a server of another library.
    #[error("cannot use TLS in a mounted router: remove .tls(…) and configure TLS in the surrounding server")]
    MountedTls,
    /// Two services have a method with this path, or one service was added twice.
    #[error("the method {0} is registered twice; add each service only once")]
    DuplicateMethod(String),
    /// Two methods have the same JSON-RPC name.
    #[error("the JSON-RPC name {name:?} is claimed by both {first} and {second}")]
    DuplicateName {
        /// The JSON-RPC name.
        name: String,
        /// The canonical name of the method registered first.
        first: &'static str,
        /// The canonical name of the method registered second.
        second: &'static str,
    },
    /// A JSON-RPC alias starts with `rpc.`, `rsrpc_` or `$/`, which are reserved by the protocol.
    #[error("the JSON-RPC alias {0:?} starts with a reserved prefix: rpc., rsrpc_ or $/")]
    ReservedName(String),
    /// A JSON-RPC alias refers to a method that is missing from its service or was generated without JSON.
    #[error(
        "the JSON-RPC alias {alias:?} refers to {service}/{method}, which does not exist or was generated without JSON"
    )]
    UnknownMethod {
        /// The alias.
        alias: String,
        /// The service's full name.
        service: &'static str,
        /// The method the alias refers to.
        method: String,
    },
}

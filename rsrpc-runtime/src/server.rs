//! The server: listeners, connections, the router and the calls behind it.
//!
//! The first bytes of a connection decide its HTTP version. The method and content type of a request decide its
//! protocol. gRPC on the server's own connections takes a fast path, directly from `h2` into the task of the call.
//! Everything else is an HTTP request to a [`RouterService`]. So is gRPC when HTTP layers are installed.

mod accept;
mod bind_address;
mod body;
mod builder;
mod caller;
mod cardinality;
mod connection;
mod cors;
#[cfg_attr(
    not(feature = "grpc-web"),
    allow(dead_code, reason = "only gRPC-Web lends request bodies")
)]
mod drain_request;
mod grpc;
#[cfg(feature = "grpc-web")]
mod grpc_web;
#[cfg(not(feature = "grpc-web"))]
#[path = "server/grpc_web/disabled.rs"]
mod grpc_web;
mod handler_failure;
mod headers;
mod health_check;
mod http_service;
#[cfg(feature = "jsonrpc")]
mod jsonrpc;
#[cfg(not(feature = "jsonrpc"))]
#[path = "server/jsonrpc/disabled.rs"]
mod jsonrpc;
mod limits;
mod path_hasher;
mod refusal;
mod route;
mod router;
mod router_service;
mod routes;
mod serve;
mod serve_error;
mod shutdown;
#[cfg(feature = "tls")]
mod tls;
#[cfg(not(feature = "tls"))]
#[path = "server/tls/disabled.rs"]
mod tls;

pub use self::bind_address::BindAddress;
pub use self::body::Body;
pub use self::builder::Server;
pub use self::router_service::RouterService;
pub use self::routes::Service;
// Used by generated servers.
#[doc(hidden)]
pub use self::routes::{Routes, ServiceOptions, ServiceRoutes};
pub use self::serve::BoundServer;
pub use self::serve_error::ServeError;
pub use crate::error::BoxError;

//! Connections from a target to its addresses. A channel never sees a message.
//!
//! For HTTP/2, one subchannel holds the shared connection to a target and reconnects when it is lost. For JSON-RPC and
//! gRPC-Web over HTTP/1.1, a pool holds connections that carry one request at a time.

mod backoff;
mod connect;
mod connection;
mod failure;
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
mod http1;
mod keepalive;
mod security;
mod subchannel;
mod target;

pub(crate) use connect::{ConnectOptions, ErasedConnector};
pub(crate) use connection::Connection;
pub(crate) use failure::{ConnectStep, FailureContext};
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
pub(crate) use http1::{Http1Pool, Http1SendError, HttpRequestBody, PooledResponse, http1_failure};
pub(crate) use keepalive::ClientKeepalive;
pub(crate) use security::TransportSecurity;
pub(crate) use subchannel::Subchannel;
pub(crate) use target::{Endpoint, TargetSecurity};
pub use target::{Target, TargetError};

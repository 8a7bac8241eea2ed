//! From a target to a connection that takes requests. The channel never sees a message.
//!
//! For HTTP/2, one subchannel holds the connection to a target and makes a new one when it is gone; for JSON-RPC and
//! gRPC-Web, a pool holds HTTP/1.1 connections, which carry one request at a time.

mod backoff;
mod connect;
mod failure;
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
mod http1;
mod keepalive;
mod subchannel;
mod target;

pub(crate) use connect::{ConnectOptions, Dialing, ErasedConnector};
pub(crate) use failure::{Circumstances, Step};
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
pub(crate) use http1::{Http1Error, Http1Pool, Http1Progress, RequestBody, broken};
pub(crate) use keepalive::Keepalive;
pub(crate) use subchannel::{Connection, Subchannel};
pub(crate) use target::{Credentials, Endpoint};
pub use target::{Target, TargetError};

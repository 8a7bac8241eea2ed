//! From a target to a connection that takes requests. The channel never sees a message.
//!
//! For HTTP/2, one subchannel holds the connection to a target and makes a new one when it is gone; for JSON-RPC,
//! a pool holds HTTP/1.1 connections, which carry one request at a time.

mod backoff;
mod connect;
mod failure;
#[cfg(feature = "jsonrpc")]
mod http1;
mod keepalive;
mod subchannel;
mod target;

pub(crate) use connect::{ConnectOptions, Dialing, ErasedConnector};
pub(crate) use failure::{Circumstances, Step};
#[cfg(feature = "jsonrpc")]
pub(crate) use http1::{Http1Error, Http1Pool, Http1Progress};
pub(crate) use keepalive::Keepalive;
pub(crate) use subchannel::{Connection, Subchannel};
pub(crate) use target::{Credentials, Endpoint};
pub use target::{Target, TargetError};

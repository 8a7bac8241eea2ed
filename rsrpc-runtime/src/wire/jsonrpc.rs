//! [JSON-RPC 2.0](https://www.jsonrpc.org/specification): parses requests and writes responses on the server, and
//! writes requests and parses responses on the client.
//!
//! This module is independent of methods and transports. Parsed values borrow from the received text only.

#[cfg(feature = "client")]
mod client;
mod error;
#[cfg(feature = "server")]
mod id;
mod json_scanner;
#[cfg(feature = "server")]
mod meta;
#[cfg(feature = "server")]
mod request;
#[cfg(feature = "server")]
mod server_response;
mod status;

#[cfg(feature = "server")]
pub(crate) use {
    error::{ErrorObject, ProtocolError},
    id::Id,
    meta::Meta,
    request::{BatchEntry, IncomingMessage, Request},
    server_response::{begin_result, finish, write_error},
};

#[cfg(feature = "client")]
pub(crate) use client::{read_response, write_request};
pub use status::JsonRpcError;

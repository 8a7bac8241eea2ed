//! [JSON-RPC 2.0](https://www.jsonrpc.org/specification): texts to requests, outcomes to texts, and the same for the
//! client's half.
//!
//! Knows neither methods nor transports. Whatever it borrows, it borrows from the text that came in.

mod error;
#[cfg(feature = "server")]
mod id;
#[cfg(feature = "server")]
mod meta;
#[cfg(feature = "client")]
mod reply;
#[cfg(feature = "server")]
mod request;
#[cfg(feature = "server")]
mod response;
mod scan;
mod status;

#[cfg(feature = "server")]
pub(crate) use {
    error::{Failure, Fault},
    id::Id,
    meta::Meta,
    request::{Entry, Message, Request},
    response::{begin_result, finish, write_failure},
};

#[cfg(feature = "client")]
pub(crate) use reply::{read_response, write_request};
pub use status::JsonRpcError;

//! [JSON-RPC 2.0](https://www.jsonrpc.org/specification): texts to requests, outcomes to texts, and the same for the
//! client's half.
//!
//! Knows neither methods nor transports. Whatever it borrows, it borrows from the text that came in.

mod error;
mod id;
mod meta;
mod request;
mod response;
mod scan;

pub(crate) use error::{Failure, Fault};
pub(crate) use id::Id;
pub(crate) use meta::Meta;
pub(crate) use request::{Entry, Message, Request};
pub(crate) use response::{begin_result, finish, write_failure};

//! Error details for a [`Status`](super::Status): the `google.rpc` messages
//! ([`error_details.proto`](https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto)) that
//! clients in every language know.
//!
//! ```
//! use std::time::Duration;
//!
//! use rsrpc_runtime::Status;
//! use rsrpc_runtime::details::{BadRequest, RetryInfo};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let wrong = BadRequest::violation("name", "is empty").and("age", "is negative");
//! let status = Status::invalid_argument("two fields are wrong").with(wrong);
//! let later = Status::unavailable("too many orders").with(RetryInfo::after(Duration::from_secs(30)));
//!
//! let wrong = status.detail::<BadRequest>()?.ok_or("no details")?;
//! assert_eq!(wrong.field_violations[1].field, "age");
//! let delay = later.detail::<RetryInfo>()?.and_then(|info| info.delay());
//! assert_eq!(delay, Some(Duration::from_secs(30)));
//! # Ok(())
//! # }
//! ```
//!
//! Names and numbers match that file. JSON-RPC writes these messages as JSON without registering their types. A status
//! should hold at most one of each type. gRPC sends them in a trailer, and many peers accept no more than 8 KiB of
//! trailers in total.

mod context;
mod error_info;
#[rustfmt::skip]
mod generated;
mod retry_info;
mod violations;

pub use generated::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure, RequestInfo,
    ResourceInfo, RetryInfo, bad_request, help, precondition_failure, quota_failure,
};

//! What a [`Status`](super::Status) may hold beside its message, by the types of `google.rpc`
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
//! Names and numbers are those of that file; JSON-RPC writes them as JSON without being told of them. A status may hold
//! one of each; gRPC sends them in a trailer, and many peers take no more than 8 KiB of trailers in all.

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

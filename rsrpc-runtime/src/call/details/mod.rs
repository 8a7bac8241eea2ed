//! What a [`Status`](super::Status) may hold beside its message, by the types of `google.rpc`
//! ([`error_details.proto`](https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto)) that
//! clients in every language know.
//!
//! Names and numbers are those of that file; JSON-RPC writes them as JSON without being told of them.

mod error_info;

pub use error_info::ErrorInfo;

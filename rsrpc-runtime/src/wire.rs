//! What goes over the wire: bytes from messages, messages from bytes. A folder for each protocol, which do not know
//! each other; nothing here knows whether it serves or calls.

pub(crate) mod grpc;
#[cfg(feature = "grpc-web")]
pub(crate) mod grpc_web;
pub(crate) mod http2;
#[cfg(feature = "jsonrpc")]
pub(crate) mod jsonrpc;
pub(crate) mod timeout;

/// A header's value, for an error: its beginning, in quotes, escaped where it is no printable ASCII.
pub(crate) fn quote_header_value(value: &http::HeaderValue) -> String {
    let value = value.as_bytes();
    format!("\"{}\"", value[..value.len().min(32)].escape_ascii())
}

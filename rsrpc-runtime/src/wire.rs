//! Wire formats: encodes messages to bytes and decodes bytes to messages. Each protocol has its own folder. Code here
//! does not depend on whether it runs in a client or a server.

pub(crate) mod grpc;
#[cfg(feature = "grpc-web")]
pub(crate) mod grpc_web;
pub(crate) mod http2;
#[cfg(feature = "jsonrpc")]
pub(crate) mod jsonrpc;
pub(crate) mod timeout;

/// Formats the beginning of a header value for an error: in quotes, with everything but printable ASCII escaped.
pub(crate) fn quote_header_value(value: &http::HeaderValue) -> String {
    let value = value.as_bytes();
    format!("\"{}\"", value[..value.len().min(32)].escape_ascii())
}

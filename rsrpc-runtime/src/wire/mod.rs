//! What goes over the wire: bytes from messages, messages from bytes. A folder for each protocol, which do not know
//! each other; nothing here knows whether it serves or calls.

#[cfg(feature = "grpc")]
pub(crate) mod grpc;
#[cfg(feature = "grpc-web")]
pub(crate) mod grpc_web;
pub(crate) mod http2;
#[cfg(feature = "jsonrpc")]
pub(crate) mod jsonrpc;
pub(crate) mod timeout;

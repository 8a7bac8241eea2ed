//! The gRPC client: from the connection to the trailers.

mod call;
mod call_end;
mod client;
mod encoding;
mod request_sender;
mod rpc_kinds;
mod uri_cache;

pub(crate) use call::ClientCall;
pub(crate) use client::GrpcClient;
#[cfg(feature = "grpc-web")]
pub(crate) use encoding::{RequestEncoding, decode_options, is_expected_subtype};
#[cfg(feature = "grpc-web")]
pub(crate) use request_sender::STATUS_WAIT;

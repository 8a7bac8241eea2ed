//! The gRPC interoperability tests, as grpc-go has them.

pub mod arguments;
pub mod cases;
pub mod certificates;
mod compressed_cases;
mod envelopes;
mod replies;
pub mod service;
mod stream_cases;

/// Generated from `proto/interop.proto`.
pub mod proto {
    rsrpc_runtime::include_proto!("grpc.testing");
}

/// Metadata that a server echoes in its headers.
pub const ECHO_INITIAL: &str = "x-grpc-test-echo-initial";
/// Metadata that a server echoes in its trailers.
pub const ECHO_TRAILING: &str = "x-grpc-test-echo-trailing-bin";

/// A payload of zeros.
pub(crate) fn payload(size: usize) -> Option<proto::Payload> {
    Some(proto::Payload {
        body: vec![0; size],
        ..proto::Payload::default()
    })
}

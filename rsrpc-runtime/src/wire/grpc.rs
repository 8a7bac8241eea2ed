//! gRPC over HTTP/2, as specified by
//! [PROTOCOL-HTTP2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md).

#[cfg(any(feature = "gzip", feature = "zstd"))]
mod compression;
#[cfg(not(any(feature = "gzip", feature = "zstd")))]
#[path = "grpc/compression_disabled.rs"]
mod compression;
#[cfg_attr(
    not(feature = "server"),
    allow(dead_code, reason = "only servers limit decompressed bytes per connection")
)]
mod decompression_budget;
mod envelope;
mod header;
mod inbound;
mod options;
mod outbound;
mod status;

#[cfg(all(feature = "grpc-web", feature = "client"))]
pub(crate) use compression::decompress;
#[cfg(feature = "server")]
pub(crate) use decompression_budget::DecompressionBudget;
#[cfg(all(feature = "grpc-web", feature = "client"))]
pub(crate) use envelope::message_frame;
#[cfg(feature = "client")]
pub(crate) use envelope::shared_message_frame;
#[cfg(feature = "server")]
pub(crate) use header::ENCODING_NAME;
pub(crate) use header::{ACCEPT_ENCODING, CONTENT_TYPE_GRPC, ENCODING, Subtype, content_type};
pub(crate) use inbound::{Inbound, InboundBody, InboundGuard};
pub(crate) use options::{DecodeOptions, EncodeCompression, EncodeOptions};
pub(crate) use outbound::{FrameSink, Outbound, OutboundError};
pub(crate) use status::{from_h2, from_http_status, read_status, status_trailers};

//! gRPC over HTTP/2, as [PROTOCOL-HTTP2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) says.

#[cfg(any(feature = "gzip", feature = "zstd"))]
mod compression;
#[cfg(not(any(feature = "gzip", feature = "zstd")))]
#[path = "grpc/no_compression.rs"]
mod compression;
mod envelope;
#[cfg(feature = "server")]
mod expanded;
mod extra;
mod header;
mod inbound;
mod outbound;
mod status;

#[cfg(all(feature = "grpc-web", feature = "client"))]
pub(crate) use compression::decompress;
#[cfg(feature = "client")]
pub(crate) use envelope::kept_message_frame;
#[cfg(all(feature = "grpc-web", feature = "client"))]
pub(crate) use envelope::message_frame;
#[cfg(feature = "server")]
pub(crate) use expanded::Expanded;
pub(crate) use extra::{Compressing, Receiving, Sending};
#[cfg(feature = "server")]
pub(crate) use header::ENCODING_NAME;
pub(crate) use header::{ACCEPT_ENCODING, CONTENT_TYPE_GRPC, ENCODING, Subtype, content_type};
pub(crate) use inbound::{Body, Guard, Inbound};
pub(crate) use outbound::{Outbound, PumpError, Sink};
pub(crate) use status::{from_h2, from_http_status, read_status, status_trailers};

//! gRPC over HTTP/2, as [PROTOCOL-HTTP2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md) says.

mod envelope;
mod header;
mod inbound;
mod outbound;
mod status;

pub(crate) use envelope::message_frame;
pub(crate) use header::{CONTENT_TYPE_GRPC, is_grpc_content_type};
pub(crate) use inbound::{Body, Guard, Inbound};
pub(crate) use outbound::{Outbound, PumpError, Sink};
pub(crate) use status::{from_h2, from_http_status, read_status, status_trailers};

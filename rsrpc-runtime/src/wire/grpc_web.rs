//! gRPC-Web, as [PROTOCOL-WEB](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md) says: gRPC for those who
//! cannot read HTTP trailers, as pages in a browser cannot. Messages are in gRPC's envelope; the trailers come in one
//! more, marked by the highest bit of its flag. The text form is all of that in base64.
//!
//! What is here turns such bodies into those of gRPC and back, so that everything behind is gRPC's.

mod content_type;
#[cfg(feature = "client")]
mod response_decoder;
mod response_encoder;
mod text;
mod trailers;

pub(crate) use content_type::{BodyEncoding, grpc_web_content_type, parse_content_type};
#[cfg(feature = "client")]
pub(crate) use response_decoder::ResponseDecoder;
pub(crate) use response_encoder::ResponseEncoder;
pub(crate) use text::TextBody;
#[cfg(feature = "client")]
pub(crate) use text::encode;

//! gRPC-Web, as specified by [PROTOCOL-WEB](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md): gRPC for
//! clients that cannot read HTTP trailers, such as pages in a browser. Messages use gRPC's envelope. The trailers
//! form one more envelope, marked by the highest bit of its flag. The text encoding is the same body in base64.
//!
//! This module converts gRPC-Web bodies to gRPC bodies and back, so all other code handles gRPC only.

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

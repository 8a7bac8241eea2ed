//! gRPC-Web, as [PROTOCOL-WEB](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-WEB.md) says: gRPC for those who
//! cannot read HTTP trailers, as pages in a browser cannot. Messages are in gRPC's envelope; the trailers come in one
//! more, marked by the highest bit of its flag. The text form is all of that in base64.
//!
//! What is here turns such bodies into those of gRPC and back, so that everything behind is gRPC's.

mod form;
#[cfg(feature = "client")]
mod reply;
mod text;
mod trailers;
mod written;

pub(crate) use form::{Form, rename, split};
#[cfg(feature = "client")]
pub(crate) use reply::ReplyBody;
pub(crate) use text::TextBody;
#[cfg(feature = "client")]
pub(crate) use text::encode;
pub(crate) use written::WrittenBody;

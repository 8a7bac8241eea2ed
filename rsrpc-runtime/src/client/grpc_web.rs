//! The gRPC-Web client: an HTTP request over HTTP/1.1 or HTTP/2, whose response carries the trailers in its body.

mod call;
mod client;
mod options;
mod request_body;
mod response_head;

pub(crate) use client::GrpcWebClient;
pub use options::GrpcWeb;

//! A gRPC call from the client's side: from acquiring a connection to the trailers.

mod exchange;
mod phase;
mod pump;
mod start;
mod terms;
mod uris;

#[cfg(feature = "grpc-web")]
pub(crate) use pump::STATUS_WAIT;
pub(crate) use start::{OneReply, bidi, client_streaming, server_streaming, unary};
#[cfg(feature = "grpc-web")]
pub(crate) use terms::{Terms, is_answer, receiving};
pub(crate) use uris::Uris;

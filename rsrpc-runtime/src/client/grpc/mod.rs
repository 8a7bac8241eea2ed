//! A gRPC call from the client's side: from acquiring a connection to the trailers.

mod exchange;
mod pump;

pub(crate) use exchange::{Exchange, Outgoing};
pub(crate) use pump::TypedRequests;

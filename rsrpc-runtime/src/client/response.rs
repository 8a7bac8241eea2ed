//! Replies with their metadata.

use crate::call::{MessageCodec, Metadata, Status};
use crate::interceptor::Reply;

/// A reply with its metadata, as returned by `.detailed()`.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response<T> {
    /// The reply message.
    pub message: T,
    /// The metadata that the server sent before the reply.
    pub headers: Metadata,
    /// The metadata that the server sent after the reply.
    pub trailers: Metadata,
}

impl<T> Response<T> {
    pub(super) const fn new(message: T, headers: Metadata, trailers: Metadata) -> Self {
        Self {
            message,
            headers,
            trailers,
        }
    }
}

impl<T: Send + 'static> Response<T> {
    /// Converts the response to the form that interceptors see.
    pub(super) fn into_reply(self, codec: &MessageCodec<T>) -> Reply {
        let mut reply = Reply::typed(self.message, codec);
        *reply.headers_mut() = self.headers;
        *reply.trailers_mut() = self.trailers;
        reply
    }

    /// Converts the reply that the interceptors returned.
    pub(super) fn from_reply(reply: Reply, codec: &MessageCodec<T>) -> Result<Self, Status> {
        let reply = reply.take_message(codec)?;
        Ok(Self::new(reply.message, reply.headers, reply.trailers))
    }
}

//! Calling: channels as users hold them, and calls as values.
//!
//! A call sends nothing before it is awaited. Dropping it, or the stream that it gave, cancels it.

mod bidi;
mod calls;
mod channel;
mod client_streaming;
mod excerpt;
mod grpc;
#[cfg(feature = "grpc-web")]
mod grpc_web;
#[cfg(feature = "jsonrpc")]
mod jsonrpc;
mod messages;
mod options;
mod server_streaming;
mod service;
mod start;
mod unary;

use crate::call::{MessageCodec, Metadata, Status};
use crate::interceptor::Reply;

pub use self::bidi::BidiCall;
pub use self::channel::{Channel, ChannelBuilder, ChannelError, Protocol, UnknownProtocol};
pub use self::client_streaming::ClientStreamingCall;
#[cfg(feature = "grpc-web")]
pub use self::grpc_web::GrpcWeb;
pub use self::messages::Codec;
pub use self::server_streaming::ServerStreamingCall;
pub use self::service::ResponseBody;
pub use self::unary::{DetailedUnaryCall, UnaryCall, UnaryFuture, UnaryReply};
pub use crate::channel::{Target, TargetError};
#[cfg(feature = "jsonrpc")]
pub use crate::wire::jsonrpc::JsonRpcError;

/// A reply with its metadata: what `.detailed()` gives.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Response<T> {
    /// The reply.
    pub message: T,
    /// Sent before it.
    pub headers: Metadata,
    /// Sent after it.
    pub trailers: Metadata,
}

impl<T: Send + 'static> Response<T> {
    /// As interceptors see it.
    fn into_reply(self, codec: &MessageCodec<T>) -> Reply {
        let mut reply = Reply::typed(self.message, codec);
        *reply.headers_mut() = self.headers;
        *reply.trailers_mut() = self.trailers;
        reply
    }

    fn from_reply(reply: Reply, codec: &MessageCodec<T>) -> Result<Self, Status> {
        let taken = reply.take_message(codec)?;
        Ok(Self {
            message: taken.message,
            headers: taken.headers,
            trailers: taken.trailers,
        })
    }
}

//! Single messages and streams. The four kinds of rpc differ only in the cardinality of their request and their
//! reply.

use std::future::Future;

use crate::call::{MessageCodec, Metadata, Status, Streaming};
use crate::interceptor::{Call, Reply};

/// A single message.
#[derive(Debug)]
pub(crate) enum One {}

/// A stream of messages.
#[derive(Debug)]
pub(crate) enum Many {}

/// The messages in one direction of a call, and their conversion from and to the type-erased call and reply of
/// interceptors.
pub(crate) trait MessageCardinality<M>: 'static {
    type Value: Send + 'static;

    fn from_call(
        call: Call,
        codec: &MessageCodec<M>,
    ) -> impl Future<Output = Result<(Self::Value, Call), Status>> + Send;

    fn into_reply(value: Self::Value, codec: &MessageCodec<M>) -> Reply;

    fn from_reply(reply: Reply, codec: &MessageCodec<M>)
    -> Result<(Self::Value, Metadata, Metadata), Status>;
}

impl<M: Send + 'static> MessageCardinality<M> for One {
    type Value = M;

    async fn from_call(mut call: Call, codec: &MessageCodec<M>) -> Result<(M, Call), Status> {
        Ok((call.take_message(codec).await?, call))
    }

    fn into_reply(value: M, codec: &MessageCodec<M>) -> Reply {
        Reply::typed(value, codec)
    }

    fn from_reply(reply: Reply, codec: &MessageCodec<M>) -> Result<(M, Metadata, Metadata), Status> {
        let taken = reply.take_message(codec)?;
        Ok((taken.message, taken.headers, taken.trailers))
    }
}

impl<M: Send + 'static> MessageCardinality<M> for Many {
    type Value = Streaming<M>;

    async fn from_call(mut call: Call, codec: &MessageCodec<M>) -> Result<(Streaming<M>, Call), Status> {
        Ok((call.take_stream(codec)?, call))
    }

    fn into_reply(value: Streaming<M>, _: &MessageCodec<M>) -> Reply {
        Reply::stream(value)
    }

    fn from_reply(
        reply: Reply,
        codec: &MessageCodec<M>,
    ) -> Result<(Streaming<M>, Metadata, Metadata), Status> {
        reply.take_stream(codec)
    }
}

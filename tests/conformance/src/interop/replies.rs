//! Streams of replies, each of which says whether it is compressed.

use std::pin::Pin;
use std::task::{self, Poll};

use futures_core::Stream;
use rsrpc_runtime::{Context, Status, StreamSender, Streaming};

use super::proto::{BoolValue, StreamingOutputCallResponse};
use super::service::{ALGORITHM, compress};

/// One of them.
pub(super) struct Reply {
    pub(super) message: StreamingOutputCallResponse,
    pub(super) compressed: Option<BoolValue>,
}

/// A stream that a task writes; it ends when nobody reads any more.
pub(super) fn written<F, Fut>(cx: &Context, write: F) -> Streaming<StreamingOutputCallResponse>
where
    F: FnOnce(StreamSender<Reply>) -> Fut,
    Fut: Future<Output = (StreamSender<Reply>, Result<(), Status>)> + Send + 'static,
{
    let (sender, replies) = Streaming::channel(4);
    let writing = write(sender);
    tokio::spawn(async move {
        match writing.await {
            (sender, Ok(())) => sender.finish(),
            (sender, Err(status)) => sender.fail(status),
        }
    });
    // The headers have to announce it, before any reply says whether it wants it. Who does not take it learns so only
    // if a reply is to be compressed.
    cx.set_compression(ALGORITHM);
    let cx = cx.clone();
    Streaming::new(Replies { replies, cx })
}

/// Turns compression on and off when a reply leaves: what its writer did would come too early, the replies before it
/// may still be waiting.
struct Replies {
    replies: Streaming<Reply>,
    cx: Context,
}

impl Stream for Replies {
    type Item = Result<StreamingOutputCallResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.replies).poll_next(task).map(|next| {
            let reply = next?;
            Some(reply.and_then(|reply| compress(&self.cx, reply.compressed).map(|()| reply.message)))
        })
    }
}

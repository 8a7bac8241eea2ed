//! Reply streams with a compression flag per message.

use std::pin::Pin;
use std::task::{self, Poll};

use futures_core::Stream;
use rsrpc_runtime::{Context, Status, StreamSender, Streaming};

use super::proto::{BoolValue, StreamingOutputCallResponse};
use super::service::{ALGORITHM, compress};

/// A reply of a stream.
pub(super) struct Reply {
    pub(super) message: StreamingOutputCallResponse,
    pub(super) compressed: Option<BoolValue>,
}

/// A stream written by a task. The task ends when the stream is dropped.
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
    // The headers announce the encoding before the first reply chooses it. A client without it fails only if a reply
    // is to be compressed.
    cx.set_compression(ALGORITHM);
    let cx = cx.clone();
    Streaming::new(Replies { replies, cx })
}

/// Switches compression as a reply leaves. Its writer would switch too early, while earlier replies are queued.
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

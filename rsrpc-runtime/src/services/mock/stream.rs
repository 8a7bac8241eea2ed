//! Stream adapters of mocks.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::time::Sleep;

use super::received_call::RecordedRequests;
use crate::call::{CallOutcome, MessageCodec, MessageSource, Metadata, Status, Streaming};

/// Copies each request into `recorded` as it is read.
pub(super) fn record_requests<T: Send + 'static>(
    stream: Streaming<T>,
    codec: &'static MessageCodec<T>,
    recorded: Arc<RecordedRequests<T>>,
) -> Streaming<T> {
    stream.map_items(move |next| {
        if let Some(Ok(message)) = &next {
            match codec.copy(message) {
                Ok(copy) => recorded.push(copy),
                Err(status) => return Some(Err(status)),
            }
        }
        next
    })
}

/// The delay between a mock's replies, and their final status.
#[derive(Clone, Default)]
pub(super) struct ReplyPacing {
    pub(super) pace: Option<Duration>,
    pub(super) end: Option<Status>,
}

impl ReplyPacing {
    /// Applies the delay and the final status to a stream.
    pub(super) fn apply<T: Send + 'static>(self, stream: Streaming<T>) -> Streaming<T> {
        if self.pace.is_none() && self.end.is_none() {
            return stream;
        }
        Streaming::from_source(PacedStream {
            stream,
            pause: None,
            pacing: self,
        })
    }
}

struct PacedStream<T> {
    stream: Streaming<T>,
    /// The delay before the next message.
    pause: Option<Pin<Box<Sleep>>>,
    pacing: ReplyPacing,
}

impl<T: Send> MessageSource<T> for PacedStream<T> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        let this = &mut *self;
        if let Some(pace) = this.pacing.pace {
            let pause = this
                .pause
                .get_or_insert_with(|| Box::pin(tokio::time::sleep(pace)));
            ready!(pause.as_mut().poll(cx));
        }
        let next = ready!(this.stream.poll_message(cx));
        this.pause = None;
        Poll::Ready(next.or_else(|| this.pacing.end.take().map(Err)))
    }

    fn poll_headers(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.stream.poll_headers(cx)
    }

    fn headers(&self) -> Option<&Metadata> {
        self.stream.known_headers()
    }

    fn trailers(&self) -> Option<&Metadata> {
        self.stream.trailers()
    }

    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        self.stream.call_outcome()
    }
}

/// Sends replies while reading the requests, so requests are recorded and their sender is not blocked.
pub(super) struct RepliesWhileReading<Req, Rep> {
    pub(super) requests: Option<Streaming<Req>>,
    pub(super) replies: Streaming<Rep>,
}

impl<Req: Send, Rep: Send> MessageSource<Rep> for RepliesWhileReading<Req, Rep> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Rep, Status>>> {
        while let Some(requests) = &mut self.requests {
            match requests.poll_message(cx) {
                Poll::Ready(Some(Ok(_))) => {}
                Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Err(status))),
                Poll::Ready(None) => self.requests = None,
                Poll::Pending => break,
            }
        }
        self.replies.poll_message(cx)
    }
}

/// Sends one reply per request.
pub(super) struct ReplyPerRequest<Req, F> {
    pub(super) requests: Streaming<Req>,
    pub(super) reply: F,
}

impl<Req, F> Unpin for ReplyPerRequest<Req, F> {}

impl<Req: Send, Rep, F: FnMut(Req) -> Result<Rep, Status> + Send> MessageSource<Rep>
    for ReplyPerRequest<Req, F>
{
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Rep, Status>>> {
        let request = ready!(self.requests.poll_message(cx));
        Poll::Ready(request.map(|request| (self.reply)(request?)))
    }
}

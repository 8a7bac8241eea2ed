//! Sends the requests of a streaming call.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use h2::SendStream;
use tokio::task::JoinHandle;

use crate::call::{ProtobufCodec, Status, Streaming};
use crate::wire::grpc::{Outbound, PumpError, Sink as _};
use crate::wire::http2::Frame;

/// Requests that are still to be sent, of whatever type.
pub(crate) trait Requests: Send {
    /// Gives them a stream to go to. What they fail with is told before the stream is reset.
    fn start(
        self: Box<Self>,
        stream: SendStream<Frame>,
        told: Arc<OnceLock<Status>>,
    ) -> BoxFuture<'static, Result<(), Status>>;
}

/// Requests of one type.
pub(crate) struct TypedRequests<M: 'static> {
    pub(crate) messages: Streaming<M>,
    pub(crate) codec: &'static ProtobufCodec<M>,
}

impl<M: Send + 'static> Requests for TypedRequests<M> {
    fn start(
        self: Box<Self>,
        stream: SendStream<Frame>,
        told: Arc<OnceLock<Status>>,
    ) -> BoxFuture<'static, Result<(), Status>> {
        Box::pin(Sending {
            messages: self.messages,
            codec: self.codec,
            outbound: Outbound::new(stream),
            told,
        })
    }
}

/// Sends until the messages end. Ready with an error when they fail: then the stream is reset, so that the server
/// does not take them for complete.
struct Sending<M: 'static> {
    messages: Streaming<M>,
    codec: &'static ProtobufCodec<M>,
    outbound: Outbound<SendStream<Frame>>,
    told: Arc<OnceLock<Status>>,
}

impl<M> Future for Sending<M> {
    type Output = Result<(), Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Self {
            messages,
            codec,
            outbound,
            told,
        } = &mut *self;
        Poll::Ready(match ready!(outbound.poll_pump(cx, messages, codec)) {
            // The server's side of the story comes with its response.
            Err(PumpError::Peer(_)) => Ok(()),
            Ok(()) => {
                let _ = outbound.finish();
                Ok(())
            }
            Err(PumpError::Producer(status)) => {
                // First: who reads the replies sees the reset at once.
                let _ = told.set(status.clone());
                outbound.sink().reset();
                Err(status)
            }
        })
    }
}

/// The sending of a call's requests, beside the reading of its replies.
pub(crate) enum Pump {
    /// Polled by who reads the replies.
    Inline(BoxFuture<'static, Result<(), Status>>),
    /// A task, which is stopped when the replies are no longer read, and what it has failed with.
    Task(JoinHandle<Result<(), Status>>, Arc<OnceLock<Status>>),
    /// All is sent.
    Done,
}

impl Pump {
    pub(crate) fn inline(requests: Box<dyn Requests>, stream: SendStream<Frame>) -> Self {
        Self::Inline(requests.start(stream, Arc::default()))
    }

    pub(crate) fn task(requests: Box<dyn Requests>, stream: SendStream<Frame>) -> Self {
        let told = Arc::default();
        Self::Task(tokio::spawn(requests.start(stream, Arc::clone(&told))), told)
    }

    /// What the requests have failed with in their task: the reason for which it has reset the stream.
    pub(crate) fn failure(&self) -> Option<&Status> {
        match self {
            Self::Task(_, told) => told.get(),
            Self::Inline(_) | Self::Done => None,
        }
    }

    /// Ready with the error of the requests; otherwise pending, also when all are sent.
    pub(crate) fn poll_failure(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let sent = match self {
            Self::Inline(sending) => ready!(sending.as_mut().poll(cx)),
            Self::Task(task, _) => match ready!(Pin::new(task).poll(cx)) {
                Ok(sent) => sent,
                Err(_) => Err(Status::internal("the stream of requests panicked")),
            },
            Self::Done => return Poll::Pending,
        };
        *self = Self::Done;
        match sent {
            Ok(()) => Poll::Pending,
            Err(status) => Poll::Ready(status),
        }
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if let Self::Task(task, _) = self {
            task.abort();
        }
    }
}

//! Sends the requests of a streaming call.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::future::BoxFuture;
use h2::SendStream;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::Sleep;

use crate::call::{Fate, ProtobufCodec, Status, Streaming};
use crate::wire::grpc::{Outbound, PumpError, Sink as _};
use crate::wire::http2::Frame;

/// How long a sender may still wait for the status of a call that the server has ended. It is there at once, unless
/// nobody reads the replies before it.
const STATUS_WAIT: Duration = Duration::from_secs(1);

/// Requests that are still to be sent, of whatever type.
pub(crate) trait Requests: Send {
    /// What their sender is told.
    fn fate(&self) -> Option<Arc<Fate>>;

    /// Gives them a stream to go to. `outcome` hears how they end; of a failure
    /// before the stream is reset.
    fn start(
        self: Box<Self>,
        stream: SendStream<Frame>,
        outcome: Option<oneshot::Sender<Result<(), Status>>>,
    ) -> BoxFuture<'static, Result<(), Status>>;
}

/// Requests of one type.
pub(crate) struct TypedRequests<M: 'static> {
    pub(crate) messages: Streaming<M>,
    pub(crate) codec: &'static ProtobufCodec<M>,
}

impl<M: Send + 'static> Requests for TypedRequests<M> {
    fn fate(&self) -> Option<Arc<Fate>> {
        self.messages.fate()
    }

    fn start(
        self: Box<Self>,
        stream: SendStream<Frame>,
        outcome: Option<oneshot::Sender<Result<(), Status>>>,
    ) -> BoxFuture<'static, Result<(), Status>> {
        Box::pin(Sending {
            messages: self.messages,
            codec: self.codec,
            outbound: Outbound::new(stream),
            outcome,
            refused: None,
        })
    }
}

/// Sends until the messages end. Ready with an error when they fail: then the stream is reset, so that the server
/// does not take them for complete.
struct Sending<M: 'static> {
    messages: Streaming<M>,
    codec: &'static ProtobufCodec<M>,
    outbound: Outbound<SendStream<Frame>>,
    outcome: Option<oneshot::Sender<Result<(), Status>>>,
    /// The server takes no more. The messages' sender waits until who reads the replies has the reason.
    refused: Option<Pin<Box<Sleep>>>,
}

impl<M> Future for Sending<M> {
    type Output = Result<(), Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Self {
            messages,
            codec,
            outbound,
            outcome,
            refused,
        } = &mut *self;
        let sent = match refused {
            Some(wait) => {
                ready!(wait.as_mut().poll(cx));
                Ok(())
            }
            None => match ready!(outbound.poll_pump(cx, messages, codec)) {
                Ok(()) => {
                    let _ = outbound.finish();
                    Ok(())
                }
                // The server's side of the story comes with its response.
                Err(PumpError::Peer(_)) => {
                    let wait = refused.insert(Box::pin(tokio::time::sleep(STATUS_WAIT)));
                    ready!(wait.as_mut().poll(cx));
                    Ok(())
                }
                Err(PumpError::Producer(status)) => Err(status),
            },
        };
        let failed = sent.is_err();
        if let Some(outcome) = outcome.take() {
            let _ = outcome.send(sent.clone());
        }
        if failed {
            // Last: whoever sees the reset can know its reason.
            outbound.sink().reset();
        }
        Poll::Ready(sent)
    }
}

/// The sending of a call's requests, beside the reading of its replies.
pub(crate) enum Pump {
    /// Polled by who reads the replies.
    Inline(BoxFuture<'static, Result<(), Status>>),
    /// A task, which is stopped when the replies are no longer read.
    Task(AbortHandle, oneshot::Receiver<Result<(), Status>>),
    /// All is sent.
    Done,
}

impl Pump {
    pub(crate) fn inline(requests: Box<dyn Requests>, stream: SendStream<Frame>) -> Self {
        Self::Inline(requests.start(stream, None))
    }

    pub(crate) fn task(requests: Box<dyn Requests>, stream: SendStream<Frame>) -> Self {
        let (outcome, ended) = oneshot::channel();
        let task = tokio::spawn(requests.start(stream, Some(outcome)));
        Self::Task(task.abort_handle(), ended)
    }

    /// Ready with the error of the requests; otherwise pending, also when all are sent.
    pub(crate) fn poll_failure(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let sent = match self {
            Self::Inline(sending) => ready!(sending.as_mut().poll(cx)),
            Self::Task(_, ended) => match ready!(Pin::new(ended).poll(cx)) {
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

    /// The failure of the requests, where that is why the stream was reset.
    pub(crate) fn take_failure(&mut self) -> Option<Status> {
        match self {
            Self::Task(_, ended) => ended.try_recv().ok()?.err(),
            _ => None,
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

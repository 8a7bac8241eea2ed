//! Sends the requests of a streaming call.

use std::future::Future;
use std::ops::ControlFlow;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_core::future::BoxFuture;
use h2::SendStream;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;
use tokio::time::Sleep;

use crate::call::{CallOutcome, MessageCodec, OutcomeWait, Status, Streaming};
use crate::sync::MutexExt as _;
use crate::wire::grpc::{EncodeOptions, FrameSink as _, Outbound, OutboundError};
use crate::wire::http2::Frame;

/// How long a sender may still wait for the status of a call that the server has ended. Who waits for the replies has it
/// at once.
pub(crate) const STATUS_WAIT: Duration = Duration::from_millis(100);
/// How long requests of which none was sent are kept for another connection.
const UNTOUCHED_WAIT: Duration = Duration::from_secs(1);

/// Requests that are still to be sent, of whatever type.
pub(crate) trait Requests: Send {
    /// What their sender is told.
    fn call_outcome(&self) -> Option<Arc<CallOutcome>>;

    /// Gives them a stream to go to. A task has a `report`, which hears how they end; of a failure before the stream is
    /// reset.
    fn start(self: Box<Self>, stream: SendStream<Frame>, report: Option<Report>) -> BoxFuture<'static, Sent>;
}

/// How the sending ended.
pub(crate) enum Sent {
    /// All is sent, or the server takes no more.
    Over,
    /// The requests failed.
    Failed(Status),
    /// The server takes none, and none was taken from its producer: they can be sent elsewhere.
    Untouched(Box<dyn Requests>),
}

/// What a task says of its end.
pub(crate) struct Report {
    outcome: oneshot::Sender<Result<(), Status>>,
    untouched: Slot,
}

/// Where a task leaves requests that can be sent elsewhere, for a while.
type Slot = Arc<Mutex<Option<Box<dyn Requests>>>>;

fn take(slot: &Slot) -> Option<Box<dyn Requests>> {
    slot.lock_unpoisoned().take()
}

/// Requests of one type.
pub(crate) struct TypedRequests<M: 'static> {
    pub(crate) messages: Streaming<M>,
    pub(crate) codec: &'static MessageCodec<M>,
    pub(crate) extra: Option<Box<EncodeOptions>>,
}

impl<M: Send + 'static> Requests for TypedRequests<M> {
    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        self.messages.call_outcome()
    }

    fn start(self: Box<Self>, stream: SendStream<Frame>, report: Option<Report>) -> BoxFuture<'static, Sent> {
        Box::pin(Sending {
            messages: self.messages,
            codec: self.codec,
            outbound: Outbound::new(stream, self.extra),
            report,
            refused: None,
        })
    }
}

/// Sends until the messages end. Ready with an error when they fail: then the stream is reset, so that the server
/// does not take them for complete.
struct Sending<M: 'static> {
    messages: Streaming<M>,
    codec: &'static MessageCodec<M>,
    outbound: Outbound<SendStream<Frame>>,
    report: Option<Report>,
    /// The server takes no more.
    refused: Option<Refused>,
}

struct Refused {
    wait: Pin<Box<Sleep>>,
    then: AtEnd,
}

/// What ends when there was no answer to a refusal for long enough.
enum AtEnd {
    /// The messages are gone, and their sender waits for the reason.
    Over(#[allow(dead_code, reason = "for its drop")] OutcomeWait),
    /// The messages are kept, since nothing was sent of them.
    Untouched(Slot),
}

impl<M: Send + 'static> Sending<M> {
    /// The messages, where none was taken yet.
    fn take_untouched(&mut self) -> Option<Box<dyn Requests>> {
        self.outbound.is_unused().then(|| -> Box<dyn Requests> {
            Box::new(TypedRequests {
                messages: std::mem::replace(&mut self.messages, Streaming::empty()),
                codec: self.codec,
                extra: self.outbound.take_encode_options(),
            })
        })
    }

    /// The server takes no more: what is waited for then.
    #[cold]
    fn refused(&mut self) -> ControlFlow<Sent, Refused> {
        let (wait, then) = match (self.report.take(), self.take_untouched()) {
            (None, Some(untouched)) => return ControlFlow::Break(Sent::Untouched(untouched)),
            (Some(report), Some(untouched)) => {
                *report.untouched.lock_unpoisoned() = Some(untouched);
                let _ = report.outcome.send(Ok(()));
                (UNTOUCHED_WAIT, AtEnd::Untouched(report.untouched))
            }
            (report, None) => {
                // First: the sender of the messages sees them go.
                let over = self
                    .messages
                    .call_outcome()
                    .map(|call_outcome| call_outcome.mark_ended());
                self.messages = Streaming::empty();
                if let Some(report) = report {
                    let _ = report.outcome.send(Ok(()));
                }
                match over {
                    Some(over) => (STATUS_WAIT, AtEnd::Over(over)),
                    None => return ControlFlow::Break(Sent::Over),
                }
            }
        };
        ControlFlow::Continue(Refused {
            wait: Box::pin(tokio::time::sleep(wait)),
            then,
        })
    }
}

impl<M: Send + 'static> Future for Sending<M> {
    type Output = Sent;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Sent> {
        let this = &mut *self;
        if this.refused.is_none() {
            match ready!(this.outbound.poll_send_all(cx, &mut this.messages, this.codec)) {
                Ok(()) => {
                    let _ = this.outbound.finish();
                    if let Some(report) = this.report.take() {
                        let _ = report.outcome.send(Ok(()));
                    }
                    return Poll::Ready(Sent::Over);
                }
                Err(OutboundError::Producer(status)) => {
                    if let Some(report) = this.report.take() {
                        let _ = report.outcome.send(Err(status.clone()));
                    }
                    // Last: whoever sees the reset can know its reason.
                    this.outbound.sink().reset();
                    return Poll::Ready(Sent::Failed(status));
                }
                // The server's side of the story comes with its response.
                Err(OutboundError::Peer(_)) => match this.refused() {
                    ControlFlow::Continue(refused) => this.refused = Some(refused),
                    ControlFlow::Break(sent) => return Poll::Ready(sent),
                },
            }
        }
        if let Some(refused) = &mut this.refused {
            ready!(refused.wait.as_mut().poll(cx));
            if let AtEnd::Untouched(slot) = &refused.then
                && let Some(untouched) = take(slot)
            {
                drop(
                    untouched
                        .call_outcome()
                        .map(|call_outcome| call_outcome.mark_ended()),
                );
            }
        }
        Poll::Ready(Sent::Over)
    }
}

/// The sending of a call's requests, beside the reading of its replies.
pub(crate) enum Pump {
    /// Polled by who reads the replies.
    Inline(BoxFuture<'static, Sent>),
    /// A task, which is stopped when the replies are no longer read.
    Task {
        task: AbortHandle,
        ended: oneshot::Receiver<Result<(), Status>>,
        untouched: Slot,
    },
    /// None was sent, and the server takes none. Kept until the sender is told why.
    Untouched(Option<Box<dyn Requests>>),
    /// All is sent.
    Done,
}

impl Pump {
    pub(crate) fn inline(requests: Box<dyn Requests>, stream: SendStream<Frame>) -> Self {
        Self::Inline(requests.start(stream, None))
    }

    pub(crate) fn task(requests: Box<dyn Requests>, stream: SendStream<Frame>) -> Self {
        let (outcome, ended) = oneshot::channel();
        let untouched = Slot::default();
        let report = Report {
            outcome,
            untouched: untouched.clone(),
        };
        let task = tokio::spawn(requests.start(stream, Some(report)));
        Self::Task {
            task: task.abort_handle(),
            ended,
            untouched,
        }
    }

    /// Ready with the error of the requests; otherwise pending, also when all are sent.
    pub(crate) fn poll_failure(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Inline(sending) => match ready!(sending.as_mut().poll(cx)) {
                Sent::Over => *self = Self::Done,
                Sent::Failed(status) => {
                    *self = Self::Done;
                    return Poll::Ready(status);
                }
                Sent::Untouched(requests) => *self = Self::Untouched(Some(requests)),
            },
            // Polled again after it was ready, the receiver panics.
            Self::Task { ended, .. } if !ended.is_terminated() => match ready!(Pin::new(ended).poll(cx)) {
                Ok(Ok(())) => {}
                Ok(Err(status)) => return Poll::Ready(status),
                Err(_) => return Poll::Ready(Status::internal("the stream of requests panicked")),
            },
            _ => {}
        }
        Poll::Pending
    }

    /// The failure of the requests, where that is why the stream was reset.
    pub(crate) fn take_failure(&mut self) -> Option<Status> {
        match self {
            Self::Task { ended, .. } if !ended.is_terminated() => ended.try_recv().ok()?.err(),
            _ => None,
        }
    }

    /// The requests of a stream that the server refused, if none was taken yet.
    pub(crate) fn poll_untouched(&mut self, cx: &mut Context<'_>) -> Poll<Option<Box<dyn Requests>>> {
        let requests = match self {
            Self::Inline(sending) => match ready!(sending.as_mut().poll(cx)) {
                Sent::Untouched(requests) => Some(requests),
                Sent::Over | Sent::Failed(_) => None,
            },
            Self::Task { ended, untouched, .. } => {
                if !ended.is_terminated() {
                    let _ = ready!(Pin::new(ended).poll(cx));
                }
                take(untouched)
            }
            Self::Untouched(requests) => requests.take(),
            Self::Done => None,
        };
        *self = Self::Done;
        Poll::Ready(requests)
    }
}

impl Drop for Pump {
    fn drop(&mut self) {
        if let Self::Task { task, .. } = self {
            task.abort();
        }
    }
}

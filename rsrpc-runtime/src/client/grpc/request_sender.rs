//! Sends the request stream of a call, either while its replies are polled or in a task.

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

/// Maximum time that a blocked sender waits for the status of a call that the server has ended. The reader of the replies
/// receives the status immediately.
pub(crate) const STATUS_WAIT: Duration = Duration::from_millis(100);
/// Maximum time that unsent requests are kept for a retry on another connection.
const UNSENT_REQUESTS_WAIT: Duration = Duration::from_secs(1);

/// A stream of requests that has not been sent, with its message type erased.
pub(crate) trait PendingRequests: Send {
    /// Returns the outcome that the requests' producer observes.
    fn call_outcome(&self) -> Option<Arc<CallOutcome>>;

    /// Sends the requests on `stream`. A task passes a `report` for the outcome: a failure is reported before the stream is
    /// reset.
    fn start(
        self: Box<Self>,
        stream: SendStream<Frame>,
        report: Option<SenderReport>,
    ) -> BoxFuture<'static, SendOutcome>;
}

/// The outcome of sending a request stream.
pub(crate) enum SendOutcome {
    /// All requests have been sent, or the server accepts no more.
    Finished,
    /// The producer of the requests failed.
    Failed(Status),
    /// The server accepted no requests and none was taken from the producer: they can be sent on another stream.
    Unsent(Box<dyn PendingRequests>),
}

/// The report of a sending task.
pub(crate) struct SenderReport {
    outcome: oneshot::Sender<Result<(), Status>>,
    unsent: UnsentRequestsSlot,
}

/// Holds unsent requests of a task, for at most [`UNSENT_REQUESTS_WAIT`].
type UnsentRequestsSlot = Arc<Mutex<Option<Box<dyn PendingRequests>>>>;

fn take_unsent(slot: &UnsentRequestsSlot) -> Option<Box<dyn PendingRequests>> {
    slot.lock_unpoisoned().take()
}

/// A stream of requests of one type.
pub(crate) struct TypedRequests<M: 'static> {
    pub(crate) messages: Streaming<M>,
    pub(crate) codec: &'static MessageCodec<M>,
    pub(crate) options: Option<Box<EncodeOptions>>,
}

impl<M: Send + 'static> PendingRequests for TypedRequests<M> {
    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        self.messages.call_outcome()
    }

    fn start(
        self: Box<Self>,
        stream: SendStream<Frame>,
        report: Option<SenderReport>,
    ) -> BoxFuture<'static, SendOutcome> {
        Box::pin(RequestSender {
            messages: self.messages,
            codec: self.codec,
            outbound: Outbound::new(stream, self.options),
            report,
            stopped: None,
        })
    }
}

/// Sends messages until their stream ends. If the stream fails, resets the HTTP/2 stream: the server must not mistake the
/// truncated messages for complete ones.
struct RequestSender<M: 'static> {
    messages: Streaming<M>,
    codec: &'static MessageCodec<M>,
    outbound: Outbound<SendStream<Frame>>,
    report: Option<SenderReport>,
    /// Set when the server accepts no more messages.
    stopped: Option<StoppedByPeer>,
}

/// The wait that follows when the server stops accepting messages.
struct StoppedByPeer {
    wait: Pin<Box<Sleep>>,
    then: WaitEnd,
}

/// The state to release after the wait.
enum WaitEnd {
    /// The messages have been dropped, and their producer waits for the call's status.
    Producer(#[allow(dead_code, reason = "its drop ends the wait")] OutcomeWait),
    /// No message has been sent, and all are kept for a retry.
    Unsent(UnsentRequestsSlot),
}

impl<M: Send + 'static> RequestSender<M> {
    /// Returns the messages if none has been taken from their producer.
    fn take_unsent(&mut self) -> Option<Box<dyn PendingRequests>> {
        self.outbound.is_unused().then(|| -> Box<dyn PendingRequests> {
            Box::new(TypedRequests {
                messages: std::mem::replace(&mut self.messages, Streaming::empty()),
                codec: self.codec,
                options: self.outbound.take_encode_options(),
            })
        })
    }

    /// Handles a server that accepts no more messages. Returns the wait for the call's status or its retry.
    #[cold]
    fn stop(&mut self) -> ControlFlow<SendOutcome, StoppedByPeer> {
        let (wait, then) = match (self.report.take(), self.take_unsent()) {
            (None, Some(unsent)) => return ControlFlow::Break(SendOutcome::Unsent(unsent)),
            (Some(report), Some(unsent)) => {
                *report.unsent.lock_unpoisoned() = Some(unsent);
                let _ = report.outcome.send(Ok(()));
                (UNSENT_REQUESTS_WAIT, WaitEnd::Unsent(report.unsent))
            }
            (report, None) => {
                // Before the drop of the messages, which their producer observes.
                let wait = self
                    .messages
                    .call_outcome()
                    .map(|call_outcome| call_outcome.mark_ended());
                self.messages = Streaming::empty();
                if let Some(report) = report {
                    let _ = report.outcome.send(Ok(()));
                }
                match wait {
                    Some(wait) => (STATUS_WAIT, WaitEnd::Producer(wait)),
                    None => return ControlFlow::Break(SendOutcome::Finished),
                }
            }
        };
        ControlFlow::Continue(StoppedByPeer {
            wait: Box::pin(tokio::time::sleep(wait)),
            then,
        })
    }
}

impl<M: Send + 'static> Future for RequestSender<M> {
    type Output = SendOutcome;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<SendOutcome> {
        let this = &mut *self;
        if this.stopped.is_none() {
            match ready!(this.outbound.poll_send_all(cx, &mut this.messages, this.codec)) {
                Ok(()) => {
                    let _ = this.outbound.finish();
                    if let Some(report) = this.report.take() {
                        let _ = report.outcome.send(Ok(()));
                    }
                    return Poll::Ready(SendOutcome::Finished);
                }
                Err(OutboundError::Producer(status)) => {
                    if let Some(report) = this.report.take() {
                        let _ = report.outcome.send(Err(status.clone()));
                    }
                    // After the report: the reason must be known when the reset is observed.
                    this.outbound.sink().reset();
                    return Poll::Ready(SendOutcome::Failed(status));
                }
                // The response will carry the reason.
                Err(OutboundError::Peer(_)) => match this.stop() {
                    ControlFlow::Continue(stopped) => this.stopped = Some(stopped),
                    ControlFlow::Break(sent) => return Poll::Ready(sent),
                },
            }
        }
        if let Some(stopped) = &mut this.stopped {
            ready!(stopped.wait.as_mut().poll(cx));
            if let WaitEnd::Unsent(slot) = &stopped.then
                && let Some(unsent) = take_unsent(slot)
            {
                drop(
                    unsent
                        .call_outcome()
                        .map(|call_outcome| call_outcome.mark_ended()),
                );
            }
        }
        Poll::Ready(SendOutcome::Finished)
    }
}

/// The sending side of a call, which runs while its replies are read.
pub(crate) enum RequestSending {
    /// Polled together with the replies.
    Inline(BoxFuture<'static, SendOutcome>),
    /// A task, stopped when the call is dropped.
    Task {
        task: AbortHandle,
        ended: oneshot::Receiver<Result<(), Status>>,
        unsent: UnsentRequestsSlot,
    },
    /// The server accepts no requests and none has been sent. Kept for a retry, or until the call has a status.
    Unsent(Option<Box<dyn PendingRequests>>),
    /// All requests have been sent.
    Done,
}

impl RequestSending {
    pub(crate) fn inline(requests: Box<dyn PendingRequests>, stream: SendStream<Frame>) -> Self {
        Self::Inline(requests.start(stream, None))
    }

    pub(crate) fn task(requests: Box<dyn PendingRequests>, stream: SendStream<Frame>) -> Self {
        let (outcome, ended) = oneshot::channel();
        let unsent = UnsentRequestsSlot::default();
        let report = SenderReport {
            outcome,
            unsent: unsent.clone(),
        };
        let task = tokio::spawn(requests.start(stream, Some(report)));
        Self::Task {
            task: task.abort_handle(),
            ended,
            unsent,
        }
    }

    /// Ready with the error of the request stream. Pending otherwise, even when all requests have been sent.
    pub(crate) fn poll_failure(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        match self {
            Self::Inline(sending) => match ready!(sending.as_mut().poll(cx)) {
                SendOutcome::Finished => *self = Self::Done,
                SendOutcome::Failed(status) => {
                    *self = Self::Done;
                    return Poll::Ready(status);
                }
                SendOutcome::Unsent(requests) => *self = Self::Unsent(Some(requests)),
            },
            // The receiver panics if it is polled after completion.
            Self::Task { ended, .. } if !ended.is_terminated() => match ready!(Pin::new(ended).poll(cx)) {
                Ok(Ok(())) => {}
                Ok(Err(status)) => return Poll::Ready(status),
                Err(_) => return Poll::Ready(Status::internal("the stream of requests panicked")),
            },
            _ => {}
        }
        Poll::Pending
    }

    /// Returns the failure of the request stream, if the task has reported one.
    pub(crate) fn take_failure(&mut self) -> Option<Status> {
        match self {
            Self::Task { ended, .. } if !ended.is_terminated() => ended.try_recv().ok()?.err(),
            _ => None,
        }
    }

    /// Ready with the requests of a stream that the server refused, or `None` if some have been sent.
    pub(crate) fn poll_unsent(&mut self, cx: &mut Context<'_>) -> Poll<Option<Box<dyn PendingRequests>>> {
        let requests = match self {
            Self::Inline(sending) => match ready!(sending.as_mut().poll(cx)) {
                SendOutcome::Unsent(requests) => Some(requests),
                SendOutcome::Finished | SendOutcome::Failed(_) => None,
            },
            Self::Task { ended, unsent, .. } => {
                if !ended.is_terminated() {
                    let _ = ready!(Pin::new(ended).poll(cx));
                }
                take_unsent(unsent)
            }
            Self::Unsent(requests) => requests.take(),
            Self::Done => None,
        };
        *self = Self::Done;
        Poll::Ready(requests)
    }
}

impl Drop for RequestSending {
    fn drop(&mut self) {
        if let Self::Task { task, .. } = self {
            task.abort();
        }
    }
}

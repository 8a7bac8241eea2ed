//! The body of a request with a stream of messages: HTTP takes them as it can send them.

use std::any::Any;
use std::collections::VecDeque;
use std::future::Future as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use bytes::{Buf as _, Bytes};
use http::HeaderMap;
use http_body::{Body, Frame as HttpFrame};
use tokio::sync::{Notify, oneshot};

use super::written;
use crate::call::{CallOutcome, MessageCodec, Status, Streaming};
use crate::client::grpc::STATUS_WAIT;
use crate::error::BoxError;
use crate::sync::MutexExt as _;
use crate::wire::grpc::{EncodeOptions, FrameSink, Outbound, OutboundError};
use crate::wire::grpc_web::BodyEncoding;
use crate::wire::http2::Frame;

/// What a body of requests and the reading of the replies know of each other.
#[derive(Debug)]
pub(super) struct Report {
    call_outcome: Option<Arc<CallOutcome>>,
    /// HTTP has begun to send.
    begun: Notify,
    has_begun: AtomicBool,
    /// All is sent.
    sent: AtomicBool,
    failure: Mutex<Option<Status>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// Dropped when the call is over.
    over: Mutex<Over>,
}

#[derive(Debug, Default)]
struct Over {
    sender: Option<oneshot::Sender<()>>,
    receiver: Option<oneshot::Receiver<()>>,
}

impl Report {
    pub(super) fn new(call_outcome: Option<Arc<CallOutcome>>) -> Arc<Self> {
        let (sender, receiver) = oneshot::channel();
        Arc::new(Self {
            call_outcome,
            begun: Notify::new(),
            has_begun: AtomicBool::new(false),
            sent: AtomicBool::new(false),
            failure: Mutex::new(None),
            panic: Mutex::new(None),
            over: Mutex::new(Over {
                sender: Some(sender),
                receiver: Some(receiver),
            }),
        })
    }

    /// Of a request that is whole from the start.
    pub(super) fn sent() -> Arc<Self> {
        let report = Self::new(None);
        report.sent.store(true, Ordering::Release);
        report
    }

    /// Ready once HTTP has begun to send.
    pub(super) async fn begun(&self) {
        self.begun.notified().await;
    }

    pub(super) fn has_begun(&self) -> bool {
        self.has_begun.load(Ordering::Acquire)
    }

    /// Whether all is sent.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Acquire)
    }

    /// What the requests failed with.
    pub(super) fn take_failure(&self) -> Option<Status> {
        self.failure.lock_unpoisoned().take()
    }

    /// What the stream of requests panicked with.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.panic.lock_unpoisoned().take()
    }

    /// Tells the messages' sender how the call ended, and stops the body.
    pub(super) fn end(&self, outcome: Result<(), &Status>) {
        if let Some(call_outcome) = &self.call_outcome {
            call_outcome.end_call(match outcome {
                Ok(()) => {
                    Status::cancelled("the server has ended the call with OK; it takes no more messages")
                }
                Err(status) => status.clone(),
            });
        }
        self.stop();
    }

    /// Stops the body.
    pub(super) fn stop(&self) {
        self.lock_over().sender = None;
    }

    fn lock_over(&self) -> std::sync::MutexGuard<'_, Over> {
        self.over.lock_unpoisoned()
    }
}

/// Messages as a body.
pub(super) struct StreamBody<M: 'static> {
    messages: Option<Streaming<M>>,
    codec: &'static MessageCodec<M>,
    outbound: Outbound<Frames>,
    form: BodyEncoding,
    report: Arc<Report>,
    over: oneshot::Receiver<()>,
    has_begun: bool,
}

// A message is never pinned.
impl<M> Unpin for StreamBody<M> {}

impl<M: Send + 'static> StreamBody<M> {
    pub(super) fn new(
        messages: Streaming<M>,
        codec: &'static MessageCodec<M>,
        extra: Option<Box<EncodeOptions>>,
        form: BodyEncoding,
        report: Arc<Report>,
    ) -> Self {
        let over = report.lock_over().receiver.take();
        Self {
            messages: Some(messages),
            codec,
            outbound: Outbound::new(Frames::default(), extra),
            form,
            report,
            over: over.expect("a report has one body"),
            has_begun: false,
        }
    }

    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Status>> {
        loop {
            if let Some(data) = self.outbound.sink().0.pop_front() {
                return Poll::Ready(Ok(Some(data)));
            }
            let Some(messages) = &mut self.messages else {
                return Poll::Ready(Ok(None));
            };
            match self.outbound.poll_send_all(cx, messages, self.codec) {
                Poll::Ready(Ok(())) => {
                    self.outbound.finish()?;
                    self.messages = None;
                    self.report.sent.store(true, Ordering::Release);
                }
                Poll::Ready(Err(OutboundError::Producer(status) | OutboundError::Peer(status))) => {
                    self.messages = None;
                    return Poll::Ready(Err(status));
                }
                Poll::Pending if !self.outbound.sink().0.is_empty() => {}
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

impl<M: Send + 'static> Body for StreamBody<M> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if !this.has_begun {
            this.has_begun = true;
            this.report.has_begun.store(true, Ordering::Release);
            this.report.begun.notify_one();
        }
        if this.messages.is_some() && Pin::new(&mut this.over).poll(cx).is_ready() {
            this.messages = None;
            return Poll::Ready(Some(Err("the call is over".into())));
        }
        // A panic would take the connection with it, and whoever waits for the call would not know why.
        let polled = catch_unwind(AssertUnwindSafe(|| this.poll_data(cx))).unwrap_or_else(|panic| {
            this.messages = None;
            *this.report.panic.lock_unpoisoned() = Some(panic);
            Poll::Ready(Err(Status::internal("the stream of requests panicked")))
        });
        polled.map(|data| match data {
            Ok(data) => data.map(|data| Ok(HttpFrame::data(written(this.form, data)))),
            Err(status) => {
                // First: whoever sees the body break off can know its reason.
                *this.report.failure.lock_unpoisoned() = Some(status.clone());
                Some(Err(status.into()))
            }
        })
    }
}

impl<M: 'static> Drop for StreamBody<M> {
    /// HTTP takes no more. The messages' sender waits until whoever reads the replies knows why.
    fn drop(&mut self) {
        let (Some(messages), Ok(runtime)) = (self.messages.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let Some(call_outcome) = &self.report.call_outcome else {
            return;
        };
        // First: the sender sees the messages go.
        let waits = call_outcome.mark_ended();
        drop(messages);
        let (_, never) = oneshot::channel();
        let over = std::mem::replace(&mut self.over, never);
        runtime.spawn(async move {
            let _ = tokio::time::timeout(STATUS_WAIT, over).await;
            drop(waits);
        });
    }
}

/// Frames until HTTP takes them: a batch of messages at most.
#[derive(Debug, Default)]
struct Frames(VecDeque<Bytes>);

impl FrameSink for Frames {
    fn send_data(&mut self, mut frame: Frame, _: bool) -> Result<(), Status> {
        let length = frame.remaining();
        if length > 0 {
            self.0.push_back(frame.copy_to_bytes(length));
        }
        Ok(())
    }

    fn send_trailers(&mut self, _: HeaderMap) -> Result<(), Status> {
        Ok(())
    }

    /// Who polls the body takes the frames, and comes again.
    fn poll_room(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
        match self.0.is_empty() {
            true => Poll::Ready(Ok(())),
            false => Poll::Pending,
        }
    }

    fn poll_closed(&mut self, _: &mut Context<'_>) -> Poll<Status> {
        Poll::Pending
    }

    fn reset(&mut self) {}
}

//! The body of a request with a stream of messages. HTTP polls it when it can send more.

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

use crate::call::{CallOutcome, MessageCodec, Status, Streaming};
use crate::client::grpc::STATUS_WAIT;
use crate::error::BoxError;
use crate::sync::MutexExt as _;
use crate::wire::grpc::{EncodeOptions, FrameSink, Outbound, OutboundError};
use crate::wire::grpc_web::{BodyEncoding, encode};
use crate::wire::http2::Frame;

/// The state that a request body shares with the reader of the replies.
#[derive(Debug)]
pub(super) struct RequestBodyState {
    call_outcome: Option<Arc<CallOutcome>>,
    /// Notified when HTTP starts sending the body.
    started: Notify,
    has_started: AtomicBool,
    /// The whole body has been sent.
    sent: AtomicBool,
    failure: Mutex<Option<Status>>,
    panic: Mutex<Option<Box<dyn Any + Send>>>,
    /// Stops the body when the call has ended.
    stop: Mutex<StopSignal>,
}

/// Both ends of a signal that fires when the sender is dropped.
#[derive(Debug, Default)]
struct StopSignal {
    sender: Option<oneshot::Sender<()>>,
    receiver: Option<oneshot::Receiver<()>>,
}

impl RequestBodyState {
    pub(super) fn new(call_outcome: Option<Arc<CallOutcome>>) -> Arc<Self> {
        let (sender, receiver) = oneshot::channel();
        Arc::new(Self {
            call_outcome,
            started: Notify::new(),
            has_started: AtomicBool::new(false),
            sent: AtomicBool::new(false),
            failure: Mutex::new(None),
            panic: Mutex::new(None),
            stop: Mutex::new(StopSignal {
                sender: Some(sender),
                receiver: Some(receiver),
            }),
        })
    }

    /// Returns the state of a body that is complete from the start.
    pub(super) fn complete() -> Arc<Self> {
        let state = Self::new(None);
        state.sent.store(true, Ordering::Release);
        state
    }

    /// Waits until HTTP starts sending the body.
    pub(super) async fn sending_started(&self) {
        self.started.notified().await;
    }

    pub(super) fn has_started(&self) -> bool {
        self.has_started.load(Ordering::Acquire)
    }

    /// Returns whether the whole body has been sent.
    pub(super) fn is_sent(&self) -> bool {
        self.sent.load(Ordering::Acquire)
    }

    /// Returns the failure of the request stream.
    pub(super) fn take_failure(&self) -> Option<Status> {
        self.failure.lock_unpoisoned().take()
    }

    /// Returns the panic of the request stream.
    pub(super) fn take_panic(&self) -> Option<Box<dyn Any + Send>> {
        self.panic.lock_unpoisoned().take()
    }

    /// Publishes the outcome to the producer of the requests, and stops the body.
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
        self.lock_stop().sender = None;
    }

    fn lock_stop(&self) -> std::sync::MutexGuard<'_, StopSignal> {
        self.stop.lock_unpoisoned()
    }
}

/// A stream of messages as an HTTP body.
pub(super) struct RequestStreamBody<M: 'static> {
    messages: Option<Streaming<M>>,
    codec: &'static MessageCodec<M>,
    outbound: Outbound<FrameQueue>,
    form: BodyEncoding,
    state: Arc<RequestBodyState>,
    stop: oneshot::Receiver<()>,
    has_started: bool,
}

// A message is never pinned.
impl<M> Unpin for RequestStreamBody<M> {}

impl<M: Send + 'static> RequestStreamBody<M> {
    pub(super) fn new(
        messages: Streaming<M>,
        codec: &'static MessageCodec<M>,
        options: Option<Box<EncodeOptions>>,
        form: BodyEncoding,
        state: Arc<RequestBodyState>,
    ) -> Self {
        let stop = state.lock_stop().receiver.take();
        Self {
            messages: Some(messages),
            codec,
            outbound: Outbound::new(FrameQueue::default(), options),
            form,
            state,
            stop: stop.expect("a state is created for one body"),
            has_started: false,
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
                    self.state.sent.store(true, Ordering::Release);
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

impl<M: Send + 'static> Body for RequestStreamBody<M> {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, BoxError>>> {
        let this = &mut *self;
        if !this.has_started {
            this.has_started = true;
            this.state.has_started.store(true, Ordering::Release);
            this.state.started.notify_one();
        }
        if this.messages.is_some() && Pin::new(&mut this.stop).poll(cx).is_ready() {
            this.messages = None;
            return Poll::Ready(Some(Err("the call has ended".into())));
        }
        // A panic would end the connection, and the caller would not learn the reason.
        let polled = catch_unwind(AssertUnwindSafe(|| this.poll_data(cx))).unwrap_or_else(|panic| {
            this.messages = None;
            *this.state.panic.lock_unpoisoned() = Some(panic);
            Poll::Ready(Err(Status::internal("the stream of requests panicked")))
        });
        polled.map(|data| match data {
            Ok(data) => data.map(|data| Ok(HttpFrame::data(encode_form(this.form, data)))),
            Err(status) => {
                // Before the error: the reason must be known when the truncated body is observed.
                *this.state.failure.lock_unpoisoned() = Some(status.clone());
                Some(Err(status.into()))
            }
        })
    }
}

impl<M: 'static> Drop for RequestStreamBody<M> {
    /// HTTP accepts no more messages. Their producer waits until the call has a status.
    fn drop(&mut self) {
        let (Some(messages), Ok(runtime)) = (self.messages.take(), tokio::runtime::Handle::try_current())
        else {
            return;
        };
        let Some(call_outcome) = &self.state.call_outcome else {
            return;
        };
        // Before the drop of the messages, which their producer observes.
        let waits = call_outcome.mark_ended();
        drop(messages);
        let (_, never) = oneshot::channel();
        let stop = std::mem::replace(&mut self.stop, never);
        runtime.spawn(async move {
            let _ = tokio::time::timeout(STATUS_WAIT, stop).await;
            drop(waits);
        });
    }
}

/// Frames that wait until HTTP takes them: at most one batch of messages.
#[derive(Debug, Default)]
struct FrameQueue(VecDeque<Bytes>);

impl FrameSink for FrameQueue {
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

    /// Ready if the queue is empty. HTTP polls the body again after taking the frames.
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

/// Encodes bytes in the channel's form: unchanged, or as base64.
pub(super) fn encode_form(form: BodyEncoding, bytes: Bytes) -> Bytes {
    match form {
        BodyEncoding::Binary => bytes,
        BodyEncoding::Text => encode(&bytes),
    }
}

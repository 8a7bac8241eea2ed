//! One gRPC-Web call as a state machine: response head, messages, trailers.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use http::{HeaderMap, Request};

use super::request_body::RequestBodyState;
use super::response_head::{AttemptInfo, WebCallContext, WebResponseHead};
use crate::call::{MessageCodec, MessageSource, Metadata, Status};
use crate::channel::HttpRequestBody;
use crate::client::unary_collector::ReplySource;
use crate::wire::grpc::Inbound;
use crate::wire::grpc::read_status;

const MESSAGES: &str = "reading the reply's messages";
const TRAILERS: &str = "waiting for the reply's trailers";

/// A running call. As a [`MessageSource`] it is the stream of its replies.
pub(super) struct WebClientCall<M: 'static> {
    codec: &'static MessageCodec<M>,
    stage: WebCallStage,
    body_state: Arc<RequestBodyState>,
    headers: Metadata,
    trailers: Metadata,
}

enum WebCallStage {
    /// The request is being sent, and the response head is pending.
    Waiting(BoxFuture<'static, Result<WebResponseHead, Status>>),
    WebResponse(Box<WebResponse>),
    /// The call has failed, and the reader of the replies has not seen the status yet.
    Failed(Status),
    /// The call has ended. After OK, the response is kept for the context of a later failure.
    Done(Option<Box<WebResponse>>),
}

/// A response whose messages are being read.
struct WebResponse {
    context: WebCallContext,
    attempt: AttemptInfo,
    outcome: Option<Result<HeaderMap, Status>>,
    inbound: Inbound,
    /// At least one message has been received.
    has_message: bool,
    /// Set when the messages have ended, with the error that ended them. The trailers are pending.
    messages_ended: Option<Option<Status>>,
}

/// The failure of a call.
enum WebCallFailure {
    /// The server sent this status.
    ByServer(Status),
    /// A failure on the client's side, and the phase in which it occurred.
    Local(&'static str, Status),
}

impl<M: Send + 'static> WebClientCall<M> {
    pub(super) fn new(
        codec: &'static MessageCodec<M>,
        context: WebCallContext,
        request: Request<HttpRequestBody>,
    ) -> Self {
        Self {
            codec,
            body_state: context.body_state.clone(),
            stage: WebCallStage::Waiting(Box::pin(context.send(request))),
            headers: Metadata::new(),
            trailers: Metadata::new(),
        }
    }

    /// Drives the call until the response head has arrived.
    pub(super) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let waiting = match &mut self.stage {
            WebCallStage::Waiting(waiting) => waiting,
            WebCallStage::Failed(status) => return Poll::Ready(Err(status.clone())),
            _ => return Poll::Ready(Ok(())),
        };
        match ready!(waiting.as_mut().poll(cx)) {
            Ok(head) => {
                self.headers = Metadata::from_headers(head.headers);
                self.stage = WebCallStage::WebResponse(Box::new(WebResponse {
                    context: head.context,
                    attempt: head.attempt,
                    outcome: head.outcome,
                    inbound: head.inbound,
                    has_message: false,
                    messages_ended: None,
                }));
                Poll::Ready(Ok(()))
            }
            Err(status) => {
                self.end(Err(&status));
                Poll::Ready(Err(status))
            }
        }
    }

    /// Keeps the status of a failed call for the reader of the replies.
    pub(super) fn fail_with(&mut self, status: Status) {
        self.stage = WebCallStage::Failed(status);
    }

    /// Publishes the outcome and drops the response, which cancels the request if it is still open.
    fn end(&mut self, outcome: Result<(), &Status>) {
        self.body_state.end(outcome);
        self.stage = WebCallStage::Done(None);
    }
}

impl<M: Send + 'static> ReplySource<M> for WebClientCall<M> {
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Status>> {
        ready!(self.poll_response(cx))?;
        let WebCallStage::WebResponse(reading) = &mut self.stage else {
            return Poll::Ready(Ok(None));
        };
        let ended = match reading.poll_reply(cx, self.codec) {
            Poll::Ready(Ok(WebEvent::Message(message))) => return Poll::Ready(Ok(Some(message))),
            Poll::Ready(Ok(WebEvent::End(trailers))) => {
                self.trailers = Metadata::from_headers(trailers);
                self.body_state.end(Ok(()));
                if let WebCallStage::WebResponse(reading) =
                    std::mem::replace(&mut self.stage, WebCallStage::Done(None))
                {
                    self.stage = WebCallStage::Done(Some(reading));
                }
                return Poll::Ready(Ok(None));
            }
            Poll::Ready(Err(ended)) => ended,
            Poll::Pending => {
                let phase = if reading.messages_ended.is_some() {
                    TRAILERS
                } else {
                    MESSAGES
                };
                WebCallFailure::Local(phase, ready!(reading.context.cancellation.poll(cx)))
            }
        };
        let WebResponse { context, attempt, .. } = &mut **reading;
        let status = match ended {
            WebCallFailure::ByServer(status) => context.by_server(&TRAILERS, attempt, status),
            WebCallFailure::Local(phase, cause) => context.with_context(&phase, attempt, cause),
        };
        self.end(Err(&status));
        Poll::Ready(Err(status))
    }

    fn take_metadata(&mut self) -> (Metadata, Metadata) {
        (
            std::mem::take(&mut self.headers),
            std::mem::take(&mut self.trailers),
        )
    }

    fn fail_ended(&mut self, cause: Status) -> Status {
        match &mut self.stage {
            WebCallStage::Done(Some(response)) => {
                let WebResponse { context, attempt, .. } = &mut **response;
                context.with_context(&MESSAGES, attempt, cause)
            }
            _ => cause,
        }
    }

    fn resume_panic(&mut self) {
        if let Some(panic) = self.body_state.take_panic() {
            std::panic::resume_unwind(panic);
        }
    }
}

/// The next event of a response.
enum WebEvent<M> {
    Message(M),
    /// The end of the call, with its trailers.
    End(HeaderMap),
}

impl WebResponse {
    fn poll_reply<M>(
        &mut self,
        cx: &mut Context<'_>,
        codec: &MessageCodec<M>,
    ) -> Poll<Result<WebEvent<M>, WebCallFailure>> {
        let failure = match self.messages_ended.take() {
            Some(failure) => failure,
            None => match ready!(self.inbound.poll_message(cx, codec)) {
                Some(Ok(message)) => {
                    self.has_message = true;
                    return Poll::Ready(Ok(WebEvent::Message(message)));
                }
                // The trailers may explain the failure better.
                Some(Err(status)) if self.inbound.has_ended() => Some(status),
                Some(Err(status)) => return Poll::Ready(Err(WebCallFailure::Local(MESSAGES, status))),
                None => None,
            },
        };
        let Poll::Ready(trailers) = self.inbound.poll_trailers(cx) else {
            self.messages_ended = Some(failure);
            return Poll::Pending;
        };
        Poll::Ready(self.end(trailers, failure).map(WebEvent::End))
    }

    fn end(
        &mut self,
        trailers: Result<Option<HeaderMap>, Status>,
        failure: Option<Status>,
    ) -> Result<HeaderMap, WebCallFailure> {
        let missing = || {
            let status = Status::unknown("the server ended the call without a grpc-status");
            WebCallFailure::Local(TRAILERS, status)
        };
        let trailers = trailers.map_err(|status| WebCallFailure::Local(TRAILERS, status))?;
        let Some(mut trailers) = trailers else {
            if let Some(failure) = failure {
                return Err(WebCallFailure::Local(MESSAGES, failure));
            }
            // Trailers-Only, valid only if the body is empty.
            return match self.outcome.take().filter(|_| !self.has_message) {
                Some(Ok(trailers)) => Ok(trailers),
                Some(Err(status)) => Err(WebCallFailure::ByServer(status)),
                None => Err(missing()),
            };
        };
        match (read_status(&mut trailers), failure) {
            (Some(Err(status)), _) => Err(WebCallFailure::ByServer(status)),
            (_, Some(failure)) => Err(WebCallFailure::Local(MESSAGES, failure)),
            (Some(Ok(())), None) => Ok(trailers),
            (None, None) => Err(missing()),
        }
    }
}

impl<M: Send + 'static> MessageSource<M> for WebClientCall<M> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        let polled = self.poll_reply(cx).map(Result::transpose);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // The caller may keep an ended stream. It must not keep the connection.
            self.stage = WebCallStage::Done(None);
        }
        polled
    }

    fn poll_headers(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.poll_response(cx)
    }

    fn headers(&self) -> Option<&Metadata> {
        Some(&self.headers)
    }

    fn trailers(&self) -> Option<&Metadata> {
        Some(&self.trailers)
    }
}

impl<M: 'static> Drop for WebClientCall<M> {
    /// Stops the request body: the replies are no longer read.
    fn drop(&mut self) {
        self.body_state.stop();
    }
}

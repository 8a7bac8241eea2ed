//! One call as a state machine: the answer's head, its messages, its trailers.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use http::{HeaderMap, Request};

use super::request::Report;
use super::send::{Answered, Calling, Place, RequestBody};
use crate::call::{MessageCodec, MessageSource, Metadata, Status};
use crate::client::Response;
use crate::wire::grpc::Inbound;
use crate::wire::grpc::read_status;

const MESSAGES: &str = "reading the reply's messages";
const TRAILERS: &str = "waiting for the reply's trailers";

/// A call under way. As a [`MessageSource`] it is the stream of its replies.
pub(super) struct Exchange<M: 'static> {
    codec: &'static MessageCodec<M>,
    state: State,
    report: Arc<Report>,
    headers: Metadata,
    trailers: Metadata,
}

enum State {
    /// The answer's head is to come.
    Waiting(BoxFuture<'static, Result<Answered, Status>>),
    Reading(Box<Reading>),
    /// To be told to whoever reads.
    Failed(Status),
    /// With what is known of a call that ended well.
    Done(Option<Box<Reading>>),
}

/// An answer that is being read.
struct Reading {
    calling: Calling,
    place: Place,
    outcome: Option<Result<HeaderMap, Status>>,
    inbound: Inbound,
    /// There was a message.
    any: bool,
    /// The messages are over, maybe with this error; the trailers are to come.
    ended: Option<Option<Status>>,
}

/// How a call ends that does not end well.
enum Ended {
    ByServer(Status),
    Here(&'static str, Status),
}

impl<M: Send + 'static> Exchange<M> {
    pub(super) fn new(
        codec: &'static MessageCodec<M>,
        calling: Calling,
        request: Request<RequestBody>,
    ) -> Self {
        Self {
            codec,
            report: calling.report.clone(),
            state: State::Waiting(Box::pin(calling.answered(request))),
            headers: Metadata::new(),
            trailers: Metadata::new(),
        }
    }

    /// Drives the call until the answer's head is here.
    pub(super) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let waiting = match &mut self.state {
            State::Waiting(waiting) => waiting,
            State::Failed(status) => return Poll::Ready(Err(status.clone())),
            _ => return Poll::Ready(Ok(())),
        };
        match ready!(waiting.as_mut().poll(cx)) {
            Ok(answered) => {
                self.headers = Metadata::from_headers(answered.headers);
                self.state = State::Reading(Box::new(Reading {
                    calling: answered.calling,
                    place: answered.place,
                    outcome: answered.outcome,
                    inbound: answered.inbound,
                    any: false,
                    ended: None,
                }));
                Poll::Ready(Ok(()))
            }
            Err(status) => {
                self.end(Err(&status));
                Poll::Ready(Err(status))
            }
        }
    }

    /// The next reply; none when the call ended well.
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Status>> {
        ready!(self.poll_response(cx))?;
        let State::Reading(reading) = &mut self.state else {
            return Poll::Ready(Ok(None));
        };
        let ended = match reading.poll_reply(cx, self.codec) {
            Poll::Ready(Ok(Read::Message(message))) => return Poll::Ready(Ok(Some(message))),
            Poll::Ready(Ok(Read::End(trailers))) => {
                self.trailers = Metadata::from_headers(trailers);
                self.report.end(Ok(()));
                if let State::Reading(reading) = std::mem::replace(&mut self.state, State::Done(None)) {
                    self.state = State::Done(Some(reading));
                }
                return Poll::Ready(Ok(None));
            }
            Poll::Ready(Err(ended)) => ended,
            Poll::Pending => {
                let phase = if reading.ended.is_some() {
                    TRAILERS
                } else {
                    MESSAGES
                };
                Ended::Here(phase, ready!(reading.calling.cancellation.poll(cx)))
            }
        };
        let Reading { calling, place, .. } = &mut **reading;
        let status = match ended {
            Ended::ByServer(status) => calling.by_server(&TRAILERS, place, status),
            Ended::Here(phase, cause) => calling.failed(&phase, place, cause),
        };
        self.end(Err(&status));
        Poll::Ready(Err(status))
    }

    /// The reply of a call that has one, with its metadata.
    pub(super) async fn only_reply(mut self) -> Result<Response<M>, Status> {
        let mut reply = None;
        let ended = loop {
            let read = poll_fn(|cx| self.poll_reply(cx)).await;
            match read {
                Ok(None) => break reply.take().ok_or("the server sent no reply to a unary call"),
                Ok(Some(next)) => {
                    if reply.replace(next).is_some() {
                        break Err("the server sent more than one reply to a unary call");
                    }
                }
                Err(status) => {
                    // Whoever awaits the call has written the stream.
                    if let Some(panic) = self.report.take_panic() {
                        std::panic::resume_unwind(panic);
                    }
                    return Err(status.with_headers(std::mem::take(&mut self.headers)));
                }
            }
        };
        let headers = std::mem::take(&mut self.headers);
        let trailers = std::mem::take(&mut self.trailers);
        match ended {
            Ok(message) => Ok(Response {
                message,
                headers,
                trailers,
            }),
            // The method is no unary one over there.
            Err(why) => {
                let mut status = Status::unimplemented(why);
                if let State::Done(Some(reading)) = &mut self.state {
                    let Reading { calling, place, .. } = &mut **reading;
                    status = calling.failed(&MESSAGES, place, status);
                }
                Err(status.with_headers(headers))
            }
        }
    }

    /// Makes a call that has ended fail for whoever reads its replies.
    pub(super) fn fail_with(&mut self, status: Status) {
        self.state = State::Failed(status);
    }

    /// Drops what is still open, which tells the server.
    fn end(&mut self, outcome: Result<(), &Status>) {
        self.report.end(outcome);
        self.state = State::Done(None);
    }
}

enum Read<M> {
    Message(M),
    /// With the trailers.
    End(HeaderMap),
}

impl Reading {
    fn poll_reply<M>(
        &mut self,
        cx: &mut Context<'_>,
        codec: &MessageCodec<M>,
    ) -> Poll<Result<Read<M>, Ended>> {
        let failure = match self.ended.take() {
            Some(failure) => failure,
            None => match ready!(self.inbound.poll_message(cx, codec)) {
                Some(Ok(message)) => {
                    self.any = true;
                    return Poll::Ready(Ok(Read::Message(message)));
                }
                // The trailers may say better what went wrong.
                Some(Err(status)) if self.inbound.has_ended() => Some(status),
                Some(Err(status)) => return Poll::Ready(Err(Ended::Here(MESSAGES, status))),
                None => None,
            },
        };
        let Poll::Ready(trailers) = self.inbound.poll_trailers(cx) else {
            self.ended = Some(failure);
            return Poll::Pending;
        };
        Poll::Ready(self.end(trailers, failure).map(Read::End))
    }

    fn end(
        &mut self,
        trailers: Result<Option<HeaderMap>, Status>,
        failure: Option<Status>,
    ) -> Result<HeaderMap, Ended> {
        let missing = || {
            let status = Status::unknown("the server ended the call without a grpc-status");
            Ended::Here(TRAILERS, status)
        };
        let trailers = trailers.map_err(|status| Ended::Here(TRAILERS, status))?;
        let Some(mut trailers) = trailers else {
            if let Some(failure) = failure {
                return Err(Ended::Here(MESSAGES, failure));
            }
            // Trailers-Only, which counts only if the body is empty.
            return match self.outcome.take().filter(|_| !self.any) {
                Some(Ok(trailers)) => Ok(trailers),
                Some(Err(status)) => Err(Ended::ByServer(status)),
                None => Err(missing()),
            };
        };
        match (read_status(&mut trailers), failure) {
            (Some(Err(status)), _) => Err(Ended::ByServer(status)),
            (_, Some(failure)) => Err(Ended::Here(MESSAGES, failure)),
            (Some(Ok(())), None) => Ok(trailers),
            (None, None) => Err(missing()),
        }
    }
}

impl<M: Send + 'static> MessageSource<M> for Exchange<M> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        let polled = self.poll_reply(cx).map(Result::transpose);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // A stream may be kept after its end, and its channel is none of its business then.
            self.state = State::Done(None);
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

impl<M: 'static> Drop for Exchange<M> {
    /// Whoever sends is told that nobody reads.
    fn drop(&mut self) {
        self.report.stop();
    }
}

//! One call as a state machine: connection, request, headers, messages, trailers.

use std::error::Error as _;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use h2::client::{ResponseFuture, SendRequest};
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, Method, Request, Response, StatusCode, Version};

use super::phase::Phase;
use super::pump::{Pump, Requests};
use crate::call::{CallParts, Fate, Metadata, ProtobufCodec, Source, Status, now};
use crate::channel::{Circumstances, Connection};
use crate::client::Channel;
use crate::client::options::{Cancellation, deadline_exceeded};
use crate::client::start::request_headers;
use crate::transport::http2;
use crate::wire::grpc::{Body, Inbound, from_h2, from_http_status, read_status};
use crate::wire::http2::Frame;

/// How a call ends that does not end well.
enum Ended {
    /// The server said so.
    ByServer(Status),
    /// There is no connection; the status says all of that.
    Unconnected(Status),
    /// Something else, and what the call was at.
    Here(Phase, Status),
}

/// What is sent after the headers.
pub(crate) enum Outgoing {
    /// The only message, encoded.
    Message(Frame),
    /// A stream that who reads the replies drives.
    Inline(Box<dyn Requests>),
    /// A stream with a task of its own.
    Task(Box<dyn Requests>),
}

/// A call under way. As a [`Source`] it is the stream of its replies.
pub(crate) struct Exchange<M: 'static> {
    channel: Channel,
    codec: &'static ProtobufCodec<M>,
    cancellation: Cancellation,
    state: State,
    pump: Pump,
    headers: Metadata,
    trailers: Metadata,
    /// The headers said that the call went well (Trailers-Only): no trailers are to come.
    ended_in_head: bool,
    /// Told how the call ended.
    fate: Option<Arc<Fate>>,
    /// What the call was sent on.
    connection: Option<Arc<Connection<Frame>>>,
}

enum State {
    /// Nothing is sent. The flag: a connection was found dead already.
    Start(Box<Unsent>),
    /// The connection is being made.
    Connecting(
        Box<Unsent>,
        BoxFuture<'static, Result<Arc<Connection<Frame>>, Status>>,
    ),
    /// The connection has no free stream at the moment.
    Queued(Box<Unsent>, SendRequest<Frame>),
    /// The request's headers are sent.
    Sent(ResponseFuture),
    /// The response's headers are here.
    Reading(Inbound),
    /// Out of messages; the trailers are to come. The error is what the messages ended with.
    Ending(Inbound, Option<Status>),
    Done,
}

/// A call of which the server knows nothing.
struct Unsent {
    parts: CallParts,
    outgoing: Outgoing,
    /// Connections that took no request, so far.
    dead: u8,
}

/// A connection may die between two calls; the next one is new. A server that closes every new connection must not
/// keep a call busy for ever.
const MOST_DEAD: u8 = 3;

impl<M: Send + 'static> Exchange<M> {
    pub(crate) fn new(
        channel: Channel,
        parts: CallParts,
        outgoing: Outgoing,
        codec: &'static ProtobufCodec<M>,
        cancellation: Cancellation,
    ) -> Self {
        let fate = match &outgoing {
            Outgoing::Message(_) => None,
            Outgoing::Inline(requests) | Outgoing::Task(requests) => requests.fate(),
        };
        Self {
            channel,
            codec,
            cancellation,
            state: State::Start(Box::new(Unsent {
                parts,
                outgoing,
                dead: 0,
            })),
            pump: Pump::Done,
            headers: Metadata::new(),
            trailers: Metadata::new(),
            ended_in_head: false,
            fate,
            connection: None,
        }
    }

    /// Drives the call until the request's headers are sent.
    pub(crate) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let polled = self.poll_sent_inner(cx);
        self.or_ended(cx, polled)
    }

    /// Drives the call until the response's headers are here.
    pub(crate) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let polled = self.poll_response_inner(cx);
        self.or_ended(cx, polled)
    }

    /// The next reply; none when the call ended well.
    #[inline]
    pub(crate) fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Status>> {
        let polled = self.poll_reply_inner(cx);
        self.or_ended(cx, polled)
    }

    /// The metadata of the whole response, after its end.
    pub(crate) fn take_metadata(&mut self) -> (Metadata, Metadata) {
        (
            std::mem::take(&mut self.headers),
            std::mem::take(&mut self.trailers),
        )
    }

    /// What ends the call from our side, if it has nothing to do; and the call's end, if it failed.
    #[inline]
    fn or_ended<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<Result<T, Ended>>,
    ) -> Poll<Result<T, Status>> {
        let ended = match polled {
            Poll::Ready(Ok(value)) => return Poll::Ready(Ok(value)),
            Poll::Ready(Err(ended)) => self.why(ended),
            Poll::Pending => match self.pump.poll_failure(cx) {
                Poll::Ready(status) => status,
                Poll::Pending => {
                    let ended = ready!(self.cancellation.poll(cx));
                    self.failed(self.phase(), ended)
                }
            },
        };
        self.end(Err(&ended));
        Poll::Ready(Err(ended))
    }

    /// Drops what is still open, which resets the stream.
    fn end(&mut self, outcome: Result<(), &Status>) {
        if let Some(fate) = self.fate.take() {
            fate.end_call(match outcome {
                Ok(()) => {
                    Status::cancelled("the server has ended the call with OK; it takes no more messages")
                }
                Err(status) => status.clone(),
            });
        }
        // After the sender knows: it sees the stream of requests go.
        self.state = State::Done;
        self.pump = Pump::Done;
    }

    fn poll_sent_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        loop {
            match std::mem::replace(&mut self.state, State::Done) {
                State::Start(unsent) => {
                    self.state = match self.channel.subchannel().current() {
                        Some(connection) => {
                            let sender = connection.sender();
                            self.connection = Some(connection);
                            State::Queued(unsent, sender)
                        }
                        None => {
                            State::Connecting(unsent, Box::pin(self.channel.subchannel().clone().connected()))
                        }
                    };
                }
                State::Connecting(unsent, mut connecting) => match connecting.as_mut().poll(cx) {
                    Poll::Ready(Err(status)) => {
                        self.state = State::Start(unsent);
                        return Poll::Ready(Err(Ended::Unconnected(status)));
                    }
                    Poll::Ready(Ok(connection)) => {
                        let sender = connection.sender();
                        self.connection = Some(connection);
                        self.state = State::Queued(unsent, sender);
                    }
                    Poll::Pending => {
                        self.state = State::Connecting(unsent, connecting);
                        return Poll::Pending;
                    }
                },
                State::Queued(mut unsent, mut sender) => match sender.poll_ready(cx) {
                    Poll::Ready(Ok(())) => {
                        self.state = State::Sent(self.send(*unsent, &mut sender)?);
                        return Poll::Ready(Ok(()));
                    }
                    Poll::Ready(Err(error)) => {
                        if let Some(connection) = &self.connection {
                            self.channel.subchannel().retire(connection);
                        }
                        unsent.dead += 1;
                        let is_over = unsent.dead > MOST_DEAD;
                        self.state = State::Start(unsent);
                        if is_over {
                            return Poll::Ready(Err(Ended::Here(Phase::Stream, from_h2(error))));
                        }
                        self.connection = None;
                    }
                    Poll::Pending => {
                        self.state = State::Queued(unsent, sender);
                        return Poll::Pending;
                    }
                },
                sent => {
                    self.state = sent;
                    return Poll::Ready(Ok(()));
                }
            }
        }
    }

    fn send(&mut self, unsent: Unsent, sender: &mut SendRequest<Frame>) -> Result<ResponseFuture, Ended> {
        let request = self.request(unsent.parts);
        let failed = |error| Ended::Here(Phase::Sending, from_h2(error));
        let (response, mut stream) = sender.send_request(request, false).map_err(failed)?;
        match unsent.outgoing {
            Outgoing::Message(frame) => stream.send_data(frame, true).map_err(failed)?,
            Outgoing::Inline(requests) => self.pump = Pump::inline(requests, stream),
            Outgoing::Task(requests) => self.pump = Pump::task(requests, stream),
        }
        Ok(response)
    }

    fn request(&self, parts: CallParts) -> Request<()> {
        let path = parts.method.map_or("/", |method| method.path());
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.channel.target().uri(PathAndQuery::from_static(path));
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = request_headers(self.channel.grpc_headers(), parts);
        request
    }

    fn poll_response_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        if matches!(
            self.state,
            State::Start(_) | State::Connecting(..) | State::Queued(..)
        ) {
            ready!(self.poll_sent_inner(cx))?;
        }
        if let State::Sent(response) = &mut self.state {
            let response = ready!(Pin::new(response).poll(cx));
            let response = response.map_err(|error| Ended::Here(Phase::Headers, from_h2(error)))?;
            self.take_head(response)?;
        }
        Poll::Ready(Ok(()))
    }

    fn take_head(&mut self, response: Response<h2::RecvStream>) -> Result<(), Ended> {
        let (mut head, body) = response.into_parts();
        if body.is_end_stream() {
            // Trailers-Only.
            if let Some(outcome) = read_status(&mut head.headers) {
                outcome.map_err(Ended::ByServer)?;
                self.ended_in_head = true;
            }
        }
        check_head(head.status, &head.headers).map_err(|status| Ended::Here(Phase::Headers, status))?;
        self.headers = Metadata::from_headers(head.headers);
        self.state = State::Reading(Inbound::new(Body::H2(body), self.channel.max_reply_size()));
        Ok(())
    }

    #[inline]
    fn poll_reply_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Ended>> {
        loop {
            match &mut self.state {
                State::Reading(inbound) => {
                    let failure = match ready!(inbound.poll_message(cx, self.codec)) {
                        Some(Ok(message)) => return Poll::Ready(Ok(Some(message))),
                        // The trailers may say better what went wrong; but they need not ever come.
                        Some(Err(status)) if inbound.has_ended() => Some(status),
                        Some(Err(status)) => {
                            return Poll::Ready(Err(Ended::Here(Phase::Messages, status)));
                        }
                        None => None,
                    };
                    if let State::Reading(inbound) = std::mem::replace(&mut self.state, State::Done) {
                        self.state = State::Ending(inbound, failure);
                    }
                }
                State::Ending(inbound, failure) => {
                    let trailers = ready!(inbound.poll_trailers(cx));
                    let failure = failure.take();
                    return Poll::Ready(self.take_trailers(trailers, failure).map(|()| None));
                }
                State::Done => return Poll::Ready(Ok(None)),
                _ => ready!(self.poll_response_inner(cx))?,
            }
        }
    }

    fn take_trailers(
        &mut self,
        trailers: Result<Option<HeaderMap>, Status>,
        failure: Option<Status>,
    ) -> Result<(), Ended> {
        let missing = || {
            let status = Status::unknown("the server ended the call without a grpc-status");
            Ended::Here(Phase::Trailers, status)
        };
        let mut trailers = match (trailers, failure) {
            (Ok(Some(mut trailers)), Some(failure)) => match read_status(&mut trailers) {
                Some(Err(status)) => return Err(Ended::ByServer(status)),
                _ => return Err(Ended::Here(Phase::Messages, failure)),
            },
            (Ok(Some(trailers)), None) => trailers,
            (_, Some(failure)) => return Err(Ended::Here(Phase::Messages, failure)),
            (Err(error), None) => return Err(Ended::Here(Phase::Trailers, error)),
            (Ok(None), None) if self.ended_in_head => {
                self.end(Ok(()));
                return Ok(());
            }
            (Ok(None), None) => return Err(missing()),
        };
        match read_status(&mut trailers) {
            Some(outcome) => outcome.map_err(Ended::ByServer)?,
            None => return Err(missing()),
        }
        self.trailers = Metadata::from_headers(trailers);
        self.end(Ok(()));
        Ok(())
    }

    /// What the call is at.
    fn phase(&self) -> Phase {
        match &self.state {
            State::Start(_) | State::Connecting(..) => Phase::Connection(self.channel.subchannel().step()),
            State::Queued(..) => Phase::Stream,
            State::Sent(_) => Phase::Headers,
            State::Reading(_) => Phase::Messages,
            State::Ending(..) | State::Done => Phase::Trailers,
        }
    }

    /// The status of a call that has ended.
    #[cold]
    fn why(&mut self, ended: Ended) -> Status {
        // Our own reset may be faster than what it is for.
        let by_requests = self.pump.take_failure();
        // The server's RST_STREAM may be faster than our clock's tick.
        let too_late = self.cancellation.deadline.has_passed();
        match (ended, by_requests) {
            (Ended::ByServer(status), _) if too_late => {
                self.failed(self.phase(), deadline_exceeded().with_source(status))
            }
            (Ended::Unconnected(status), _) if too_late => {
                self.failed(Phase::Connection(None), deadline_exceeded().with_source(status))
            }
            (Ended::Here(phase, status), _) if too_late => {
                self.failed(phase, deadline_exceeded().with_source(status))
            }
            (_, Some(status)) | (Ended::ByServer(status) | Ended::Unconnected(status), None) => status,
            (Ended::Here(phase, status), None) => self.failed(phase, self.explained(status)),
        }
    }

    /// The status with what is known of its cause instead of `h2`'s words.
    fn explained(&self, status: Status) -> Status {
        let error = status
            .source()
            .and_then(|source| source.downcast_ref::<h2::Error>());
        let Some(error) = error else { return status };
        let text = match &self.connection {
            Some(connection) if error.is_io() => connection.why_ended(),
            _ => None,
        };
        let text = text.unwrap_or_else(|| http2::describe(error));
        status.map_message(|_| text)
    }

    /// A status that is made here, not by the server.
    #[cold]
    pub(super) fn failed(&self, phase: Phase, cause: Status) -> Status {
        let circumstances = Circumstances {
            target: self.channel.target(),
            address: self.connection.as_ref().map(|connection| connection.address()),
            phase: &phase,
            attempt: 1,
            elapsed: now() - self.cancellation.started(),
        };
        circumstances.call_failed(cause)
    }
}

/// A response must be HTTP's 200 with gRPC's content type; anything else comes from something that is no gRPC server.
fn check_head(status: StatusCode, headers: &HeaderMap) -> Result<(), Status> {
    if status != StatusCode::OK {
        let message = format!("the server answered with the HTTP status {status}");
        return Err(Status::new(from_http_status(status), message));
    }
    match headers.get(CONTENT_TYPE) {
        Some(value) if value.as_bytes().starts_with(b"application/grpc") => Ok(()),
        Some(value) => {
            let shown: String = String::from_utf8_lossy(value.as_bytes())
                .chars()
                .take(64)
                .collect();
            Err(Status::unknown(format!(
                "the server answered with the content type {shown:?}, which is not gRPC's"
            )))
        }
        None => Err(Status::unknown(
            "the server answered without a content type, thus not in gRPC",
        )),
    }
}

impl<M: Send + 'static> Source<M> for Exchange<M> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        let polled = self.poll_reply(cx).map(Result::transpose);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // A stream may be kept after its end, and its connection is none of its business then.
            self.connection = None;
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

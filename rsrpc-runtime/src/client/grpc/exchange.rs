//! One call as a state machine: connection, request, headers, messages, trailers.

mod again;
mod answer;
mod failure;
mod page;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use h2::client::{ResponseFuture, SendRequest};
use http::{Method, Request, Version};

use self::failure::Ended;
use self::page::Page;
use super::phase::Phase;
use super::pump::{Pump, Requests};
use super::terms::Terms;
use crate::call::{CallOutcome, CallParts, MessageCodec, MessageSource, Metadata, MethodDescriptor, Status};
use crate::channel::Connection;
use crate::client::Channel;
use crate::client::options::Cancellation;
use crate::client::start::request_headers;
use crate::wire::grpc::Inbound;
use crate::wire::http2::Frame;

/// What is sent after the headers.
pub(crate) enum Outgoing {
    /// The only message, encoded.
    Message(Frame),
    /// A stream that who reads the replies drives.
    Inline(Box<dyn Requests>),
    /// A stream with a task of its own.
    Task(Box<dyn Requests>),
}

/// A call under way. As a [`MessageSource`] it is the stream of its replies.
pub(crate) struct Exchange<M: 'static> {
    /// In a box: a future is moved several times before it is polled.
    call: Box<Running>,
    codec: &'static MessageCodec<M>,
}

/// All of a call but the type of its replies.
pub(crate) struct Running {
    channel: Channel,
    terms: Option<Box<Terms>>,
    cancellation: Cancellation,
    state: State,
    /// What is sent, kept until the server has answered: it may have to be sent again.
    outbox: Option<Outbox>,
    pump: Pump,
    headers: Metadata,
    trailers: Metadata,
    /// The headers said that the call went well (Trailers-Only): no trailers are to come.
    ended_in_head: bool,
    /// Told how the call ended.
    call_outcome: Option<Arc<CallOutcome>>,
    /// What the call was sent on.
    connection: Option<Arc<Connection<Frame>>>,
    /// Connections that the call was given to.
    attempt: u32,
}

// The large variant is the usual one.
#[allow(clippy::large_enum_variant)]
enum State {
    /// Nothing is sent.
    Start,
    /// The connection is being made.
    Connecting(BoxFuture<'static, Result<Arc<Connection<Frame>>, Status>>),
    /// The request's headers are sent, or wait for a stream of the connection.
    Sent(ResponseFuture),
    /// The server knows nothing of the call, which ended with this error; whether its requests can be sent elsewhere is
    /// to be seen.
    Refused(h2::Error),
    /// The response is none of gRPC's: its body is read as far as it is shown.
    Page(Box<Page>),
    /// The response's headers are here.
    Reading(Inbound, Rest),
    Done,
}

/// What is still to come of a response.
enum Rest {
    Messages,
    /// The error is what the messages ended with.
    Trailers(Option<Status>),
}

/// What a call sends, and what became of that so far.
struct Outbox {
    method: Option<&'static MethodDescriptor>,
    metadata: Metadata,
    /// `None` while a pump has it.
    outgoing: Option<Outgoing>,
    /// What it was sent by, which knows whether it waits for a stream of the connection.
    sender: Option<SendRequest<Frame>>,
    /// What had left on the connection before.
    left_before: u64,
    /// Connections that took no request, so far.
    dead: u8,
    /// A server has refused the call before anybody looked at it.
    is_refused: bool,
}

/// A connection may die between two calls; the next one is new. A server that closes every new connection must not
/// keep a call busy for ever.
const MOST_DEAD: u8 = 3;

impl<M: Send + 'static> Exchange<M> {
    pub(crate) fn new(
        channel: Channel,
        parts: CallParts,
        outgoing: Outgoing,
        codec: &'static MessageCodec<M>,
        terms: Option<Box<Terms>>,
        cancellation: Cancellation,
    ) -> Self {
        let call_outcome = match &outgoing {
            Outgoing::Message(_) => None,
            Outgoing::Inline(requests) | Outgoing::Task(requests) => requests.call_outcome(),
        };
        let call = Running {
            channel,
            terms,
            cancellation,
            state: State::Start,
            outbox: Some(Outbox {
                method: parts.method,
                metadata: parts.metadata,
                outgoing: Some(outgoing),
                sender: None,
                left_before: 0,
                dead: 0,
                is_refused: false,
            }),
            pump: Pump::Done,
            headers: Metadata::new(),
            trailers: Metadata::new(),
            ended_in_head: false,
            call_outcome,
            connection: None,
            attempt: 1,
        };
        Self {
            call: Box::new(call),
            codec,
        }
    }

    /// The call itself.
    pub(crate) fn call(&mut self) -> &mut Running {
        &mut self.call
    }

    /// The next reply; none when the call ended well.
    #[inline]
    pub(crate) fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Status>> {
        loop {
            if let State::Reading(inbound, Rest::Messages) = &mut self.call.state {
                match inbound.poll_message(cx, self.codec) {
                    Poll::Ready(Some(Ok(message))) => return Poll::Ready(Ok(Some(message))),
                    Poll::Ready(ended) => {
                        let failure = ended.and_then(Result::err);
                        self.call.end_of_messages(failure)?;
                    }
                    Poll::Pending => return self.call.poll_ended(cx).map(Err),
                }
            }
            match ready!(self.call.poll_rest(cx))? {
                Next::Message => {}
                Next::End => return Poll::Ready(Ok(None)),
            }
        }
    }
}

/// What comes next of a response.
enum Next {
    Message,
    /// The call has ended well.
    End,
}

impl Running {
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

    /// The metadata of the whole response, after its end.
    pub(crate) fn take_metadata(&mut self) -> (Metadata, Metadata) {
        (
            std::mem::take(&mut self.headers),
            std::mem::take(&mut self.trailers),
        )
    }

    /// What is known of a step, or of the call's end if that comes first.
    fn or_ended<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<Result<T, Ended>>,
    ) -> Poll<Result<T, Status>> {
        match polled {
            Poll::Ready(done) => Poll::Ready(done.map_err(|ended| self.fail(ended))),
            Poll::Pending => self.poll_ended(cx).map(Err),
        }
    }

    #[cold]
    fn fail(&mut self, ended: Ended) -> Status {
        let status = self.why(ended);
        self.end(Err(&status));
        status
    }

    /// What ends the call from our side, while it has nothing to do.
    fn poll_ended(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        // The requests of a refused call are waited for by other means.
        let failure = match &self.state {
            State::Refused(_) => Poll::Pending,
            _ => self.pump.poll_failure(cx),
        };
        let status = match failure {
            Poll::Ready(status) => status,
            Poll::Pending => {
                let ended = ready!(self.cancellation.poll(cx));
                let phase = self.phase();
                self.failed(phase, ended)
            }
        };
        self.end(Err(&status));
        Poll::Ready(status)
    }

    /// Drops what is still open, which resets the stream.
    fn end(&mut self, outcome: Result<(), &Status>) {
        if let Some(call_outcome) = self.call_outcome.take() {
            call_outcome.end_call(match outcome {
                Ok(()) => {
                    Status::cancelled("the server has ended the call with OK; it takes no more messages")
                }
                Err(status) => status.clone(),
            });
        }
        // After the sender knows: it sees the stream of requests go.
        self.state = State::Done;
        self.outbox = None;
        self.pump = Pump::Done;
    }

    fn poll_sent_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        loop {
            let connection = match &mut self.state {
                State::Start => match self.channel.subchannel().current() {
                    Some(connection) => connection,
                    None => {
                        let connecting = self.channel.subchannel().clone().connected();
                        self.state = State::Connecting(Box::pin(connecting));
                        continue;
                    }
                },
                State::Connecting(connecting) => {
                    let connected = ready!(connecting.as_mut().poll(cx));
                    self.state = State::Start;
                    connected.map_err(Ended::Unconnected)?
                }
                _ => return Poll::Ready(Ok(())),
            };
            self.send(connection)?;
        }
    }

    /// Sends the request on a connection; on one that is dead nothing leaves, and the call begins anew.
    fn send(&mut self, connection: Arc<Connection<Frame>>) -> Result<(), Ended> {
        let mut sender = connection.sender();
        let left_before = connection.left();
        self.connection = Some(connection);
        // A handle is held back while its last request waits for a stream; a new one is always ready.
        let (response, mut stream) = match sender.send_request(self.request(), false) {
            Ok(sent) => sent,
            Err(error) => return self.found_dead(error),
        };
        self.state = State::Sent(response);
        let Some(outbox) = &mut self.outbox else {
            return Ok(());
        };
        outbox.sender = Some(sender);
        outbox.left_before = left_before;
        match &mut outbox.outgoing {
            // What prevents it ends the response, too.
            Some(Outgoing::Message(frame)) => drop(stream.send_data(frame.clone(), true)),
            outgoing => match outgoing.take() {
                Some(Outgoing::Inline(requests)) => self.pump = Pump::inline(requests, stream),
                Some(Outgoing::Task(requests)) => self.pump = Pump::task(requests, stream),
                _ => {}
            },
        }
        Ok(())
    }

    fn request(&self) -> Request<()> {
        let outbox = self.outbox.as_ref();
        let path = outbox
            .and_then(|outbox| outbox.method)
            .map_or("/", |method| method.path());
        let deadline = self.cancellation.deadline.at();
        let metadata = match outbox {
            Some(outbox) => &outbox.metadata,
            None => Metadata::empty(),
        };
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.channel.uri(path);
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = request_headers(self.channel.grpc_headers(), deadline, metadata);
        if let Some(terms) = &self.terms {
            terms.announce(request.headers_mut());
        }
        request
    }

    fn poll_response_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        loop {
            match &mut self.state {
                State::Start | State::Connecting(_) => {
                    ready!(self.poll_sent_inner(cx))?;
                }
                State::Sent(response) => match ready!(Pin::new(response).poll(cx)) {
                    Ok(response) => self.take_head(response)?,
                    Err(error) => self.refused(error)?,
                },
                State::Refused(..) => ready!(self.poll_again(cx))?,
                State::Page(page) => {
                    let status = ready!(page.poll(cx));
                    return Poll::Ready(Err(Ended::Here(Phase::Headers, status)));
                }
                _ => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Drives the call until a message may be here, or it has ended well.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, Status>> {
        let polled = self.poll_rest_inner(cx);
        self.or_ended(cx, polled)
    }

    fn poll_rest_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<Next, Ended>> {
        loop {
            match &mut self.state {
                State::Reading(_, Rest::Messages) => return Poll::Ready(Ok(Next::Message)),
                State::Reading(inbound, Rest::Trailers(failure)) => {
                    let trailers = ready!(inbound.poll_trailers(cx));
                    let failure = failure.take();
                    return Poll::Ready(self.take_trailers(trailers, failure).map(|()| Next::End));
                }
                State::Done => return Poll::Ready(Ok(Next::End)),
                _ => ready!(self.poll_response_inner(cx))?,
            }
        }
    }

    /// No more messages come; the error is what they ended with.
    fn end_of_messages(&mut self, failure: Option<Status>) -> Result<(), Status> {
        match (&mut self.state, failure) {
            // The trailers may say better what went wrong; but they need not ever come.
            (State::Reading(inbound, _), Some(failure)) if !inbound.has_ended() => {
                Err(self.fail(Ended::Here(Phase::Messages, failure)))
            }
            (State::Reading(_, rest), failure) => {
                *rest = Rest::Trailers(failure);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl<M: Send + 'static> MessageSource<M> for Exchange<M> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        let polled = self.poll_reply(cx).map(Result::transpose);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // A stream may be kept after its end, and its connection is none of its business then.
            self.call.connection = None;
        }
        polled
    }

    fn poll_headers(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.call.poll_response(cx)
    }

    fn headers(&self) -> Option<&Metadata> {
        Some(&self.call.headers)
    }

    fn trailers(&self) -> Option<&Metadata> {
        Some(&self.call.trailers)
    }
}

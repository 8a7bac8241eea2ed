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
use http::uri::PathAndQuery;
use http::{Method, Request, Version};

use self::failure::Ended;
use self::page::Page;
use super::phase::Phase;
use super::pump::{Pump, Requests};
use super::terms::Terms;
use crate::call::{CallParts, Fate, MessageCodec, Metadata, Source, Status};
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

/// A call under way. As a [`Source`] it is the stream of its replies.
pub(crate) struct Exchange<M: 'static> {
    channel: Channel,
    codec: &'static MessageCodec<M>,
    terms: Option<Box<Terms>>,
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
    /// Connections that the call was given to.
    attempt: u32,
}

enum State {
    /// Nothing is sent.
    Start(Box<Outbox>),
    /// The connection is being made.
    Connecting(
        Box<Outbox>,
        BoxFuture<'static, Result<Arc<Connection<Frame>>, Status>>,
    ),
    /// The request's headers are sent, or wait for a stream of the connection.
    Sent(Box<Outbox>, ResponseFuture),
    /// The server knows nothing of the call, which ended with this error; whether its requests can be sent elsewhere is
    /// to be seen.
    Refused(Box<Outbox>, h2::Error),
    /// The response is none of gRPC's: its body is read as far as it is shown.
    Page(Box<Page>),
    /// The response's headers are here.
    Reading(Inbound),
    /// Out of messages; the trailers are to come. The error is what the messages ended with.
    Ending(Inbound, Option<Status>),
    Done,
}

/// What is sent, kept until the server has answered: it may have to be sent again.
struct Outbox {
    parts: CallParts,
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
        let fate = match &outgoing {
            Outgoing::Message(_) => None,
            Outgoing::Inline(requests) | Outgoing::Task(requests) => requests.fate(),
        };
        Self {
            channel,
            codec,
            terms,
            cancellation,
            state: State::Start(Box::new(Outbox {
                parts,
                outgoing: Some(outgoing),
                sender: None,
                left_before: 0,
                dead: 0,
                is_refused: false,
            })),
            pump: Pump::Done,
            headers: Metadata::new(),
            trailers: Metadata::new(),
            ended_in_head: false,
            fate,
            connection: None,
            attempt: 1,
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
            // Its requests are waited for by other means.
            Poll::Pending if matches!(self.state, State::Refused(..)) => {
                let ended = ready!(self.cancellation.poll(cx));
                let phase = self.phase();
                self.failed(phase, ended)
            }
            Poll::Pending => match self.pump.poll_failure(cx) {
                Poll::Ready(status) => status,
                Poll::Pending => {
                    let ended = ready!(self.cancellation.poll(cx));
                    let phase = self.phase();
                    self.failed(phase, ended)
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
                State::Start(outbox) => match self.channel.subchannel().current() {
                    Some(connection) => self.send(connection, outbox)?,
                    None => {
                        let connecting = Box::pin(self.channel.subchannel().clone().connected());
                        self.state = State::Connecting(outbox, connecting);
                    }
                },
                State::Connecting(outbox, mut connecting) => match connecting.as_mut().poll(cx) {
                    Poll::Ready(Err(status)) => {
                        self.state = State::Start(outbox);
                        return Poll::Ready(Err(Ended::Unconnected(status)));
                    }
                    Poll::Ready(Ok(connection)) => self.send(connection, outbox)?,
                    Poll::Pending => {
                        self.state = State::Connecting(outbox, connecting);
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

    /// Sends the request on a connection; on one that is dead nothing leaves, and the call begins anew.
    fn send(&mut self, connection: Arc<Connection<Frame>>, mut outbox: Box<Outbox>) -> Result<(), Ended> {
        let mut sender = connection.sender();
        outbox.left_before = connection.left();
        self.connection = Some(connection);
        let (response, mut stream) = match sender.send_request(self.request(&outbox.parts), false) {
            Ok(sent) => sent,
            Err(error) => return self.found_dead(outbox, error),
        };
        outbox.sender = Some(sender);
        match &mut outbox.outgoing {
            // What prevents it ends the response, too.
            Some(Outgoing::Message(frame)) => drop(stream.send_data(frame.clone(), true)),
            outgoing => match outgoing.take() {
                Some(Outgoing::Inline(requests)) => self.pump = Pump::inline(requests, stream),
                Some(Outgoing::Task(requests)) => self.pump = Pump::task(requests, stream),
                _ => {}
            },
        }
        self.state = State::Sent(outbox, response);
        Ok(())
    }

    fn request(&self, parts: &CallParts) -> Request<()> {
        let path = parts.method.map_or("/", |method| method.path());
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.channel.target().uri(PathAndQuery::from_static(path));
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = request_headers(self.channel.grpc_headers(), parts);
        if let Some(terms) = &self.terms {
            terms.announce(request.headers_mut());
        }
        request
    }

    fn poll_response_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Ended>> {
        loop {
            match &mut self.state {
                State::Start(_) | State::Connecting(..) => {
                    ready!(self.poll_sent_inner(cx))?;
                }
                State::Sent(_, response) => match ready!(Pin::new(response).poll(cx)) {
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

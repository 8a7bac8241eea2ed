//! One gRPC call as a state machine: connection, request, headers, messages, trailers.

mod failure;
mod non_grpc_body;
mod response;
mod transparent_retry;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;
use h2::client::{ResponseFuture, SendRequest};
use http::{Method, Request, Version};

use self::non_grpc_body::NonGrpcBody;
use super::call_end::{CallFailure, CallPhase};
use super::client::GrpcClient;
use super::encoding::RequestEncoding;
use super::request_sender::{PendingRequests, RequestSending};
use crate::call::{CallOutcome, MessageCodec, MessageSource, Metadata, MethodDescriptor, Status};
use crate::channel::Connection;
use crate::client::options::Cancellation;
use crate::client::prepared_call::{PreparedCall, request_headers};
use crate::client::retry_limit::RetryLimit;
use crate::client::unary_collector::ReplySource;
use crate::wire::grpc::Inbound;
use crate::wire::http2::Frame;

/// The messages to send after the request headers.
pub(crate) enum RequestPayload {
    /// The only message, encoded.
    Message(Frame),
    /// A stream, polled together with the replies.
    Inline(Box<dyn PendingRequests>),
    /// A stream, sent by its own task.
    Task(Box<dyn PendingRequests>),
}

/// A running call. As a [`MessageSource`] it is the stream of its replies.
pub(crate) struct ClientCall<M: 'static> {
    /// Boxed: a future is moved several times before it is first polled.
    state: Box<CallState>,
    codec: &'static MessageCodec<M>,
}

/// The part of a call that does not depend on the type of its replies.
pub(crate) struct CallState {
    client: Arc<GrpcClient>,
    encoding: Option<Box<RequestEncoding>>,
    cancellation: Cancellation,
    stage: CallStage,
    /// The request, kept for transparent retries until the response headers arrive.
    replay: Option<ReplayBuffer>,
    sending: RequestSending,
    headers: Metadata,
    trailers: Metadata,
    /// The headers contained the status OK (Trailers-Only): the response has no trailers.
    ended_in_head: bool,
    /// Shared with the producer of the requests.
    call_outcome: Option<Arc<CallOutcome>>,
    /// The connection of the current attempt.
    connection: Option<Arc<Connection<Frame>>>,
    /// The number of the attempt, starting at 1.
    attempt: u32,
}

// The large variant is the usual one.
#[allow(clippy::large_enum_variant)]
enum CallStage {
    /// Nothing has been sent.
    Start,
    /// The call waits for a connection.
    Connecting(BoxFuture<'static, Result<Arc<Connection<Frame>>, Status>>),
    /// The request headers have been sent, or wait for a stream of the connection.
    Sent(ResponseFuture),
    /// The stream failed with this error before the server processed the call. A retry needs the requests back.
    Refused(h2::Error),
    /// The response is not gRPC: an excerpt of its body is read.
    NonGrpc(Box<NonGrpcBody>),
    /// The response headers have arrived.
    Reading(Inbound, ResponsePhase),
    Done,
}

/// The part of the response that is read next.
enum ResponsePhase {
    Messages,
    /// The trailers. The status is the error that the messages ended with.
    Trailers(Option<Status>),
}

/// The request of a call, kept for transparent retries.
struct ReplayBuffer {
    method: Option<&'static MethodDescriptor>,
    metadata: Metadata,
    /// `None` while a stream of requests is being sent.
    payload: Option<RequestPayload>,
    /// The handle that the request was sent with. It knows whether the request waits for a stream of the connection.
    sender: Option<SendRequest<Frame>>,
    /// The number of bytes sent on the connection before this request.
    bytes_before: u64,
    limit: RetryLimit,
}

impl<M: Send + 'static> ClientCall<M> {
    pub(crate) fn new<Req>(
        client: Arc<GrpcClient>,
        call: PreparedCall<Req, M>,
        payload: RequestPayload,
        encoding: Option<Box<RequestEncoding>>,
    ) -> Self {
        let PreparedCall {
            method,
            parts,
            cancellation,
        } = call;
        let call_outcome = match &payload {
            RequestPayload::Message(_) => None,
            RequestPayload::Inline(requests) | RequestPayload::Task(requests) => requests.call_outcome(),
        };
        let state = CallState {
            client,
            encoding,
            cancellation,
            stage: CallStage::Start,
            replay: Some(ReplayBuffer {
                method: parts.method,
                metadata: parts.metadata,
                payload: Some(payload),
                sender: None,
                bytes_before: 0,
                limit: RetryLimit::default(),
            }),
            sending: RequestSending::Done,
            headers: Metadata::new(),
            trailers: Metadata::new(),
            ended_in_head: false,
            call_outcome,
            connection: None,
            attempt: 1,
        };
        Self {
            state: Box::new(state),
            codec: method.reply(),
        }
    }

    pub(crate) fn state(&mut self) -> &mut CallState {
        &mut self.state
    }
}

impl<M: Send + 'static> ReplySource<M> for ClientCall<M> {
    #[inline]
    fn poll_reply(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<M>, Status>> {
        loop {
            if let CallStage::Reading(inbound, ResponsePhase::Messages) = &mut self.state.stage {
                match inbound.poll_message(cx, self.codec) {
                    Poll::Ready(Some(Ok(message))) => return Poll::Ready(Ok(Some(message))),
                    Poll::Ready(ended) => {
                        let failure = ended.and_then(Result::err);
                        self.state.end_messages(failure)?;
                    }
                    Poll::Pending => return self.state.poll_cancelled(cx).map(Err),
                }
            }
            match ready!(self.state.poll_event(cx))? {
                ResponseEvent::Message => {}
                ResponseEvent::End => return Poll::Ready(Ok(None)),
            }
        }
    }

    fn take_metadata(&mut self) -> (Metadata, Metadata) {
        (
            std::mem::take(&mut self.state.headers),
            std::mem::take(&mut self.state.trailers),
        )
    }

    fn fail_ended(&mut self, cause: Status) -> Status {
        self.state.with_context(CallPhase::Messages, cause)
    }
}

/// The next event of a response.
enum ResponseEvent {
    /// A message may have arrived.
    Message,
    /// The call has ended with OK.
    End,
}

impl CallState {
    /// Drives the call until the request headers have been sent.
    pub(crate) fn poll_sent(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let polled = self.poll_sent_inner(cx);
        self.or_cancelled(cx, polled)
    }

    /// Drives the call until the response headers have arrived.
    pub(crate) fn poll_response(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let polled = self.poll_response_inner(cx);
        self.or_cancelled(cx, polled)
    }

    /// Converts the failure of a step to a status. Checks for cancellation if the step is pending.
    fn or_cancelled<T>(
        &mut self,
        cx: &mut Context<'_>,
        polled: Poll<Result<T, CallFailure>>,
    ) -> Poll<Result<T, Status>> {
        match polled {
            Poll::Ready(done) => Poll::Ready(done.map_err(|failure| self.fail(failure))),
            Poll::Pending => self.poll_cancelled(cx).map(Err),
        }
    }

    #[cold]
    fn fail(&mut self, failure: CallFailure) -> Status {
        let status = self.failure_status(failure);
        self.end(Err(&status));
        status
    }

    /// Ready if the call must end on the client's side: its requests failed, its deadline passed, or its parent was
    /// cancelled. Polled while the response is pending.
    fn poll_cancelled(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        // A refused call waits for its requests in `poll_retry`.
        let failure = match &self.stage {
            CallStage::Refused(_) => Poll::Pending,
            _ => self.sending.poll_failure(cx),
        };
        let status = match failure {
            Poll::Ready(status) => status,
            Poll::Pending => {
                let cause = ready!(self.cancellation.poll(cx));
                let phase = self.phase();
                self.with_context(phase, cause)
            }
        };
        self.end(Err(&status));
        Poll::Ready(status)
    }

    /// Publishes the outcome and drops the stream, which resets it if it is still open.
    fn end(&mut self, outcome: Result<(), &Status>) {
        if let Some(call_outcome) = self.call_outcome.take() {
            call_outcome.end_call(match outcome {
                Ok(()) => {
                    Status::cancelled("the server has ended the call with OK; it takes no more messages")
                }
                Err(status) => status.clone(),
            });
        }
        // After the outcome: the producer observes the drop of the request stream.
        self.stage = CallStage::Done;
        self.replay = None;
        self.sending = RequestSending::Done;
    }

    fn poll_sent_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallFailure>> {
        loop {
            let connection = match &mut self.stage {
                CallStage::Start => match self.client.subchannel().current() {
                    Some(connection) => connection,
                    None => {
                        let connecting = self.client.subchannel().clone().connected();
                        self.stage = CallStage::Connecting(Box::pin(connecting));
                        continue;
                    }
                },
                CallStage::Connecting(connecting) => {
                    let connected = ready!(connecting.as_mut().poll(cx));
                    self.stage = CallStage::Start;
                    connected.map_err(CallFailure::Unconnected)?
                }
                _ => return Poll::Ready(Ok(())),
            };
            self.send(connection)?;
        }
    }

    /// Sends the request on a connection. If the connection is dead, nothing is sent and the call starts over.
    fn send(&mut self, connection: Arc<Connection<Frame>>) -> Result<(), CallFailure> {
        let mut sender = connection.sender();
        let bytes_before = connection.bytes_sent();
        self.connection = Some(connection);
        // A new handle is always ready: `h2` blocks a handle only while its last request waits for a stream.
        let (response, mut stream) = match sender.send_request(self.request(), false) {
            Ok(sent) => sent,
            Err(error) => return self.skip_dead_connection(error),
        };
        self.stage = CallStage::Sent(response);
        let Some(replay) = &mut self.replay else {
            return Ok(());
        };
        replay.sender = Some(sender);
        replay.bytes_before = bytes_before;
        match &mut replay.payload {
            // A failure to send also ends the response, which reports it.
            Some(RequestPayload::Message(frame)) => drop(stream.send_data(frame.clone(), true)),
            payload => match payload.take() {
                Some(RequestPayload::Inline(requests)) => {
                    self.sending = RequestSending::inline(requests, stream);
                }
                Some(RequestPayload::Task(requests)) => self.sending = RequestSending::task(requests, stream),
                _ => {}
            },
        }
        Ok(())
    }

    fn request(&self) -> Request<()> {
        let replay = self.replay.as_ref();
        let path = replay
            .and_then(|replay| replay.method)
            .map_or("/", |method| method.path());
        let deadline = self.cancellation.deadline.at();
        let metadata = match replay {
            Some(replay) => &replay.metadata,
            None => Metadata::empty(),
        };
        let mut request = Request::new(());
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.client.uri(path);
        *request.version_mut() = Version::HTTP_2;
        *request.headers_mut() = request_headers(self.client.headers(), deadline, metadata);
        if let Some(encoding) = &self.encoding {
            encoding.set_headers(request.headers_mut());
        }
        request
    }

    fn poll_response_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), CallFailure>> {
        loop {
            match &mut self.stage {
                CallStage::Start | CallStage::Connecting(_) => {
                    ready!(self.poll_sent_inner(cx))?;
                }
                CallStage::Sent(response) => match ready!(Pin::new(response).poll(cx)) {
                    Ok(response) => self.read_head(response)?,
                    Err(error) => self.retry_or_fail(error)?,
                },
                CallStage::Refused(..) => ready!(self.poll_retry(cx))?,
                CallStage::NonGrpc(body) => {
                    let status = ready!(body.poll(cx));
                    return Poll::Ready(Err(CallFailure::Local(CallPhase::Headers, status)));
                }
                _ => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Drives the call until a message may have arrived or the call has ended with OK.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseEvent, Status>> {
        let polled = self.poll_event_inner(cx);
        self.or_cancelled(cx, polled)
    }

    fn poll_event_inner(&mut self, cx: &mut Context<'_>) -> Poll<Result<ResponseEvent, CallFailure>> {
        loop {
            match &mut self.stage {
                CallStage::Reading(_, ResponsePhase::Messages) => {
                    return Poll::Ready(Ok(ResponseEvent::Message));
                }
                CallStage::Reading(inbound, ResponsePhase::Trailers(failure)) => {
                    let trailers = ready!(inbound.poll_trailers(cx));
                    let failure = failure.take();
                    let ended = self.read_trailers(trailers, failure);
                    return Poll::Ready(ended.map(|()| ResponseEvent::End));
                }
                CallStage::Done => return Poll::Ready(Ok(ResponseEvent::End)),
                _ => ready!(self.poll_response_inner(cx))?,
            }
        }
    }

    /// Handles the end of the messages, which may be an error.
    fn end_messages(&mut self, failure: Option<Status>) -> Result<(), Status> {
        match (&mut self.stage, failure) {
            // The stream is still open and its trailers may never arrive: fail now.
            (CallStage::Reading(inbound, _), Some(failure)) if !inbound.has_ended() => {
                Err(self.fail(CallFailure::Local(CallPhase::Messages, failure)))
            }
            // The trailers may explain the failure better.
            (CallStage::Reading(_, phase), failure) => {
                *phase = ResponsePhase::Trailers(failure);
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl<M: Send + 'static> MessageSource<M> for ClientCall<M> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        let polled = self.poll_reply(cx).map(Result::transpose);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            // The caller may keep an ended stream. It must not keep the connection.
            self.state.connection = None;
        }
        polled
    }

    fn poll_headers(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.state.poll_response(cx)
    }

    fn headers(&self) -> Option<&Metadata> {
        Some(&self.state.headers)
    }

    fn trailers(&self) -> Option<&Metadata> {
        Some(&self.state.trailers)
    }
}

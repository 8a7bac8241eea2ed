//! A gRPC response, from its headers to its trailers.

use std::sync::Arc;
use std::task::{Context as Task, Poll, ready};

use bytes::Buf as _;
use h2::SendStream;
use h2::server::SendResponse;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Response};

use super::negotiation::NegotiatedReply;
use super::pipe::{PipeResponder, PipeSink};
use crate::call::{Context, HeaderPhase, Status, append_all};
use crate::wire::grpc::{CONTENT_TYPE_GRPC, EncodeOptions, FrameSink, Outbound, status_trailers};
use crate::wire::http2::{Budget, Frame};

/// Frames up to this size in bytes are not charged to the budget: the stream limit bounds how many can be unsent.
pub(crate) const MAX_UNCOUNTED_REPLY_BYTES: usize = 4 * 1024;

/// The sender of response headers.
#[derive(Debug)]
pub(crate) enum Responder {
    /// An HTTP/2 stream, with the budget of unsent replies of its connection.
    H2(SendResponse<Frame>, Arc<Budget>),
    Pipe(PipeResponder),
}

/// The sender of response messages.
#[derive(Debug)]
pub(crate) enum ResponseSink {
    H2(SendStream<Frame>, Arc<Budget>),
    Pipe(PipeSink),
}

/// The progress of a response.
#[derive(Debug)]
pub(crate) enum GrpcResponse {
    Unsent(Responder, Option<Box<NegotiatedReply>>),
    Sent(Outbound<ResponseSink>),
    Done,
}

impl GrpcResponse {
    /// Creates a response. `negotiated` is `None` for plain protobuf.
    pub(crate) fn new(responder: Responder, negotiated: Option<Box<NegotiatedReply>>) -> Self {
        Self::Unsent(responder, negotiated)
    }

    /// Completes when the caller no longer waits for the response.
    pub(crate) fn poll_closed(&mut self, task: &mut Task<'_>) -> Poll<()> {
        match self {
            // Also completes, with an error, when the connection is closed.
            Self::Unsent(Responder::H2(responder, _), _) => responder.poll_reset(task).map(|_| ()),
            Self::Unsent(Responder::Pipe(responder), _) => responder.poll_closed(task),
            Self::Sent(outbound) => outbound.sink().poll_closed(task).map(|_| ()),
            Self::Done => Poll::Pending,
        }
    }

    /// Sends the headers, unless already sent. Returns the stream of messages.
    pub(crate) fn send_headers(&mut self, cx: &Context) -> Result<&mut Outbound<ResponseSink>, Status> {
        if let Self::Unsent(..) = self {
            let Self::Unsent(responder, negotiated) = std::mem::replace(self, Self::Done) else {
                unreachable!("matched above")
            };
            let (head, extra) = head(cx, negotiated);
            *self = Self::Sent(Outbound::new(responder.send(head)?, extra));
        }
        match self {
            Self::Sent(outbound) => Ok(outbound),
            _ => Err(Status::cancelled("the response has already ended")),
        }
    }

    /// Ends the response with a status, in trailers or, if nothing was sent, in the headers (`Trailers-Only`).
    /// Ignores a closed connection.
    pub(crate) fn finish(&mut self, cx: &Context, outcome: Result<(), &Status>) {
        let sent = match std::mem::replace(self, Self::Done) {
            Self::Unsent(responder, negotiated) => {
                let (mut head, _) = head(cx, negotiated);
                add_trailers(cx, outcome, head.headers_mut());
                responder.send_only(head)
            }
            Self::Sent(mut outbound) => {
                let mut trailers = HeaderMap::new();
                add_trailers(cx, outcome, &mut trailers);
                outbound.finish_with(trailers)
            }
            Self::Done => Ok(()),
        };
        if let Err(status) = sent {
            tracing::trace!(%status, "cannot finish a response: connection closed");
        }
    }
}

/// Creates the response headers, and the options for encoding the messages.
fn head(
    cx: &Context,
    negotiated: Option<Box<NegotiatedReply>>,
) -> (Response<()>, Option<Box<EncodeOptions>>) {
    let mut response = Response::new(());
    let mut state = cx.response();
    state.phase = HeaderPhase::Sent;
    *response.headers_mut() = std::mem::take(&mut state.headers).into_headers();
    let extra = match negotiated {
        None => {
            response.headers_mut().insert(CONTENT_TYPE, CONTENT_TYPE_GRPC);
            None
        }
        Some(negotiated) => Some(Box::new(negotiated.announce(response.headers_mut()))),
    };
    (response, extra)
}

fn add_trailers(cx: &Context, outcome: Result<(), &Status>, headers: &mut HeaderMap) {
    let trailers = std::mem::take(&mut cx.response().trailers);
    if !trailers.is_empty() {
        append_all(headers, trailers.into_headers());
    }
    status_trailers(outcome, headers);
}

impl Responder {
    fn send(self, head: Response<()>) -> Result<ResponseSink, Status> {
        match self {
            Self::H2(mut responder, budget) => {
                let sent = responder.send_response(head, false);
                sent.map(|stream| ResponseSink::H2(stream, budget))
                    .map_err(crate::wire::grpc::from_h2)
            }
            Self::Pipe(responder) => responder.send(head).map(ResponseSink::Pipe),
        }
    }

    fn send_only(self, head: Response<()>) -> Result<(), Status> {
        match self {
            Self::H2(mut responder, _) => {
                let sent = responder.send_response(head, true);
                sent.map(drop).map_err(crate::wire::grpc::from_h2)
            }
            Self::Pipe(responder) => responder.send_only(head),
        }
    }
}

impl FrameSink for ResponseSink {
    fn send_data(&mut self, mut frame: Frame, end: bool) -> Result<(), Status> {
        match self {
            Self::H2(sink, budget) => {
                if frame.remaining() > MAX_UNCOUNTED_REPLY_BYTES {
                    frame.charge(budget);
                }
                FrameSink::send_data(sink, frame, end)
            }
            Self::Pipe(sink) => sink.send_data(frame, end),
        }
    }

    fn send_trailers(&mut self, trailers: HeaderMap) -> Result<(), Status> {
        match self {
            Self::H2(sink, _) => FrameSink::send_trailers(sink, trailers),
            Self::Pipe(sink) => sink.send_trailers(trailers),
        }
    }

    fn poll_room(&mut self, task: &mut Task<'_>) -> Poll<Result<(), Status>> {
        match self {
            Self::H2(sink, _) => sink.poll_room(task),
            Self::Pipe(sink) => sink.poll_room(task),
        }
    }

    fn poll_closed(&mut self, task: &mut Task<'_>) -> Poll<Status> {
        match self {
            Self::H2(sink, _) => Poll::Ready(ready!(sink.poll_closed(task))),
            Self::Pipe(sink) => sink.poll_closed(task),
        }
    }

    fn reset(&mut self) {
        match self {
            Self::H2(sink, _) => sink.reset(),
            Self::Pipe(sink) => sink.reset(),
        }
    }
}

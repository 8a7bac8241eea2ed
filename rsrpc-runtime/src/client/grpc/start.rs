//! Starts a call of each kind.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::exchange::{Exchange, Outgoing};
use super::phase::Phase;
use super::pump::TypedRequests;
use super::terms::Terms;
use crate::call::{Status, Streaming};
use crate::client::Response;
use crate::client::start::Start;
use crate::wire::grpc::shared_message_frame;
use crate::wire::http2::Frame;

/// A call that brings one reply.
pub(crate) struct OneReply<Rep: 'static> {
    exchange: Exchange<Rep>,
    reply: Option<Rep>,
}

pub(crate) fn unary<Req, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    request: &Req,
) -> Result<OneReply<Rep>, Status> {
    let (terms, message) = encoded(&start, request)?;
    Ok(OneReply {
        exchange: exchange(start, Outgoing::Message(message), terms),
        reply: None,
    })
}

pub(crate) async fn server_streaming<Req, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    request: Req,
) -> Result<Streaming<Rep>, Status> {
    let (terms, message) = encoded(&start, &request)?;
    let mut exchange = exchange(start, Outgoing::Message(message), terms);
    poll_fn(|cx| exchange.call().poll_response(cx)).await?;
    Ok(Streaming::from_source(exchange))
}

pub(crate) async fn client_streaming<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    messages: Streaming<Req>,
) -> Result<Response<Rep>, Status> {
    let (terms, requests) = requests(&start, messages)?;
    OneReply {
        exchange: exchange(start, Outgoing::Inline(requests), terms),
        reply: None,
    }
    .await
}

/// Does not wait for the server: one that answers only what it has read would wait for ever.
pub(crate) async fn bidi<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    messages: Streaming<Req>,
) -> Result<Streaming<Rep>, Status> {
    let (terms, requests) = requests(&start, messages)?;
    let mut exchange = exchange(start, Outgoing::Task(requests), terms);
    poll_fn(|cx| exchange.call().poll_sent(cx)).await?;
    Ok(Streaming::from_source(exchange))
}

fn exchange<Req, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    outgoing: Outgoing,
    terms: Option<Box<Terms>>,
) -> Exchange<Rep> {
    let Start {
        channel,
        method,
        parts,
        cancellation,
    } = start;
    Exchange::new(channel, parts, outgoing, method.reply(), terms, cancellation)
}

/// What is sent, and the terms where they are not the usual ones.
type Begun<T> = (Option<Box<Terms>>, T);

/// The only message of a request.
fn encoded<Req, Rep>(start: &Start<Req, Rep>, message: &Req) -> Result<Begun<Frame>, Status> {
    let terms = Terms::of(
        start.method,
        start.parts.compression_override,
        start.channel.messages(),
    )?;
    let extra = terms.as_ref().map(|terms| terms.sending());
    let frame = shared_message_frame(start.method.request(), message, extra.as_deref())?;
    Ok((terms, frame))
}

/// The messages of a request.
fn requests<Req: Send + 'static, Rep>(
    start: &Start<Req, Rep>,
    messages: Streaming<Req>,
) -> Result<Begun<Box<TypedRequests<Req>>>, Status> {
    let terms = Terms::of(
        start.method,
        start.parts.compression_override,
        start.channel.messages(),
    )?;
    let requests = TypedRequests {
        messages,
        codec: start.method.request(),
        extra: terms.as_ref().map(|terms| terms.sending()),
    };
    Ok((terms, Box::new(requests)))
}

// The reply is never pinned.
impl<Rep> Unpin for OneReply<Rep> {}

impl<Rep: Send + 'static> Future for OneReply<Rep> {
    type Output = Result<Response<Rep>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { exchange, reply } = &mut *self;
        let ended = loop {
            match ready!(exchange.poll_reply(cx)) {
                Ok(None) => break reply.take().ok_or("the server sent no reply to a unary call"),
                Ok(Some(next)) => {
                    if reply.replace(next).is_some() {
                        break Err("the server sent more than one reply to a unary call");
                    }
                }
                Err(status) => {
                    let (headers, _) = exchange.call().take_metadata();
                    return Poll::Ready(Err(status.with_headers(headers)));
                }
            }
        };
        let (headers, trailers) = exchange.call().take_metadata();
        // The method is no unary one over there.
        let message = ended.map_err(|why| {
            let status = exchange
                .call()
                .failed(Phase::Messages, Status::unimplemented(why));
            status.with_headers(headers.clone())
        })?;
        Poll::Ready(Ok(Response {
            message,
            headers,
            trailers,
        }))
    }
}

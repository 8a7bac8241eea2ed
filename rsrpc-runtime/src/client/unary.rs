//! Unary calls.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use futures_core::future::BoxFuture;

#[cfg(feature = "jsonrpc")]
use super::Protocol;
use super::options::{CallOptions, call_options};
use super::{Channel, Response};
use crate::call::{Method, Status};

#[cfg(feature = "grpc")]
use super::grpc::{Exchange, Outgoing};
use crate::call::{CallParts, MessageCodec, ProtobufCodec};
use crate::client::options::Cancellation;
use crate::interceptor::{Call, Reply, RequestBody, Typed};

/// A unary call that is not made yet: `.await` makes it and gives the reply.
///
/// # Errors
/// Of the `.await`: the server's status, or one made here, which names the target and what failed.
#[must_use = "a call is made only when it is awaited"]
pub struct UnaryCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    request: Req,
    options: CallOptions,
}

/// A unary call whose `.await` gives the reply with its metadata.
#[must_use = "a call is made only when it is awaited"]
#[derive(Debug)]
pub struct DetailedUnaryCall<Req: 'static, Rep: 'static>(UnaryCall<Req, Rep>);

impl<Req: Send + 'static, Rep: Send + 'static> UnaryCall<Req, Rep> {
    /// A call of a method on a channel.
    pub fn new(channel: &Channel, method: &'static Method<Req, Rep>, request: Req) -> Self {
        Self {
            channel: channel.clone(),
            method,
            request,
            options: CallOptions::default(),
        }
    }

    call_options!();

    /// Makes the `.await` give the reply with its metadata.
    pub fn detailed(self) -> DetailedUnaryCall<Req, Rep> {
        DetailedUnaryCall(self)
    }

    fn start(self) -> UnaryFuture<Rep> {
        let Self {
            channel,
            method,
            request,
            options,
        } = self;
        let (parts, cancellation) = match options.begin(&channel, method.descriptor()) {
            Ok(begun) => begun,
            Err(status) => return UnaryFuture(State::Failed(Some(status))),
        };
        if !channel.chain().is_empty() {
            return UnaryFuture(State::Boxed(Box::pin(intercepted(
                channel,
                method,
                request,
                parts,
                cancellation,
            ))));
        }
        start_plain(channel, method, request, parts, cancellation)
    }
}

/// Without interceptors.
fn start_plain<Req: Send + 'static, Rep: Send + 'static>(
    channel: Channel,
    method: &'static Method<Req, Rep>,
    request: Req,
    parts: CallParts,
    cancellation: Cancellation,
) -> UnaryFuture<Rep> {
    #[cfg(feature = "jsonrpc")]
    if channel.protocol() == Protocol::JsonRpc {
        let called = super::jsonrpc::call(channel, method, &request, parts, cancellation);
        return UnaryFuture(called.map_or_else(|status| State::Failed(Some(status)), State::Boxed));
    }
    let started =
        encode(method.request(), &request).and_then(|message| Ok((message, protobuf(method.reply())?)));
    UnaryFuture(match started {
        Ok((message, codec)) => State::Grpc {
            exchange: Exchange::new(channel, parts, Outgoing::Message(message), codec, cancellation),
            reply: None,
        },
        Err(status) => State::Failed(Some(status)),
    })
}

async fn intercepted<Req: Send + 'static, Rep: Send + 'static>(
    channel: Channel,
    method: &'static Method<Req, Rep>,
    request: Req,
    parts: CallParts,
    mut cancellation: Cancellation,
) -> Result<Response<Rep>, Status> {
    let call = Call::new(
        parts,
        RequestBody::Message(Typed::boxed(request, method.request())),
    );
    let chain = channel.chain().clone();
    let replied = chain.run(call, move |mut call| async move {
        let request = call.take_message(method.request()).await?;
        let cancellation = Cancellation::new(call.parts.deadline, None);
        let response = start_plain(channel, method, request, call.parts, cancellation).await?;
        let mut reply = Reply::typed(response.message, method.reply());
        *reply.headers_mut() = response.headers;
        *reply.trailers_mut() = response.trailers;
        Ok(reply)
    });
    let taken = cancellation.guard(replied).await?.take_message(method.reply())?;
    Ok(Response {
        message: taken.message,
        headers: taken.headers,
        trailers: taken.trailers,
    })
}

pub(crate) fn protobuf<M>(codec: &'static MessageCodec<M>) -> Result<&'static ProtobufCodec<M>, Status> {
    codec.as_protobuf().ok_or_else(|| {
        Status::unimplemented(format!(
            "{} has no protobuf encoding: it cannot be called over gRPC",
            codec.name()
        ))
    })
}

/// The only message of a request.
#[cfg(feature = "grpc")]
pub(crate) fn encode<M>(
    codec: &'static MessageCodec<M>,
    message: &M,
) -> Result<crate::wire::http2::Frame, Status> {
    crate::wire::grpc::message_frame(protobuf(codec)?, message)
}

/// A unary call under way. Dropping it cancels the call.
#[must_use = "futures do nothing unless polled"]
pub struct UnaryFuture<Rep: 'static>(State<Rep>);

// The large variant is the usual one.
#[allow(clippy::large_enum_variant)]
enum State<Rep: 'static> {
    #[cfg(feature = "grpc")]
    Grpc {
        exchange: Exchange<Rep>,
        reply: Option<Rep>,
    },
    Boxed(BoxFuture<'static, Result<Response<Rep>, Status>>),
    Failed(Option<Status>),
}

// The reply is never pinned.
impl<Rep> Unpin for UnaryFuture<Rep> {}

impl<Rep: Send + 'static> Future for UnaryFuture<Rep> {
    type Output = Result<Response<Rep>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            #[cfg(feature = "grpc")]
            State::Grpc { exchange, reply } => poll_only(exchange, reply, cx),
            State::Boxed(future) => future.as_mut().poll(cx),
            State::Failed(status) => Poll::Ready(Err(status
                .take()
                .expect("a future is not polled after it was ready"))),
        }
    }
}

/// Drives a call to its end, which must bring one reply.
#[cfg(feature = "grpc")]
pub(crate) fn poll_only<Rep: Send + 'static>(
    exchange: &mut Exchange<Rep>,
    reply: &mut Option<Rep>,
    cx: &mut Context<'_>,
) -> Poll<Result<Response<Rep>, Status>> {
    while let Some(next) = ready!(exchange.poll_reply(cx))? {
        if reply.replace(next).is_some() {
            return Poll::Ready(Err(Status::unimplemented(
                "the server sent more than one reply to a unary call",
            )));
        }
    }
    let Some(message) = reply.take() else {
        return Poll::Ready(Err(Status::unimplemented(
            "the server sent no reply to a unary call",
        )));
    };
    let (headers, trailers) = exchange.take_metadata();
    Poll::Ready(Ok(Response {
        message,
        headers,
        trailers,
    }))
}

/// The reply of a unary call, without its metadata.
#[must_use = "futures do nothing unless polled"]
#[derive(Debug)]
pub struct UnaryReply<Rep: 'static>(UnaryFuture<Rep>);

impl<Rep: Send + 'static> Future for UnaryReply<Rep> {
    type Output = Result<Rep, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map_ok(|response| response.message)
    }
}

impl<Req: Send + 'static, Rep: Send + 'static> IntoFuture for UnaryCall<Req, Rep> {
    type Output = Result<Rep, Status>;
    type IntoFuture = UnaryReply<Rep>;

    fn into_future(self) -> UnaryReply<Rep> {
        UnaryReply(self.start())
    }
}

impl<Req: Send + 'static, Rep: Send + 'static> IntoFuture for DetailedUnaryCall<Req, Rep> {
    type Output = Result<Response<Rep>, Status>;
    type IntoFuture = UnaryFuture<Rep>;

    fn into_future(self) -> UnaryFuture<Rep> {
        self.0.start()
    }
}

impl<Req, Rep> fmt::Debug for UnaryCall<Req, Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryCall")
            .field("method", &self.method.descriptor().path())
            .finish_non_exhaustive()
    }
}

impl<Rep> fmt::Debug for UnaryFuture<Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryFuture").finish_non_exhaustive()
    }
}

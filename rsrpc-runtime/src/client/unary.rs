//! Unary calls.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::options::{CallOptions, call_options};
use super::start::{Start, Unary};
use super::{Channel, Response};
use crate::call::{Method, Status};
use crate::interceptor::{RequestBody, TypedMessage};

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
        let start = match Start::new(channel, method, options) {
            Ok(start) => start,
            Err(status) => return UnaryFuture(Unary::Failed(Some(status))),
        };
        UnaryFuture(if start.has_interceptors() {
            Unary::Boxed(Box::pin(intercepted(start, request)))
        } else {
            start.unary(request)
        })
    }
}

async fn intercepted<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    request: Req,
) -> Result<Response<Rep>, Status> {
    let method = start.method;
    let body = RequestBody::Message(TypedMessage::boxed(request, method.request()));
    let replied = start.intercept(body, None, move |start, mut call| async move {
        let request = call.take_message(method.request()).await?;
        Ok(start.unary(request).await?.into_reply(method.reply()))
    });
    Response::from_reply(replied.await?, method.reply())
}

/// A unary call under way. Dropping it cancels the call.
#[must_use = "futures do nothing unless polled"]
pub struct UnaryFuture<Rep: 'static>(Unary<Rep>);

impl<Rep: Send + 'static> Future for UnaryFuture<Rep> {
    type Output = Result<Response<Rep>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx)
    }
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

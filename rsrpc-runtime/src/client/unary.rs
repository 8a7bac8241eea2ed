//! Unary calls.

use std::fmt;
use std::future::{Future, IntoFuture};
use std::pin::Pin;
use std::task::{Context, Poll};

use super::channel::Channel;
use super::options::{CallOptions, call_options};
use super::response::Response;
use super::start::CallStart;
use super::unary_future::UnaryFuture;
use crate::call::{Method, Status};
use crate::interceptor::{RequestBody, TypedMessage};

/// A unary call that has not been sent. `.await` sends it and returns the reply.
///
/// # Errors
/// `.await` fails with the server's status, or with a local status that names the target and the failed phase.
#[must_use = "a call is sent only when it is awaited"]
pub struct UnaryCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    request: Req,
    options: CallOptions,
}

/// A unary call whose `.await` returns the reply with its metadata.
#[must_use = "a call is sent only when it is awaited"]
#[derive(Debug)]
pub struct DetailedUnaryCall<Req: 'static, Rep: 'static>(UnaryCall<Req, Rep>);

impl<Req: Send + 'static, Rep: Send + 'static> UnaryCall<Req, Rep> {
    /// Creates a call of a method on a channel.
    pub fn new(channel: &Channel, method: &'static Method<Req, Rep>, request: Req) -> Self {
        Self {
            channel: channel.clone(),
            method,
            request,
            options: CallOptions::default(),
        }
    }

    call_options!();

    /// Changes the result of `.await` to the reply with its metadata.
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
        match CallStart::new(channel, method, options) {
            Ok(start) if start.has_interceptors() => {
                UnaryFuture::boxed(Box::pin(intercepted(start, request)))
            }
            Ok(start) => start.unary(&request),
            Err(status) => UnaryFuture::failed(status),
        }
    }
}

async fn intercepted<Req: Send + 'static, Rep: Send + 'static>(
    start: CallStart<Req, Rep>,
    request: Req,
) -> Result<Response<Rep>, Status> {
    let method = start.call.method;
    let body = RequestBody::Message(TypedMessage::boxed(request, method.request()));
    let replied = start.intercept(body, None, move |start, mut call| async move {
        let request = call.take_message(method.request()).await?;
        let replied = start.unary(&request);
        drop(request);
        Ok(replied.await?.into_reply(method.reply()))
    });
    Response::from_reply(replied.await?, method.reply())
}

/// The future of a unary call's reply without its metadata.
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

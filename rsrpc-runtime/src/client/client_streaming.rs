//! Client-streaming calls.

use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;

use super::options::{CallOptions, call_options};
use super::start::Start;
use super::{Channel, Response};
use crate::call::{Method, Status, Streaming};
use crate::interceptor::RequestBody;

/// A client-streaming call that is not made yet: `.await` makes it, sends the requests, and gives the reply.
///
/// When the stream of requests fails, or its sender is dropped without `finish()`, the call is cancelled and fails
/// with that status: the server never takes what it got for the whole.
///
/// # Errors
/// Of the `.await`: the server's status, the stream's, or one made here, which names the target and what failed.
#[must_use = "a call is made only when it is awaited"]
pub struct ClientStreamingCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    requests: Streaming<Req>,
    options: CallOptions,
}

impl<Req: Send + 'static, Rep: Send + 'static> ClientStreamingCall<Req, Rep> {
    /// A call of a method on a channel.
    pub fn new(channel: &Channel, method: &'static Method<Req, Rep>, requests: Streaming<Req>) -> Self {
        Self {
            channel: channel.clone(),
            method,
            requests,
            options: CallOptions::default(),
        }
    }

    call_options!();

    /// Makes the call; gives the reply with its metadata.
    ///
    /// # Errors
    /// As of the `.await`.
    pub async fn detailed(self) -> Result<Response<Rep>, Status> {
        let Self {
            channel,
            method,
            requests,
            options,
        } = self;
        let start = Start::new(channel, method, options)?;
        if !start.has_interceptors() {
            return start.client_streaming(requests).await;
        }
        let body = RequestBody::Stream(Box::new(requests));
        let replied = start.intercept(body, None, move |start, mut call| async move {
            let requests = call.take_stream(method.request())?;
            Ok(start.client_streaming(requests).await?.into_reply(method.reply()))
        });
        Response::from_reply(replied.await?, method.reply())
    }
}

impl<Req: Send + 'static, Rep: Send + 'static> IntoFuture for ClientStreamingCall<Req, Rep> {
    type Output = Result<Rep, Status>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async { Ok(self.detailed().await?.message) })
    }
}

impl<Req, Rep> fmt::Debug for ClientStreamingCall<Req, Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientStreamingCall")
            .field("method", &self.method.descriptor().path())
            .finish_non_exhaustive()
    }
}

//! Client-streaming calls.

use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;

use super::channel::Channel;
use super::options::{CallOptions, call_options};
use super::response::Response;
use super::start::CallStart;
use crate::call::{Method, Status, Streaming};
use crate::interceptor::RequestBody;

/// A client-streaming call that has not been sent. `.await` sends it with its requests and returns the reply.
///
/// If the stream of requests fails, or its sender is dropped without `finish()`, the call is cancelled and fails with that
/// status. The server never mistakes the truncated stream for a complete one.
///
/// # Errors
/// `.await` fails with the server's status, the stream's status, or a local status that names the target and the failed
/// phase.
#[must_use = "a call is sent only when it is awaited"]
pub struct ClientStreamingCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    requests: Streaming<Req>,
    options: CallOptions,
}

impl<Req: Send + 'static, Rep: Send + 'static> ClientStreamingCall<Req, Rep> {
    /// Creates a call of a method on a channel.
    pub fn new(channel: &Channel, method: &'static Method<Req, Rep>, requests: Streaming<Req>) -> Self {
        Self {
            channel: channel.clone(),
            method,
            requests,
            options: CallOptions::default(),
        }
    }

    call_options!();

    /// Sends the call and returns the reply with its metadata.
    ///
    /// # Errors
    /// The same as for `.await`.
    pub async fn detailed(self) -> Result<Response<Rep>, Status> {
        let Self {
            channel,
            method,
            requests,
            options,
        } = self;
        let start = CallStart::new(channel, method, options)?;
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

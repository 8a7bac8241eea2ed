//! Server-streaming calls.

use std::fmt;
use std::future::IntoFuture;

use futures_core::future::BoxFuture;

use super::channel::Channel;
use super::options::{CallOptions, call_options};
use super::start::CallStart;
use crate::call::{Method, Status, Streaming};
use crate::interceptor::{Reply, RequestBody, TypedMessage, with_metadata};

/// A server-streaming call that has not been sent. `.await` sends it, waits for the response headers, and returns the
/// stream of replies.
///
/// # Errors
/// `.await` fails if the call fails before the response headers. The stream returns later errors.
#[must_use = "a call is sent only when it is awaited"]
pub struct ServerStreamingCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    request: Req,
    options: CallOptions,
}

impl<Req: Send + 'static, Rep: Send + 'static> ServerStreamingCall<Req, Rep> {
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

    async fn run(self) -> Result<Streaming<Rep>, Status> {
        let Self {
            channel,
            method,
            request,
            options,
        } = self;
        let start = CallStart::new(channel, method, options)?;
        if !start.has_interceptors() {
            return start.server_streaming(request).await;
        }
        let parent = start.parent();
        let body = RequestBody::Message(TypedMessage::boxed(request, method.request()));
        let replied = start.intercept(body, parent, move |start, mut call| async move {
            let request = call.take_message(method.request()).await?;
            start.server_streaming(request).await.map(Reply::stream)
        });
        let (stream, headers, trailers) = replied.await?.take_stream(method.reply())?;
        Ok(with_metadata(stream, headers, trailers))
    }
}

impl<Req: Send + 'static, Rep: Send + 'static> IntoFuture for ServerStreamingCall<Req, Rep> {
    type Output = Result<Streaming<Rep>, Status>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl<Req, Rep> fmt::Debug for ServerStreamingCall<Req, Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerStreamingCall")
            .field("method", &self.method.descriptor().path())
            .finish_non_exhaustive()
    }
}

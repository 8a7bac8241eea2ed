//! Client-streaming calls.

use std::fmt;
use std::future::{Future, IntoFuture, poll_fn};
use std::pin::Pin;

use super::grpc::{Exchange, Outgoing, TypedRequests};
use super::options::{CallOptions, Cancellation, call_options};
use super::unary::{poll_only, protobuf};
use super::{Channel, Response};
use crate::call::{CallParts, Method, Status, Streaming};
use crate::interceptor::{Call, Reply, RequestBody};

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
        let (parts, mut cancellation) = options.begin(&channel, method.descriptor())?;
        if channel.chain().is_empty() {
            return start(channel, method, requests, parts, cancellation).await;
        }
        let call = Call::new(parts, RequestBody::Stream(Box::new(requests)));
        let chain = channel.chain().clone();
        let replied = chain.run(call, move |mut call| async move {
            let requests = call.take_stream(method.request())?;
            let cancellation = Cancellation::new(call.parts.deadline, None);
            let response = start(channel, method, requests, call.parts, cancellation).await?;
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
}

async fn start<Req: Send + 'static, Rep: Send + 'static>(
    channel: Channel,
    method: &'static Method<Req, Rep>,
    messages: Streaming<Req>,
    parts: CallParts,
    cancellation: Cancellation,
) -> Result<Response<Rep>, Status> {
    let requests = Box::new(TypedRequests {
        messages,
        codec: protobuf(method.request())?,
    });
    let outgoing = Outgoing::Inline(requests);
    let mut exchange = Exchange::new(channel, parts, outgoing, protobuf(method.reply())?, cancellation);
    let mut reply = None;
    poll_fn(|cx| poll_only(&mut exchange, &mut reply, cx)).await
}

impl<Req: Send + 'static, Rep: Send + 'static> IntoFuture for ClientStreamingCall<Req, Rep> {
    type Output = Result<Rep, Status>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

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

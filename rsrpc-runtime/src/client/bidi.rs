//! Bidirectional calls.

use std::fmt;

use super::Channel;
use super::options::{CallOptions, call_options};
use super::start::Start;
use crate::call::{Method, Status, StreamSender, Streaming};
use crate::interceptor::{Reply, RequestBody, with_metadata};

/// Requests that wait in a [`StreamSender`] until they can be sent.
const QUEUE: usize = 16;

/// A bidirectional call that is not made yet: [`open`](Self::open) makes it.
#[must_use = "a call is made only when it is opened"]
pub struct BidiCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    options: CallOptions,
}

impl<Req: Send + 'static, Rep: Send + 'static> BidiCall<Req, Rep> {
    /// A call of a method on a channel.
    pub fn new(channel: &Channel, method: &'static Method<Req, Rep>) -> Self {
        Self {
            channel: channel.clone(),
            method,
            options: CallOptions::default(),
        }
    }

    call_options!();

    /// Makes the call: the half that sends, and the half that receives. Waits for the connection, never for the
    /// server: one that answers only what it has read would wait for ever. Up to 16 messages wait in the sender until
    /// they can be sent; then its [`send`](StreamSender::send) waits.
    ///
    /// Dropping the receiving half cancels the call; so does dropping the sending half without
    /// [`finish`](StreamSender::finish).
    ///
    /// # Errors
    /// No connection could be made, or an interceptor refused. What happens later comes from the stream.
    pub async fn open(self) -> Result<(StreamSender<Req>, Streaming<Rep>), Status> {
        let (sender, requests) = Streaming::channel(QUEUE);
        Ok((sender, self.send(requests).await?))
    }

    /// Makes the call with a stream of requests, which a task sends while the replies are read.
    ///
    /// # Errors
    /// As of [`open`](Self::open).
    pub async fn send(self, requests: impl Into<Streaming<Req>>) -> Result<Streaming<Rep>, Status> {
        self.run(requests.into()).await
    }

    async fn run(self, requests: Streaming<Req>) -> Result<Streaming<Rep>, Status> {
        let Self {
            channel,
            method,
            options,
        } = self;
        let start = Start::new(channel, method, options)?;
        if !start.has_interceptors() {
            return start.bidi(requests).await;
        }
        let parent = start.parent();
        let body = RequestBody::Stream(Box::new(requests));
        let replied = start.intercept(body, parent, move |start, mut call| async move {
            let requests = call.take_stream(method.request())?;
            start.bidi(requests).await.map(Reply::stream)
        });
        let (stream, headers, trailers) = replied.await?.take_stream(method.reply())?;
        Ok(with_metadata(stream, headers, trailers))
    }
}

impl<Req, Rep> fmt::Debug for BidiCall<Req, Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BidiCall")
            .field("method", &self.method.descriptor().path())
            .finish_non_exhaustive()
    }
}

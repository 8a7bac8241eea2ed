//! Bidirectional calls.

use std::fmt;

use super::channel::Channel;
use super::options::{CallOptions, call_options};
use super::start::CallStart;
use crate::call::{Method, Status, StreamSender, Streaming};
use crate::interceptor::{Reply, RequestBody, with_metadata};

/// Capacity of the queue between a [`StreamSender`] and the connection, in messages.
const SEND_QUEUE_MESSAGES: usize = 16;

/// A bidirectional call that has not been sent. [`open`](Self::open) sends it.
#[must_use = "a call is sent only when it is opened"]
pub struct BidiCall<Req: 'static, Rep: 'static> {
    channel: Channel,
    method: &'static Method<Req, Rep>,
    options: CallOptions,
}

impl<Req: Send + 'static, Rep: Send + 'static> BidiCall<Req, Rep> {
    /// Creates a call of a method on a channel.
    pub fn new(channel: &Channel, method: &'static Method<Req, Rep>) -> Self {
        Self {
            channel: channel.clone(),
            method,
            options: CallOptions::default(),
        }
    }

    call_options!();

    /// Sends the call. Returns the sender of requests and the stream of replies. Waits for the connection but not for the
    /// server: a server that responds only to requests would deadlock. The sender queues up to 16 messages; then its
    /// [`send`](StreamSender::send) waits.
    ///
    /// Dropping the stream of replies cancels the call. Dropping the sender without [`finish`](StreamSender::finish) also
    /// cancels the call.
    ///
    /// # Errors
    /// The connection could not be made, or an interceptor rejected the call. The stream returns later errors.
    pub async fn open(self) -> Result<(StreamSender<Req>, Streaming<Rep>), Status> {
        let (sender, requests) = Streaming::channel(SEND_QUEUE_MESSAGES);
        Ok((sender, self.send(requests).await?))
    }

    /// Sends the call with a stream of requests. A task sends them while the caller reads the replies.
    ///
    /// # Errors
    /// The same as [`open`](Self::open).
    pub async fn send(self, requests: impl Into<Streaming<Req>>) -> Result<Streaming<Rep>, Status> {
        self.run(requests.into()).await
    }

    async fn run(self, requests: Streaming<Req>) -> Result<Streaming<Rep>, Status> {
        let Self {
            channel,
            method,
            options,
        } = self;
        let start = CallStart::new(channel, method, options)?;
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

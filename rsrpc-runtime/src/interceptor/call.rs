//! A call on its way to its handler, or to its server.

use std::any::Any;
use std::fmt;
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;
use http::Extensions;

use super::end_hooks::CallEndHooks;
use super::{AnyMessage, MessageHook, TypedMessage};
use crate::call::{
    CallParts, MessageCodec, Metadata, MethodDescriptor, Peer, Status, Streaming, deadline_after, now,
};

/// A call as an interceptor sees it: everything but the handler.
pub struct Call {
    pub(crate) parts: CallParts,
    pub(crate) body: RequestBody,
    pub(crate) hooks: Vec<MessageHook>,
    pub(super) end_hooks: CallEndHooks,
}

/// The request's messages, as far as they are known.
pub(crate) enum RequestBody {
    /// One message that is still to be read or decoded.
    Unread(Box<dyn ReadMessage>),
    /// One message.
    Message(Box<dyn AnyMessage>),
    /// A `Streaming` of the method's request type.
    Stream(Box<dyn Any + Send>),
    /// Given away.
    Taken,
}

/// Reads the only message of a request.
pub(crate) trait ReadMessage: Send {
    fn read(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn AnyMessage>, Status>>;
}

impl Call {
    pub(crate) fn new(parts: CallParts, body: RequestBody) -> Self {
        Self {
            parts,
            body,
            hooks: Vec::new(),
            end_hooks: CallEndHooks::default(),
        }
    }

    /// The method.
    ///
    /// # Panics
    /// Never: a call has a method.
    pub fn method(&self) -> &'static MethodDescriptor {
        self.parts.method.expect("a call is made with a method")
    }

    /// The request's metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.parts.metadata
    }

    /// The request's metadata, to change: on the client's side before it is sent, on the server's before the handler
    /// sees it.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.parts.metadata
    }

    /// When the caller stops waiting.
    pub fn deadline(&self) -> Option<Instant> {
        self.parts.deadline
    }

    /// How long the caller still waits: zero past the deadline, `None` without one.
    pub fn time_remaining(&self) -> Option<Duration> {
        self.parts
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now()))
    }

    /// Sets a deadline this far from now, unless there is an earlier one.
    pub fn limit_time(&mut self, timeout: Duration) {
        self.parts.deadline = match (self.parts.deadline, deadline_after(timeout)) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
    }

    /// The other end of the connection; [`PeerAddress::Unknown`](crate::PeerAddress::Unknown) on the client's side, where none is
    /// chosen yet.
    pub fn peer(&self) -> &Peer {
        &self.parts.peer
    }

    /// Typed values that go along with the call to later interceptors and to the handler's context.
    pub fn extensions(&self) -> &Extensions {
        &self.parts.extensions
    }

    /// Typed values that go along with the call, to change.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.parts.extensions
    }

    /// The only request message of a unary or server-streaming call: reads and decodes it now. `None` for a stream.
    ///
    /// # Errors
    /// The message cannot be read or decoded.
    pub async fn message(&mut self) -> Result<Option<&mut dyn AnyMessage>, Status> {
        if let RequestBody::Unread(_) = self.body {
            let RequestBody::Unread(unread) = std::mem::replace(&mut self.body, RequestBody::Taken) else {
                unreachable!("matched above");
            };
            self.body = RequestBody::Message(unread.read().await?);
        }
        match &mut self.body {
            RequestBody::Message(message) => Ok(Some(&mut **message)),
            _ => Ok(None),
        }
    }

    /// Shows every request message, one or many, to `hook` as it passes: after decoding on the server's side, before
    /// encoding on the client's. The hook may change or replace it; an error ends the call.
    pub fn on_message(
        &mut self,
        hook: impl FnMut(&mut dyn AnyMessage) -> Result<(), Status> + Send + 'static,
    ) {
        self.hooks.push(Box::new(hook));
    }

    /// Runs `hook` with the call's outcome, however it comes about: refused by an interceptor, failed by the handler,
    /// a whole reply, the end of a stream; and, when the call is dropped before, with CANCELLED or, past its deadline,
    /// DEADLINE_EXCEEDED.
    pub fn on_end(&mut self, hook: impl FnOnce(Result<(), &Status>) + Send + 'static) {
        self.end_hooks.push(Box::new(hook));
    }

    /// The only message, with every hook run.
    pub(crate) async fn take_message<M: Send + 'static>(
        &mut self,
        codec: &MessageCodec<M>,
    ) -> Result<M, Status> {
        self.message().await?;
        match std::mem::replace(&mut self.body, RequestBody::Taken) {
            RequestBody::Message(message) => {
                let message =
                    TypedMessage::unbox(message).ok_or_else(|| wrong_type("request", codec.name()))?;
                TypedMessage::run_hooks(message, codec, &mut self.hooks)
            }
            _ => Err(Status::internal("an interceptor's call has no message")),
        }
    }

    /// The stream of messages, each of which every hook sees.
    pub(crate) fn take_stream<M: Send + 'static>(
        &mut self,
        codec: &MessageCodec<M>,
    ) -> Result<Streaming<M>, Status> {
        match std::mem::replace(&mut self.body, RequestBody::Taken) {
            RequestBody::Stream(stream) => {
                let stream = stream
                    .downcast::<Streaming<M>>()
                    .map_err(|_| wrong_type("request", codec.name()))?;
                Ok(with_hooks(*stream, codec, std::mem::take(&mut self.hooks)))
            }
            _ => Err(Status::internal("an interceptor's call has no stream")),
        }
    }
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("parts", &self.parts)
            .finish_non_exhaustive()
    }
}

pub(crate) fn wrong_type(what: &str, name: &str) -> Status {
    Status::internal(format!("an interceptor made a {what} that is no {name}"))
}

/// The stream with its hooks, or the stream as it is without any.
pub(crate) fn with_hooks<M: Send + 'static>(
    stream: Streaming<M>,
    codec: &MessageCodec<M>,
    mut hooks: Vec<MessageHook>,
) -> Streaming<M> {
    if hooks.is_empty() {
        return stream;
    }
    let codec = *codec;
    stream.map_items(move |next| next.map(|message| TypedMessage::run_hooks(message?, &codec, &mut hooks)))
}

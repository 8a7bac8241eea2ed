//! The call that an interceptor receives.

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

/// A call as an interceptor sees it, before it reaches the handler or the wire.
pub struct Call {
    pub(crate) parts: CallParts,
    pub(crate) body: RequestBody,
    pub(crate) hooks: Vec<MessageHook>,
    pub(super) end_hooks: CallEndHooks,
}

/// The request's messages, decoded or not.
pub(crate) enum RequestBody {
    /// One message that has not been read or decoded yet.
    Unread(Box<dyn ReadMessage>),
    /// One message.
    Message(Box<dyn AnyMessage>),
    /// A `Streaming` of the method's request type.
    Stream(Box<dyn Any + Send>),
    /// Taken by the handler or the wire.
    Taken,
}

/// A reader of a request's only message.
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

    /// Returns the method.
    ///
    /// # Panics
    /// Never; every call has a method.
    pub fn method(&self) -> &'static MethodDescriptor {
        self.parts.method.expect("every call has a method")
    }

    /// Returns the request's metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.parts.metadata
    }

    /// Returns the request's metadata for changes. On the client, it has not been sent yet. On the server, the handler
    /// has not seen it yet.
    pub fn metadata_mut(&mut self) -> &mut Metadata {
        &mut self.parts.metadata
    }

    /// Returns the call's deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.parts.deadline
    }

    /// Returns the time until the deadline: zero once it has passed, `None` without a deadline.
    pub fn time_remaining(&self) -> Option<Duration> {
        self.parts
            .deadline
            .map(|deadline| deadline.saturating_duration_since(now()))
    }

    /// Sets the deadline to `timeout` from now, unless an earlier one is set.
    pub fn limit_time(&mut self, timeout: Duration) {
        self.parts.deadline = match (self.parts.deadline, deadline_after(timeout)) {
            (Some(known), Some(new)) => Some(known.min(new)),
            (known, new) => known.or(new),
        };
    }

    /// Returns the peer of the connection. On the client it is [`PeerAddress::Unknown`](crate::PeerAddress::Unknown),
    /// because no connection has been chosen yet.
    pub fn peer(&self) -> &Peer {
        &self.parts.peer
    }

    /// Returns the extensions: typed values passed to later interceptors and to the handler's context.
    pub fn extensions(&self) -> &Extensions {
        &self.parts.extensions
    }

    /// Returns the extensions for changes.
    pub fn extensions_mut(&mut self) -> &mut Extensions {
        &mut self.parts.extensions
    }

    /// Reads and decodes the only request message of a unary or server-streaming call. Returns `None` for a stream of
    /// requests.
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

    /// Runs `hook` on every request message: after decoding on the server, before encoding on the client. The hook may
    /// change or replace the message. An error ends the call.
    pub fn on_message(
        &mut self,
        hook: impl FnMut(&mut dyn AnyMessage) -> Result<(), Status> + Send + 'static,
    ) {
        self.hooks.push(Box::new(hook));
    }

    /// Runs `hook` once with the call's outcome: a rejection by an interceptor, an error of the handler, a complete
    /// reply, or the end of a stream. If the call is dropped before that, the outcome is CANCELLED, or
    /// DEADLINE_EXCEEDED after its deadline.
    pub fn on_end(&mut self, hook: impl FnOnce(Result<(), &Status>) + Send + 'static) {
        self.end_hooks.push(Box::new(hook));
    }

    /// Takes the only message and runs every hook on it.
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
            _ => Err(Status::internal(
                "an interceptor passed on a call without its request message",
            )),
        }
    }

    /// Takes the stream of messages and runs every hook on each of them.
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
            _ => Err(Status::internal(
                "an interceptor passed on a call without its request stream",
            )),
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
    Status::internal(format!("invalid {what} from an interceptor: it is not a {name}"))
}

/// Applies the hooks to each message of a stream.
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

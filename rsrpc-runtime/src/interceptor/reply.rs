//! The reply that an interceptor receives.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use super::call::{with_hooks, wrong_type};
use super::end_hooks::{EndHook, EndHookGuard};
use super::{AnyMessage, MessageHook, TypedMessage};
use crate::call::{MessageCodec, MessageSource, Metadata, Status, Streaming};

/// A reply on its way back to the caller: one message or a stream, with metadata.
pub struct Reply {
    pub(crate) headers: Metadata,
    pub(crate) trailers: Metadata,
    body: ReplyBody,
    hooks: Vec<MessageHook>,
    pub(super) end_hooks: Vec<EndHook>,
    pub(super) deadline: Option<Instant>,
}

enum ReplyBody {
    Message(Box<dyn AnyMessage>),
    /// A message created by an interceptor. The method's codec is added later.
    Untyped(Box<dyn Any + Send>),
    /// A `Streaming` of the method's reply type.
    Stream(Box<dyn Any + Send>),
}

impl Reply {
    /// Creates the reply of a unary or client-streaming method with the reply type `M`.
    pub fn message<M: Send + 'static>(message: M) -> Self {
        Self::new(ReplyBody::Untyped(Box::new(message)))
    }

    /// Creates the reply of a server-streaming or bidirectional method with the reply type `M`.
    pub fn stream<M: 'static>(stream: Streaming<M>) -> Self {
        Self::new(ReplyBody::Stream(Box::new(stream)))
    }

    pub(crate) fn typed<M: Send + 'static>(message: M, codec: &MessageCodec<M>) -> Self {
        Self::new(ReplyBody::Message(TypedMessage::boxed(message, codec)))
    }

    fn new(body: ReplyBody) -> Self {
        Self {
            headers: Metadata::new(),
            trailers: Metadata::new(),
            body,
            hooks: Vec::new(),
            end_hooks: Vec::new(),
            deadline: None,
        }
    }

    /// Returns the response headers. Empty on the client for a streaming call, whose headers have not arrived yet.
    pub fn headers(&self) -> &Metadata {
        &self.headers
    }

    /// Returns the response headers for changes. Changes have no effect on a server whose handler has already sent
    /// them.
    pub fn headers_mut(&mut self) -> &mut Metadata {
        &mut self.headers
    }

    /// Returns the response trailers. Empty on the client for a streaming call, whose trailers have not arrived yet.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    /// Returns the response trailers for changes.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        &mut self.trailers
    }

    /// Returns the only message. `None` for a stream, and for a [`Reply::message`] that is still in the interceptor
    /// that created it.
    pub fn message_mut(&mut self) -> Option<&mut dyn AnyMessage> {
        match &mut self.body {
            ReplyBody::Message(message) => Some(&mut **message),
            _ => None,
        }
    }

    /// Runs `hook` on every reply message. The hook may change or replace the message. An error ends the call.
    pub fn on_message(
        &mut self,
        hook: impl FnMut(&mut dyn AnyMessage) -> Result<(), Status> + Send + 'static,
    ) {
        self.hooks.push(Box::new(hook));
    }

    /// Runs `hook` once with the reply's outcome: after the last message, on an error of the stream, or with CANCELLED
    /// if the stream is dropped. Use [`Call::on_end`](super::Call::on_end) to include calls without a reply.
    pub fn on_end(&mut self, hook: impl FnOnce(Result<(), &Status>) + Send + 'static) {
        self.end_hooks.push(Box::new(hook));
    }

    /// Takes the only message and runs every hook on it.
    pub(crate) fn take_message<M: Send + 'static>(
        mut self,
        codec: &MessageCodec<M>,
    ) -> Result<TakenMessage<M>, Status> {
        let message = match self.body {
            ReplyBody::Message(message) => TypedMessage::unbox(message),
            ReplyBody::Untyped(message) => message.downcast().ok().map(|message| *message),
            ReplyBody::Stream(_) => None,
        };
        let message = message.ok_or_else(|| wrong_type("reply", codec.name()));
        let message = message.and_then(|message| TypedMessage::run_hooks(message, codec, &mut self.hooks));
        EndHookGuard::of_reply(self.end_hooks, None).run(message.as_ref().map(|_| ()));
        Ok(TakenMessage {
            message: message?,
            headers: self.headers,
            trailers: self.trailers,
        })
    }

    /// Takes the stream of messages, with every hook applied, and the headers and trailers set so far.
    pub(crate) fn take_stream<M: Send + 'static>(
        self,
        codec: &MessageCodec<M>,
    ) -> Result<(Streaming<M>, Metadata, Metadata), Status> {
        let ReplyBody::Stream(stream) = self.body else {
            return Err(wrong_type("reply", "stream"));
        };
        let stream = stream
            .downcast::<Streaming<M>>()
            .map_err(|_| wrong_type("stream", codec.name()))?;
        let mut stream = with_hooks(*stream, codec, self.hooks);
        if !self.end_hooks.is_empty() {
            let mut ending = EndHookGuard::of_reply(self.end_hooks, self.deadline);
            stream = stream.map_items(move |next| {
                match &next {
                    None => ending.run(Ok(())),
                    Some(Err(status)) => ending.run(Err(status)),
                    Some(Ok(_)) => {}
                }
                next
            });
        }
        Ok((stream, self.headers, self.trailers))
    }
}

/// Adds metadata from interceptors to a client's reply stream.
#[cfg(feature = "client")]
pub(crate) fn with_metadata<M: Send + 'static>(
    stream: Streaming<M>,
    headers: Metadata,
    trailers: Metadata,
) -> Streaming<M> {
    if headers.is_empty() && trailers.is_empty() {
        return stream;
    }
    Streaming::from_source(WithMetadata {
        stream,
        headers: AddedMetadata::Pending(headers),
        trailers: AddedMetadata::Pending(trailers),
    })
}

/// A unary reply after every hook has run.
pub(crate) struct TakenMessage<M> {
    pub(crate) message: M,
    pub(crate) headers: Metadata,
    pub(crate) trailers: Metadata,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("headers", &self.headers)
            .field("trailers", &self.trailers)
            .finish_non_exhaustive()
    }
}

#[cfg(feature = "client")]
struct WithMetadata<M> {
    stream: Streaming<M>,
    headers: AddedMetadata,
    trailers: AddedMetadata,
}

/// Metadata to add to the server's, and then the merged result.
#[cfg(feature = "client")]
enum AddedMetadata {
    Pending(Metadata),
    Merged(Metadata),
}

#[cfg(feature = "client")]
impl AddedMetadata {
    fn merge_with(&mut self, sent: Option<&Metadata>) {
        if let Self::Pending(added) = self {
            let mut all = sent.cloned().unwrap_or_default();
            all.merge(std::mem::take(added));
            *self = Self::Merged(all);
        }
    }

    fn merged(&self) -> Option<&Metadata> {
        match self {
            Self::Pending(_) => None,
            Self::Merged(all) => Some(all),
        }
    }
}

#[cfg(feature = "client")]
impl<M> Unpin for WithMetadata<M> {}

#[cfg(feature = "client")]
impl<M: Send> MessageSource<M> for WithMetadata<M> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<M, Status>>> {
        let Self { stream, trailers, .. } = &mut *self;
        let polled = stream.poll_message(cx);
        if let Poll::Ready(None | Some(Err(_))) = polled {
            trailers.merge_with(stream.trailers());
        }
        polled
    }

    fn poll_headers(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        let Self { stream, headers, .. } = &mut *self;
        let polled = stream.poll_headers(cx);
        if let Poll::Ready(Ok(())) = polled {
            headers.merge_with(stream.known_headers());
        }
        polled
    }

    fn headers(&self) -> Option<&Metadata> {
        self.headers.merged()
    }

    fn trailers(&self) -> Option<&Metadata> {
        self.trailers.merged()
    }
}

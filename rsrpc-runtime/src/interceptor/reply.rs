//! What an interceptor gets back.

use std::any::Any;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use super::call::{with_hooks, wrong_type};
use super::end_hooks::{EndHook, EndHookGuard};
use super::{AnyMessage, MessageHook, TypedMessage};
use crate::call::{MessageCodec, MessageSource, Metadata, Status, Streaming};

/// A call's answer on its way back: one message or a stream, and metadata.
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
    /// A bare message that an interceptor answers with; the method's codec makes it whole.
    Untyped(Box<dyn Any + Send>),
    /// A `Streaming` of the method's reply type.
    Stream(Box<dyn Any + Send>),
}

impl Reply {
    /// The answer of a unary or client-streaming method; `M` is its reply type.
    pub fn message<M: Send + 'static>(message: M) -> Self {
        Self::new(ReplyBody::Untyped(Box::new(message)))
    }

    /// The answer of a server-streaming or bidirectional method; `M` is its reply type.
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

    /// The response's headers. On the client's side of a streaming call they are not there yet.
    pub fn headers(&self) -> &Metadata {
        &self.headers
    }

    /// The response's headers, to add to. Without effect on a server whose handler has sent them early.
    pub fn headers_mut(&mut self) -> &mut Metadata {
        &mut self.headers
    }

    /// The response's trailers. On the client's side of a streaming call they are not there yet.
    pub fn trailers(&self) -> &Metadata {
        &self.trailers
    }

    /// The response's trailers, to add to.
    pub fn trailers_mut(&mut self) -> &mut Metadata {
        &mut self.trailers
    }

    /// The only message; `None` for a stream, and for a [`Reply::message`] that has not left its interceptor.
    pub fn message_mut(&mut self) -> Option<&mut dyn AnyMessage> {
        match &mut self.body {
            ReplyBody::Message(message) => Some(&mut **message),
            _ => None,
        }
    }

    /// Shows every reply message, one or many, to `hook` as it passes. The hook may change or replace it; an error
    /// ends the call with it.
    pub fn on_message(
        &mut self,
        hook: impl FnMut(&mut dyn AnyMessage) -> Result<(), Status> + Send + 'static,
    ) {
        self.hooks.push(Box::new(hook));
    }

    /// Runs `hook` with the reply's outcome: when the last message has passed, or the stream failed or was dropped
    /// (CANCELLED). [`Call::on_end`](super::Call::on_end) also hears of calls that got no reply.
    pub fn on_end(&mut self, hook: impl FnOnce(Result<(), &Status>) + Send + 'static) {
        self.end_hooks.push(Box::new(hook));
    }

    /// The only message, with every hook run.
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

    /// The stream of messages, each of which every hook sees, with the headers and trailers set so far.
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

/// A stream of the client's side that an interceptor has added metadata to.
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

/// A unary reply that has passed every hook.
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

/// Metadata to add to what the server will have sent, and then both.
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

//! The send direction of a call: packs messages into full DATA frames.

use std::task::{Context, Poll, ready};

use bytes::{Buf as _, BytesMut};
use h2::{Reason, SendStream};
use http::HeaderMap;

use super::envelope::{PREFIX_BYTES, message_frame, put_message};
use super::options::{EncodeOptions, missing_codec};
use super::status::from_h2;
use crate::call::{MessageCodec, Status, Streaming};
use crate::wire::http2::Frame;

/// Maximum bytes of messages packed into one frame. A larger message gets its own frame, which h2 splits at the
/// peer's maximum frame size.
const MAX_BATCH_BYTES: usize = 64 * 1024;
/// Bytes sent without waiting for flow control. If a peer reads nothing, each of its streams buffers this many bytes.
const MAX_UNCHECKED_BYTES: usize = 32 * 1024;
/// Approximate memory in bytes that `h2` uses for each queued frame.
const FRAME_OVERHEAD_BYTES: usize = 256;
/// Bytes sent before a pump yields. Without yielding, a producer that is always ready would delay deadlines and the
/// connection task.
const YIELD_AFTER_BYTES: usize = 256 * 1024;

/// The destination of sent frames.
pub(crate) trait FrameSink {
    /// Sends or queues data. The caller has waited for room.
    fn send_data(&mut self, frame: Frame, end: bool) -> Result<(), Status>;

    /// Sends the trailers and ends the stream.
    fn send_trailers(&mut self, trailers: HeaderMap) -> Result<(), Status>;

    /// Completes when there is room for a batch.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>>;

    /// Completes when the peer no longer accepts data.
    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Status>;

    /// Resets the stream.
    fn reset(&mut self);
}

impl FrameSink for SendStream<Frame> {
    fn send_data(&mut self, frame: Frame, end: bool) -> Result<(), Status> {
        SendStream::send_data(self, frame, end).map_err(from_h2)
    }

    fn send_trailers(&mut self, trailers: HeaderMap) -> Result<(), Status> {
        SendStream::send_trailers(self, trailers).map_err(from_h2)
    }

    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.reserve_capacity(1);
        while self.capacity() == 0 {
            match ready!(self.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(from_h2(error))),
                None => return Poll::Ready(Err(Status::cancelled("the peer closed the stream"))),
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        self.poll_reset(cx).map(|reset| match reset {
            Ok(Reason::NO_ERROR) => Status::cancelled("the peer closed the stream"),
            Ok(reason) => from_h2(reason.into()),
            Err(error) => from_h2(error),
        })
    }

    fn reset(&mut self) {
        self.send_reset(Reason::CANCEL);
    }
}

/// Encodes messages and sends them to a [`FrameSink`].
#[derive(Debug)]
pub(crate) struct Outbound<S> {
    sink: S,
    batch: BytesMut,
    /// Bytes sent since the last check for room.
    unchecked: usize,
    /// Set once a batch has been sent.
    has_sent: bool,
    options: Option<Box<EncodeOptions>>,
}

/// The reason why [`Outbound::poll_send_all`] stopped before the end of the stream.
#[derive(Debug)]
pub(crate) enum OutboundError {
    /// The stream of messages failed.
    Producer(Status),
    /// The peer no longer accepts data.
    Peer(#[allow(dead_code, reason = "printed by Debug")] Status),
}

impl<S: FrameSink> Outbound<S> {
    /// Creates a sender. `options` is `None` for uncompressed protobuf messages.
    pub(crate) fn new(sink: S, options: Option<Box<EncodeOptions>>) -> Self {
        Self {
            sink,
            batch: BytesMut::new(),
            unchecked: 0,
            has_sent: false,
            options,
        }
    }

    /// Returns `true` if no message has been sent or batched yet.
    #[cfg(feature = "client")]
    pub(crate) fn is_unused(&self) -> bool {
        !self.has_sent && self.batch.is_empty()
    }

    /// Takes the encode options, to pass them to a sender that replaces this one.
    pub(crate) fn take_encode_options(&mut self) -> Option<Box<EncodeOptions>> {
        self.options.take()
    }

    pub(crate) fn sink(&mut self) -> &mut S {
        &mut self.sink
    }

    /// Sends the messages of a stream until it ends. Packs messages into one frame as long as more are ready.
    pub(crate) fn poll_send_all<M>(
        &mut self,
        cx: &mut Context<'_>,
        messages: &mut Streaming<M>,
        codec: &MessageCodec<M>,
    ) -> Poll<Result<(), OutboundError>> {
        let mut sent = 0;
        loop {
            if self.unchecked >= MAX_UNCHECKED_BYTES {
                ready!(self.sink.poll_room(cx)).map_err(OutboundError::Peer)?;
                sent += std::mem::take(&mut self.unchecked);
                if sent >= YIELD_AFTER_BYTES {
                    cx.waker().wake_by_ref();
                    return Poll::Pending;
                }
            }
            match messages.poll_message(cx) {
                Poll::Ready(Some(Ok(message))) => self.push(codec, &message)?,
                Poll::Ready(Some(Err(status))) => {
                    self.flush(false).map_err(OutboundError::Peer)?;
                    return Poll::Ready(Err(OutboundError::Producer(status)));
                }
                Poll::Ready(None) => return Poll::Ready(Ok(())),
                Poll::Pending => {
                    self.flush(false).map_err(OutboundError::Peer)?;
                    return self
                        .sink
                        .poll_closed(cx)
                        .map(|status| Err(OutboundError::Peer(status)));
                }
            }
        }
    }

    /// Adds a message to the batch, and sends the batch when it is full.
    #[inline]
    fn push<M>(&mut self, codec: &MessageCodec<M>, message: &M) -> Result<(), OutboundError> {
        if self.options.is_some() {
            return self.push_with_options(codec, message);
        }
        let Some(codec) = codec.as_protobuf() else {
            return Err(OutboundError::Producer(missing_codec(codec.name())));
        };
        let length = (codec.encoded_len)(message);
        let size = PREFIX_BYTES + length;
        if !self.batch.is_empty() && self.batch.len() + size > MAX_BATCH_BYTES {
            self.flush(false).map_err(OutboundError::Peer)?;
        }
        self.batch.reserve(size);
        put_message(codec, message, length, &mut self.batch).map_err(OutboundError::Producer)?;
        if self.batch.len() >= MAX_BATCH_BYTES {
            self.flush(false).map_err(OutboundError::Peer)?;
        }
        Ok(())
    }

    /// Like [`push`](Self::push), for a message whose size is known only after encoding.
    #[cold]
    fn push_with_options<M>(&mut self, codec: &MessageCodec<M>, message: &M) -> Result<(), OutboundError> {
        let start = self.batch.len();
        if let Some(options) = &self.options {
            let put = options.encode_frame(codec, message, &mut self.batch);
            if put.is_err() {
                // Discard the partially encoded message.
                self.batch.truncate(start);
            }
            put.map_err(OutboundError::Producer)?;
        }
        if self.batch.len() >= MAX_BATCH_BYTES {
            self.flush(false).map_err(OutboundError::Peer)?;
        }
        Ok(())
    }

    fn flush(&mut self, end: bool) -> Result<(), Status> {
        if self.batch.is_empty() && !end {
            return Ok(());
        }
        self.unchecked += FRAME_OVERHEAD_BYTES + self.batch.len();
        self.has_sent = true;
        self.sink.send_data(self.batch.split().freeze().into(), end)
    }

    /// Sends a single message without copying it into the batch.
    pub(crate) fn send_only<M>(
        &mut self,
        codec: &MessageCodec<M>,
        message: &M,
        end: bool,
    ) -> Result<(), Status> {
        let frame = message_frame(codec, message, self.options.as_deref())?;
        self.unchecked += frame.remaining();
        self.sink.send_data(frame, end)
    }

    /// Half-closes the stream after a client's last message.
    pub(crate) fn finish(&mut self) -> Result<(), Status> {
        self.flush(true)
    }

    /// Sends the batched messages and then the trailers, which end the response.
    pub(crate) fn finish_with(&mut self, trailers: HeaderMap) -> Result<(), Status> {
        self.flush(false)?;
        self.sink.send_trailers(trailers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::MessageCodec;

    /// A sink that accepts everything.
    #[derive(Default)]
    struct Endless(usize);

    impl FrameSink for Endless {
        fn send_data(&mut self, frame: Frame, _: bool) -> Result<(), Status> {
            self.0 += frame.remaining();
            Ok(())
        }

        fn send_trailers(&mut self, _: HeaderMap) -> Result<(), Status> {
            Ok(())
        }

        fn poll_room(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Status>> {
            Poll::Ready(Ok(()))
        }

        fn poll_closed(&mut self, _: &mut Context<'_>) -> Poll<Status> {
            Poll::Pending
        }

        fn reset(&mut self) {}
    }

    #[test]
    fn always_ready_producer_yields() {
        static CODEC: MessageCodec<String> = MessageCodec::protobuf("google.protobuf.StringValue");
        let mut messages = Streaming::iter(std::iter::repeat_with(|| "x".repeat(100)));
        let mut outbound = Outbound::new(Endless::default(), None);
        let mut cx = Context::from_waker(std::task::Waker::noop());
        for turn in 1..=3 {
            assert!(
                outbound
                    .poll_send_all(&mut cx, &mut messages, &CODEC)
                    .is_pending()
            );
            let sent = outbound.sink.0;
            assert!(
                (turn * YIELD_AFTER_BYTES * 99 / 100..turn * (YIELD_AFTER_BYTES + 2 * MAX_BATCH_BYTES))
                    .contains(&sent),
                "{turn}: {sent}"
            );
        }
    }
}

//! The receive direction of a call: decodes DATA frames into messages.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Buf, BufMut, Bytes, BytesMut};
use h2::RecvStream;
use http::HeaderMap;
use http_body::Body as _;
use http_body_util::combinators::UnsyncBoxBody;

use super::decompression_budget::DecompressionBudget;
use super::envelope::PREFIX_BYTES;
use super::options::{DecodeOptions, missing_codec, unannounced_compression};
use super::status::from_h2;
use crate::call::{DeadlineTimer, MessageCodec, ProtobufCodec, Status, deadline_after};
use crate::error::BoxError;
use crate::wire::http2::{Budget, BudgetPermit, BudgetWaiter, MIN_BYTES_PER_SECOND, is_below_min_rate};

/// Initial buffer capacity in bytes for a message that spans several frames. The buffer grows as data arrives, so a
/// large declared length alone allocates no memory.
const INITIAL_BUFFER_BYTES: usize = 256 * 1024;

/// Received bytes that may stay unreleased in flow control while more data is ready. A short call ends below this
/// threshold and sends no WINDOW_UPDATE.
const MAX_UNRELEASED_WINDOW_BYTES: usize = 1024;

/// The source of the received bytes.
#[derive(Debug)]
pub(crate) enum InboundBody {
    /// A stream of an HTTP/2 connection that this crate drives.
    H2(RecvStream),
    /// A request body from an external HTTP server.
    Http(UnsyncBoxBody<Bytes, BoxError>),
}

/// Decodes messages from a body, and then returns its trailers.
#[derive(Debug)]
pub(crate) struct Inbound {
    body: InboundBody,
    /// The unread bytes of the newest frame.
    chunk: Bytes,
    /// A message that began in an earlier frame, without its prefix.
    partial: Option<PartialMessage>,
    /// Bytes of the newest frames not yet released to flow control. The last bytes of a stream are not released here,
    /// because h2 releases them itself.
    unreleased: usize,
    limit: usize,
    ended: bool,
    trailers: Option<HeaderMap>,
    guard: Option<InboundGuard>,
    options: Option<Box<DecodeOptions>>,
}

#[derive(Debug)]
struct PartialMessage {
    bytes: BytesMut,
    prefix: MessagePrefix,
    permit: Option<BudgetPermit>,
}

/// The parsed prefix of a message.
#[derive(Debug, Clone, Copy)]
struct MessagePrefix {
    compressed: bool,
    length: usize,
}

impl Inbound {
    /// Creates a decoder for a body. `limit` is the largest accepted message in bytes, before and after
    /// decompression. `options` is `None` for uncompressed protobuf messages.
    pub(crate) fn new(body: InboundBody, limit: usize, options: Option<Box<DecodeOptions>>) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
            partial: None,
            unreleased: 0,
            limit,
            ended: false,
            trailers: None,
            guard: None,
            options,
        }
    }

    /// Fails the call if the peer does not finish a message that it has started.
    pub(crate) fn with_guard(mut self, guard: InboundGuard) -> Self {
        if let Some(options) = &mut self.options
            && options.compression.is_some()
        {
            options.decompression_budget = Some(Arc::new(DecompressionBudget::new(guard.budget.clone())));
        }
        self.guard = Some(guard);
        self
    }

    /// Returns the decompression budget. The caller keeps it for the whole call, since it accounts for the newest
    /// message.
    #[cfg(feature = "server")]
    pub(crate) fn decompression_budget(&self) -> Option<Arc<DecompressionBudget>> {
        self.options.as_ref()?.decompression_budget.clone()
    }

    /// Polls for the next message; `None` at the end. Fails if a partially received message arrives too slowly.
    #[inline]
    pub(crate) fn poll_message<M>(
        &mut self,
        cx: &mut Context<'_>,
        codec: &MessageCodec<M>,
    ) -> Poll<Option<Result<M, Status>>> {
        let polled = self.poll_next(cx, codec);
        if polled.is_pending() && (self.partial.is_some() || !self.chunk.is_empty()) {
            return self.poll_slow(cx).map(|status| Some(Err(status)));
        }
        polled
    }

    /// Polls for the next message; `None` at the end. A message within one frame is decoded in place. A message that
    /// spans frames is copied once.
    #[inline]
    fn poll_next<M>(
        &mut self,
        cx: &mut Context<'_>,
        codec: &MessageCodec<M>,
    ) -> Poll<Option<Result<M, Status>>> {
        if let Some(message) = self.take_whole(codec) {
            return Poll::Ready(Some(message));
        }
        loop {
            match self.take_message(codec) {
                Ok(Some(message)) => return Poll::Ready(Some(Ok(message))),
                Ok(None) => {}
                Err(status) => return Poll::Ready(Some(Err(status))),
            }
            match ready!(self.poll_data(cx)) {
                Ok(true) => {}
                Ok(false) if self.chunk.is_empty() && self.partial.is_none() => return Poll::Ready(None),
                Ok(false) => {
                    self.chunk.clear();
                    self.partial = None;
                    return Poll::Ready(Some(Err(Status::internal("the stream ended inside a message"))));
                }
                Err(status) => return Poll::Ready(Some(Err(status))),
            }
        }
    }

    /// Decodes the next message if it lies within the newest frame and needs no special handling. This is the fast
    /// path for streams.
    #[inline(always)]
    pub(crate) fn take_whole<M>(&mut self, codec: &MessageCodec<M>) -> Option<Result<M, Status>> {
        let [0, length @ ..] = self.chunk.first_chunk::<PREFIX_BYTES>()? else {
            return None;
        };
        let length = u32::from_be_bytes(*length) as usize;
        if length > self.limit || length > self.chunk.len() - PREFIX_BYTES || self.partial.is_some() {
            return None;
        }
        if self.options.is_some() {
            return None;
        }
        let codec = codec.as_protobuf()?;
        self.chunk.advance(PREFIX_BYTES);
        Some(decode(codec, &mut self.chunk, length))
    }

    /// Decodes the next message if all of its bytes have arrived.
    #[inline]
    fn take_message<M>(&mut self, codec: &MessageCodec<M>) -> Result<Option<M>, Status> {
        if self.partial.is_none() {
            if self.chunk.len() < PREFIX_BYTES {
                return Ok(None);
            }
            let prefix = self.take_prefix()?;
            if prefix.length <= self.chunk.len() {
                let bytes = self.chunk.split_to(prefix.length);
                return self.decode_message(codec, prefix, bytes).map(Some);
            }
            let bytes =
                BytesMut::with_capacity(prefix.length.min(INITIAL_BUFFER_BYTES.max(self.chunk.len())));
            let permit = self.guard.as_ref().map(|guard| guard.budget.charge(0));
            self.partial = Some(PartialMessage {
                bytes,
                prefix,
                permit,
            });
        }
        let Some(partial) = &mut self.partial else {
            return Ok(None);
        };
        let missing = partial.prefix.length - partial.bytes.len();
        partial
            .bytes
            .put(self.chunk.split_to(missing.min(self.chunk.len())));
        if partial.bytes.len() < partial.prefix.length {
            if let Some(permit) = &mut partial.permit
                && !permit.grow(partial.bytes.len())
            {
                return Err(self.too_many_unfinished());
            }
            return Ok(None);
        }
        if let Some(guard) = &mut self.guard {
            guard.slow_timer = None;
        }
        let prefix = partial.prefix;
        let whole = std::mem::take(&mut partial.bytes).freeze();
        // Also releases the permit.
        self.partial = None;
        self.decode_message(codec, prefix, whole).map(Some)
    }

    /// Decodes a message from the bytes in its envelope.
    fn decode_message<M>(
        &self,
        codec: &MessageCodec<M>,
        prefix: MessagePrefix,
        mut bytes: Bytes,
    ) -> Result<M, Status> {
        if let Some(options) = &self.options {
            return options.decode(codec, prefix.compressed, bytes, self.limit);
        }
        let codec = codec.as_protobuf().ok_or_else(|| missing_codec(codec.name()))?;
        decode(codec, &mut bytes, prefix.length)
    }

    /// Parses the prefix at the start of the chunk, which must hold all of it.
    #[inline]
    fn take_prefix(&mut self) -> Result<MessagePrefix, Status> {
        let flag = self.chunk.get_u8();
        let length = self.chunk.get_u32() as usize;
        let announced = self.options.as_ref().and_then(|options| options.compression);
        match flag {
            1 if announced.is_none() => Err(unannounced_compression()),
            0 | 1 if length <= self.limit => Ok(MessagePrefix {
                compressed: flag == 1,
                length,
            }),
            0 | 1 => Err(Status::resource_exhausted(format!(
                "a message of {length} bytes is larger than the limit of {} bytes",
                self.limit
            ))),
            flag => Err(Status::internal(format!(
                "a message begins with the flag {flag}, which is neither 0 nor 1"
            ))),
        }
    }

    /// Polls for the only message of a unary request or response. A request is not read while the unsent replies of
    /// its connection exceed their budget, so its call does not start.
    ///
    /// Zero messages, or more than one, fail with UNIMPLEMENTED, because the peer treats the method as streaming.
    pub(crate) fn poll_only<M>(
        &mut self,
        cx: &mut Context<'_>,
        codec: &MessageCodec<M>,
        message: &mut Option<M>,
    ) -> Poll<Result<(), Status>> {
        if let Some(guard) = &mut self.guard
            && !guard.waiter.is_free()
        {
            ready!(guard.poll_budget(cx));
        }
        let polled = self.poll_whole(cx, codec, message);
        if polled.is_pending() {
            return self.poll_slow(cx).map(Err);
        }
        polled
    }

    fn poll_whole<M>(
        &mut self,
        cx: &mut Context<'_>,
        codec: &MessageCodec<M>,
        message: &mut Option<M>,
    ) -> Poll<Result<(), Status>> {
        while message.is_none() {
            match ready!(self.poll_next(cx, codec)) {
                Some(Ok(first)) => *message = Some(first),
                Some(Err(status)) => return Poll::Ready(Err(status)),
                None => return Poll::Ready(Err(Status::unimplemented("expected one message, got none"))),
            }
        }
        while self.chunk.is_empty() {
            if !ready!(self.poll_data(cx))? {
                return Poll::Ready(Ok(()));
            }
        }
        Poll::Ready(Err(Status::unimplemented("expected one message, got more")))
    }

    /// Returns `true` if no more data will arrive.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Polls for the trailers after the messages have ended. Returns `None` if the peer sent no trailers.
    pub(crate) fn poll_trailers(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<HeaderMap>, Status>> {
        match &mut self.body {
            InboundBody::H2(body) => body.poll_trailers(cx).map_err(from_h2),
            InboundBody::Http(_) => Poll::Ready(Ok(self.trailers.take())),
        }
    }

    /// Completes when a started or expected message arrives too slowly. Must be polled only while data is pending.
    fn poll_slow(&mut self, cx: &mut Context<'_>) -> Poll<Status> {
        let Some(guard) = &mut self.guard else {
            return Poll::Pending;
        };
        let received = self
            .partial
            .as_ref()
            .map_or(self.chunk.len(), |partial| partial.bytes.len());
        guard.poll_slow(cx, received)
    }

    #[cold]
    fn too_many_unfinished(&mut self) -> Status {
        self.partial = None;
        let limit = self.guard.as_ref().map_or(0, |guard| guard.budget.limit());
        Status::resource_exhausted(format!(
            "partially received messages on this connection exceed the limit of {limit} bytes (max_unfinished_bytes)"
        ))
    }

    /// Appends the next frame to the chunk. Returns `false` at the end.
    fn poll_data(&mut self, cx: &mut Context<'_>) -> Poll<Result<bool, Status>> {
        if self.ended {
            return Poll::Ready(Ok(false));
        }
        let data = match &mut self.body {
            InboundBody::H2(body) => {
                if self.unreleased > MAX_UNRELEASED_WINDOW_BYTES && !body.is_end_stream() {
                    let unreleased = std::mem::take(&mut self.unreleased);
                    body.flow_control()
                        .release_capacity(unreleased)
                        .map_err(from_h2)?;
                }
                match body.poll_data(cx) {
                    Poll::Ready(data) => {
                        let data = data.transpose().map_err(from_h2)?;
                        self.unreleased += data.as_ref().map_or(0, Bytes::len);
                        data
                    }
                    Poll::Pending => {
                        if self.unreleased > 0 {
                            let unreleased = std::mem::take(&mut self.unreleased);
                            body.flow_control()
                                .release_capacity(unreleased)
                                .map_err(from_h2)?;
                        }
                        return Poll::Pending;
                    }
                }
            }
            InboundBody::Http(body) => ready!(poll_http_data(body, &mut self.trailers, cx))?,
        };
        let Some(data) = data else {
            self.ended = true;
            return Poll::Ready(Ok(false));
        };
        if self.chunk.is_empty() {
            self.chunk = data;
        } else if !data.is_empty() {
            // The chunk holds less than a prefix, so joining is cheap.
            self.chunk = [self.chunk.as_ref(), data.as_ref()].concat().into();
        }
        Poll::Ready(Ok(true))
    }
}

/// A guard against peers that do not finish a message that they have started.
#[derive(Debug)]
pub(crate) struct InboundGuard {
    /// The connection's budget for partially received messages.
    budget: Arc<Budget>,
    timeout: Duration,
    slow_timer: Option<Box<SlowPeerTimer>>,
    /// Delays reading a request while unsent replies exceed the connection's budget.
    waiter: BudgetWaiter,
}

#[derive(Debug)]
struct SlowPeerTimer {
    timer: DeadlineTimer,
    /// Bytes that had been received when the timer was set.
    received: usize,
}

impl InboundGuard {
    /// Creates a guard. `unfinished` limits partially received messages, and `unsent` limits unsent replies. The
    /// receive rate must reach [`MIN_BYTES_PER_SECOND`] in each interval of length `timeout`.
    pub(crate) fn new(unfinished: Arc<Budget>, unsent: Arc<Budget>, timeout: Duration) -> Self {
        Self {
            budget: unfinished,
            timeout,
            slow_timer: None,
            waiter: BudgetWaiter::new(unsent),
        }
    }

    #[cold]
    fn poll_budget(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        // The budget delays this read, not the peer.
        self.slow_timer = None;
        self.waiter.poll(cx)
    }

    fn poll_slow(&mut self, cx: &mut Context<'_>, received: usize) -> Poll<Status> {
        let timeout = self.timeout;
        let timer = || DeadlineTimer::new(deadline_after(timeout));
        let slow_timer = self.slow_timer.get_or_insert_with(|| {
            let timer = timer();
            Box::new(SlowPeerTimer { timer, received })
        });
        loop {
            ready!(slow_timer.timer.poll(cx));
            if is_below_min_rate(received.saturating_sub(slow_timer.received), timeout) {
                return Poll::Ready(Status::deadline_exceeded(format!(
                    "request body too slow: received less than {MIN_BYTES_PER_SECOND} bytes per second for {timeout:?} \
                     (body_timeout)"
                )));
            }
            **slow_timer = SlowPeerTimer {
                timer: timer(),
                received,
            };
        }
    }
}

/// Polls for the next DATA of an HTTP body and stores its trailers.
fn poll_http_data(
    body: &mut UnsyncBoxBody<Bytes, BoxError>,
    trailers: &mut Option<HeaderMap>,
    cx: &mut Context<'_>,
) -> Poll<Result<Option<Bytes>, Status>> {
    loop {
        let Some(frame) = ready!(Pin::new(&mut *body).poll_frame(cx)) else {
            return Poll::Ready(Ok(None));
        };
        let frame = frame.map_err(|error| match error.downcast::<Status>() {
            // A wrapper of the body already mapped this error to a status.
            Ok(status) => *status,
            Err(error) => Status::cancelled("reading the request body failed").with_source(error),
        })?;
        match frame.into_data() {
            Ok(data) => return Poll::Ready(Ok(Some(data))),
            Err(frame) => *trailers = frame.into_trailers().ok(),
        }
    }
}

#[inline(always)]
fn decode<M>(codec: &ProtobufCodec<M>, bytes: &mut Bytes, length: usize) -> Result<M, Status> {
    (codec.decode)(bytes, length).map_err(invalid_message)
}

#[cold]
pub(super) fn invalid_message(error: prost::DecodeError) -> Status {
    Status::internal(format!("a message cannot be decoded: {error}")).with_source(error)
}

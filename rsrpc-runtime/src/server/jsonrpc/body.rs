//! Reads the request bodies of JSON-RPC over HTTP: one text of limited size.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body::Body as _;

use crate::call::{DeadlineTimer, deadline_after};
use crate::error::BoxError;
use crate::server::body::Body;
use crate::wire::http2::{Budget, is_below_min_rate};

/// Maximum number of bytes allocated on the basis of `Content-Length` alone.
const MAX_PREALLOCATED_BYTES: usize = 64 * 1024;

/// The reason a body could not be read.
pub(super) enum BodyReadError {
    /// The body exceeds the size limit. Contains the unread remainder, unless the body has ended.
    TooBig(Option<Body>),
    /// The body arrived too slowly.
    TooSlow,
    /// The incomplete bodies of the connection exceed their budget.
    TooMany,
    /// The client disconnected, or the transport failed.
    Broken(BoxError),
}

/// The limits of a request body.
pub(super) struct BodyLimits {
    /// Maximum size in bytes.
    pub(super) size: usize,
    /// Time allowed for data that arrives more slowly than [`MIN_RATE`](crate::wire::http2::MIN_RATE).
    pub(super) timeout: Duration,
    /// The connection's budget for incomplete bodies. `None` on HTTP/1.1, which carries one body at a time.
    pub(super) budget: Option<Arc<Budget>>,
}

/// Reads a whole body. A body that arrives in one piece is not copied. A body whose declared length exceeds the limit
/// is not read.
pub(super) async fn read_body(
    mut body: Body,
    length: Option<u64>,
    limits: BodyLimits,
) -> Result<Bytes, BodyReadError> {
    let limit = limits.size;
    let length = length.map_or(Some(0), |length| usize::try_from(length).ok());
    let Some(length) = length.filter(|length| *length <= limit) else {
        return Err(BodyReadError::TooBig(Some(body)));
    };
    let mut first = Bytes::new();
    let mut joined: Option<BytesMut> = None;
    let mut slow = BodyRateTimer::new(limits.timeout);
    let mut charge = limits.budget.map(|budget| budget.charge(0));
    loop {
        let read = joined.as_ref().map_or(first.len(), BytesMut::len);
        let next = poll_fn(|cx| match Pin::new(&mut body).poll_frame(cx) {
            Poll::Pending => slow.poll(cx, read).map(|()| Err(BodyReadError::TooSlow)),
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        });
        let Some(frame) = next.await? else { break };
        let Ok(data) = frame.map_err(BodyReadError::Broken)?.into_data() else {
            continue;
        };
        if let Some(charge) = &mut charge
            && !body.is_end_stream()
            && !charge.grow(read.saturating_add(data.len()))
        {
            return Err(BodyReadError::TooMany);
        }
        if data.len() > limit.saturating_sub(read) {
            return Err(BodyReadError::TooBig((!body.is_end_stream()).then_some(body)));
        }
        match &mut joined {
            None if first.is_empty() => first = data,
            Some(joined) => joined.extend_from_slice(&data),
            None => {
                let room = length.min(MAX_PREALLOCATED_BYTES).max(read + data.len());
                let mut both = BytesMut::with_capacity(room);
                both.extend_from_slice(&first);
                both.extend_from_slice(&data);
                joined = Some(both);
            }
        }
    }
    Ok(joined.map_or(first, BytesMut::freeze))
}

/// Detects a body that arrives too slowly. Uses a timer only when the reader has to wait.
struct BodyRateTimer {
    timeout: Duration,
    timer: DeadlineTimer,
    /// Number of bytes received when the timer was set.
    received: usize,
}

impl BodyRateTimer {
    fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            timer: DeadlineTimer::default(),
            received: 0,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, received: usize) -> Poll<()> {
        loop {
            if self.timer.at().is_none() {
                (self.timer, self.received) = (DeadlineTimer::new(deadline_after(self.timeout)), received);
            }
            ready!(self.timer.poll(cx));
            if is_below_min_rate(received.saturating_sub(self.received), self.timeout) {
                return Poll::Ready(());
            }
            self.timer = DeadlineTimer::default();
        }
    }
}

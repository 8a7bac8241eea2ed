//! The bodies of JSON-RPC over HTTP: one text, of limited size.

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

/// Room made for a body on the word of its length alone.
const MAX_PREALLOCATED_BYTES: usize = 64 * 1024;

/// Why there is no text.
pub(super) enum BodyReadError {
    /// It is too big; with what is left of it, unless that is known to be nothing.
    TooBig(Option<Body>),
    /// It came too slowly.
    TooSlow,
    /// The connection has too many bodies that are not whole.
    TooMany,
    /// The client is gone, or something below has failed.
    Broken(BoxError),
}

/// What a body may be, and how long it may take.
pub(super) struct BodyLimits {
    /// Its size, in bytes.
    pub(super) size: usize,
    /// How long it may take without coming at [`MIN_BYTES_PER_SECOND`](crate::wire::http2::MIN_BYTES_PER_SECOND).
    pub(super) timeout: Duration,
    /// The connection's, for bodies that are not whole; where there can be more than one.
    pub(super) budget: Option<Arc<Budget>>,
}

/// Reads a whole body, which is given back without a copy if it arrives in one piece. One that says that it is too
/// big is not read at all.
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

/// Tells a body that comes too slowly. Costs a timer once somebody has to wait.
struct BodyRateTimer {
    timeout: Duration,
    timer: DeadlineTimer,
    /// Bytes that were here when the timer was set.
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

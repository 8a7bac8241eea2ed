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
use crate::wire::http2::{Budget, is_slow};

/// Room made for a body on the word of its length alone.
const TRUSTED_LENGTH: usize = 64 * 1024;

/// Why there is no text.
pub(super) enum ReadError {
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
    /// How long it may take without coming at [`MIN_RATE`](crate::wire::http2::MIN_RATE).
    pub(super) timeout: Duration,
    /// The connection's, for bodies that are not whole; where there can be more than one.
    pub(super) budget: Option<Arc<Budget>>,
}

/// Reads a whole body, which is given back without a copy if it arrives in one piece. One that says that it is too
/// big is not read at all.
pub(super) async fn read(
    mut body: Body,
    length: Option<u64>,
    limits: BodyLimits,
) -> Result<Bytes, ReadError> {
    let limit = limits.size;
    let length = length.map_or(Some(0), |length| usize::try_from(length).ok());
    let Some(length) = length.filter(|length| *length <= limit) else {
        return Err(ReadError::TooBig(Some(body)));
    };
    let mut first = Bytes::new();
    let mut joined: Option<BytesMut> = None;
    let mut slow = Slow::new(limits.timeout);
    let mut charge = limits.budget.map(|budget| budget.charge(0));
    loop {
        let read = joined.as_ref().map_or(first.len(), BytesMut::len);
        let next = poll_fn(|cx| match Pin::new(&mut body).poll_frame(cx) {
            Poll::Pending => slow.poll(cx, read).map(|()| Err(ReadError::TooSlow)),
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
        });
        let Some(frame) = next.await? else { break };
        let Ok(data) = frame.map_err(ReadError::Broken)?.into_data() else {
            continue;
        };
        if let Some(charge) = &mut charge
            && !body.is_end_stream()
            && !charge.grow(read.saturating_add(data.len()))
        {
            return Err(ReadError::TooMany);
        }
        if data.len() > limit.saturating_sub(read) {
            return Err(ReadError::TooBig((!body.is_end_stream()).then_some(body)));
        }
        match &mut joined {
            None if first.is_empty() => first = data,
            Some(joined) => joined.extend_from_slice(&data),
            None => {
                let room = length.min(TRUSTED_LENGTH).max(read + data.len());
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
struct Slow {
    timeout: Duration,
    timer: DeadlineTimer,
    /// Bytes that were here when the timer was set.
    here: usize,
}

impl Slow {
    fn new(timeout: Duration) -> Self {
        Self {
            timeout,
            timer: DeadlineTimer::default(),
            here: 0,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, here: usize) -> Poll<()> {
        loop {
            if self.timer.at().is_none() {
                (self.timer, self.here) = (DeadlineTimer::new(deadline_after(self.timeout)), here);
            }
            ready!(self.timer.poll(cx));
            if is_slow(here.saturating_sub(self.here), self.timeout) {
                return Poll::Ready(());
            }
            self.timer = DeadlineTimer::default();
        }
    }
}

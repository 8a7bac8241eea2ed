//! Enforces the timeouts and protocol limits of an HTTP/2 connection. Checks run when the connection's task is idle.
//! One timer covers all deadlines and is reset only after it has fired.

use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::future::BoxFuture;
use h2::{Ping, PingPong, Reason};
use tokio::time::{Instant, Sleep};

use crate::server::limits::{Limits, ServerKeepalive};
use crate::transport::{FrameFlood, FrameStats, MAX_EARLY_PINGS, UnfinishedInput, WriteCoalescer};
use crate::wire::http2::{Frame, is_below_min_rate};

type H2Connection = h2::server::Connection<WriteCoalescer, Frame>;

/// Time to wait for the reply to the PING between the two GOAWAYs of a graceful shutdown. Same as in grpc-go.
const GRACEFUL_PING_TIMEOUT: Duration = Duration::from_secs(5);
/// Sleep duration when no deadline is set: one year.
const NO_TIMER: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// The reason for closing a connection immediately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CloseReason {
    /// Sends GOAWAY with this code and debug data.
    GoAway(Reason, &'static str),
    /// Closes without GOAWAY, because the peer does not respond.
    Abort(&'static str),
}

const fn enhance_your_calm(why: &'static str) -> CloseReason {
    CloseReason::GoAway(Reason::ENHANCE_YOUR_CALM, why)
}

pub(super) struct ConnectionMonitor {
    limits: Limits,
    sleep: Pin<Box<Sleep>>,
    /// Time at which `sleep` fires.
    wakes_at: Instant,
    first_request: Option<Instant>,
    age: Option<Instant>,
    grace: Option<Instant>,
    drain: Option<Instant>,
    tick: Option<Instant>,
    idle: Option<IdleTimer>,
    keepalive: Option<KeepalivePinger>,
    /// The incomplete headers or frame at the last check, the time of the first check that saw it, and the bytes read
    /// by then.
    unfinished: Option<(UnfinishedInput, Instant, u64)>,
    write_stall: Option<(u64, Instant)>,
    unsent_stall: Option<(u64, Instant)>,
}

struct IdleTimer {
    at: Instant,
    since: Option<Instant>,
    /// Number of requests at the last check.
    requests: u64,
}

struct KeepalivePinger {
    settings: ServerKeepalive,
    at: Instant,
    /// Number of bytes read at the last check.
    heard: u64,
    state: KeepaliveState,
}

enum KeepaliveState {
    Quiet(PingPong),
    Sent(BoxFuture<'static, Option<PingPong>>),
}

impl ConnectionMonitor {
    pub(super) fn new(limits: Limits, connection: &mut H2Connection) -> Self {
        let now = Instant::now();
        let after = |time: Duration| now.checked_add(time);
        let keepalive = limits.keepalive.zip(connection.ping_pong());
        let mut monitor = Self {
            sleep: Box::pin(tokio::time::sleep_until(now)),
            wakes_at: now,
            first_request: limits.first_request_timeout.and_then(after),
            age: limits.max_connection_age.map(with_jitter).and_then(after),
            grace: None,
            drain: None,
            tick: None,
            idle: limits.max_connection_idle.and_then(after).map(|at| IdleTimer {
                at,
                since: Some(now),
                requests: 0,
            }),
            keepalive: keepalive.and_then(|(settings, pings)| {
                Some(KeepalivePinger {
                    settings,
                    at: after(settings.time)?,
                    heard: 0,
                    state: KeepaliveState::Quiet(pings),
                })
            }),
            unfinished: None,
            write_stall: None,
            unsent_stall: None,
            limits,
        };
        monitor.reset_timer(now);
        monitor
    }

    /// Completes when the connection must be closed. `over_budget`: unsent replies exceed their limit.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        socket: &WriteCoalescer,
        connection: &mut H2Connection,
        over_budget: bool,
    ) -> Poll<CloseReason> {
        let seen = socket.stats();
        if let Some(flood) = seen.flood {
            let reason = match flood {
                // RFC 9113 §4.2 allows this code for limits of a single frame type.
                FrameFlood::Headers => Reason::FRAME_SIZE_ERROR,
                _ => Reason::ENHANCE_YOUR_CALM,
            };
            return Poll::Ready(CloseReason::GoAway(reason, flood.name()));
        }
        if seen.early_pings + seen.idle_pings > MAX_EARLY_PINGS
            && !self.limits.keepalive_without_calls
            && !connection.has_streams()
        {
            return Poll::Ready(enhance_your_calm("too_many_pings"));
        }
        if self.tick.is_none() && (seen.unfinished.is_some() || seen.blocked_at.is_some() || over_budget) {
            let now = Instant::now();
            if let Some(end) = self.check_progress(now, &seen, over_budget) {
                return Poll::Ready(end);
            }
            if self.tick.is_some_and(|tick| tick < self.wakes_at) {
                self.reset_timer(now);
            }
        }
        loop {
            if let Some(pings) = &mut self.keepalive {
                pings.poll(cx);
            }
            // A busy connection would exhaust its cooperative budget and never poll the timer.
            let mut sleep = pin!(tokio::task::unconstrained(self.sleep.as_mut()));
            if sleep.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
            let now = Instant::now();
            if let Some(end) = self.on_timer(now, &seen, connection, over_budget) {
                return Poll::Ready(end);
            }
            self.reset_timer(now);
            // The connection may have to write a frame now.
            cx.waker().wake_by_ref();
        }
    }

    /// Refuses new calls and lets running calls finish.
    pub(super) fn drain(&mut self, connection: &mut H2Connection) {
        connection.graceful_shutdown();
        let now = Instant::now();
        self.drain = Some(now + GRACEFUL_PING_TIMEOUT);
        self.reset_timer(now);
    }

    fn reset_timer(&mut self, now: Instant) {
        let all = [
            self.first_request,
            self.age,
            self.grace,
            self.drain,
            self.tick,
            self.idle.as_ref().map(|idle| idle.at),
            self.keepalive.as_ref().map(|pings| pings.at),
        ];
        self.wakes_at = all.into_iter().flatten().min().unwrap_or(now + NO_TIMER);
        self.sleep.as_mut().reset(self.wakes_at);
    }

    fn on_timer(
        &mut self,
        now: Instant,
        seen: &FrameStats,
        connection: &mut H2Connection,
        over_budget: bool,
    ) -> Option<CloseReason> {
        let is_due = |at: &mut Option<Instant>| at.take_if(|at| *at <= now).is_some();
        if is_due(&mut self.grace) {
            return Some(CloseReason::Abort(
                "calls still running after max_connection_age_grace",
            ));
        }
        if is_due(&mut self.drain) {
            if !connection.has_streams() {
                return Some(CloseReason::Abort(
                    "peer did not acknowledge the PING of a graceful shutdown",
                ));
            }
            self.drain = Some(now + GRACEFUL_PING_TIMEOUT);
        }
        if is_due(&mut self.first_request) && seen.requests == 0 {
            // GOAWAY tells the client that a request in transit was not processed.
            return Some(CloseReason::GoAway(Reason::NO_ERROR, ""));
        }
        if is_due(&mut self.age) {
            self.grace = self
                .limits
                .max_connection_age_grace
                .and_then(|grace| now.checked_add(grace));
            self.drain(connection);
        }
        if is_due(&mut self.tick)
            && let Some(end) = self.check_progress(now, seen, over_budget)
        {
            return Some(end);
        }
        let limit = self.limits.max_connection_idle.unwrap_or(NO_TIMER);
        if let Some(idle) = &mut self.idle
            && idle.at <= now
            && idle.has_expired(now, limit, seen.requests, connection.has_streams())
        {
            self.idle = None;
            self.drain(connection);
        }
        self.keepalive
            .as_mut()
            .filter(|pings| pings.at <= now)
            .and_then(|pings| pings.on_timer(now, seen.bytes_read))
    }

    /// Checks the progress of reads and writes, and sets the time of the next check.
    fn check_progress(&mut self, now: Instant, seen: &FrameStats, over_budget: bool) -> Option<CloseReason> {
        let limits = &self.limits;
        if let Some(unfinished) = seen.unfinished {
            match self.unfinished {
                Some((before, since, read)) if before == unfinished => {
                    let age = now - since;
                    match unfinished {
                        UnfinishedInput::Headers(_) if age >= limits.header_timeout => {
                            return Some(enhance_your_calm("headers_too_slow"));
                        }
                        UnfinishedInput::Frame(_)
                            if age >= limits.body_timeout
                                && is_below_min_rate((seen.bytes_read - read) as usize, age) =>
                        {
                            return Some(enhance_your_calm("frame_too_slow"));
                        }
                        _ => {}
                    }
                }
                _ => self.unfinished = Some((unfinished, now, seen.bytes_read)),
            }
        } else {
            self.unfinished = None;
        }
        if is_stalled(&mut self.write_stall, seen.blocked_at, now, limits.write_timeout) {
            return Some(CloseReason::Abort(
                "write timeout: peer does not read from the connection",
            ));
        }
        let unsent_progress = over_budget.then_some(seen.data_written);
        if is_stalled(&mut self.unsent_stall, unsent_progress, now, limits.write_timeout) {
            return Some(enhance_your_calm("replies_not_read"));
        }
        let is_busy = seen.unfinished.is_some() || seen.blocked_at.is_some() || over_budget;
        let shortest = limits
            .header_timeout
            .min(limits.body_timeout)
            .min(limits.write_timeout);
        self.tick = is_busy.then(|| now + shortest / 2);
        None
    }
}

/// Returns whether `value` has not changed for `limit`.
fn is_stalled(known: &mut Option<(u64, Instant)>, value: Option<u64>, now: Instant, limit: Duration) -> bool {
    match (*known, value) {
        (Some((before, since)), Some(value)) if before == value => now - since >= limit,
        _ => {
            *known = value.map(|value| (value, now));
            false
        }
    }
}

impl IdleTimer {
    /// Returns whether there were no calls for `limit`. Otherwise, sets the time of the next check.
    fn has_expired(&mut self, now: Instant, limit: Duration, requests: u64, has_calls: bool) -> bool {
        if has_calls || requests != self.requests {
            self.requests = requests;
            self.since = (!has_calls).then_some(now);
            self.at = now + limit / 2;
            return false;
        }
        let since = *self.since.get_or_insert(now);
        self.at = since + limit;
        self.at <= now
    }
}

impl KeepalivePinger {
    fn poll(&mut self, cx: &mut Context<'_>) {
        if let KeepaliveState::Sent(pong) = &mut self.state
            && let Poll::Ready(Some(pings)) = pong.as_mut().poll(cx)
        {
            self.state = KeepaliveState::Quiet(pings);
        }
    }

    /// Sends a PING if nothing was read since the last check. Any data proves that the peer is alive.
    fn on_timer(&mut self, now: Instant, read: u64) -> Option<CloseReason> {
        let is_silent = read == self.heard;
        self.heard = read;
        let state = std::mem::replace(
            &mut self.state,
            KeepaliveState::Sent(Box::pin(std::future::pending())),
        );
        let wait;
        (self.state, wait) = match state {
            KeepaliveState::Sent(_) if is_silent => {
                return Some(CloseReason::Abort("peer did not acknowledge a keepalive PING"));
            }
            KeepaliveState::Quiet(mut pings) if is_silent => {
                let pong = Box::pin(async move { pings.ping(Ping::opaque()).await.ok().map(|_| pings) });
                (KeepaliveState::Sent(pong), self.settings.timeout)
            }
            state => (state, self.settings.time),
        };
        self.at = now + wait;
        None
    }
}

/// Varies a duration randomly by up to 10 %, so that connections opened together do not close together.
pub(super) fn with_jitter(age: Duration) -> Duration {
    let random = RandomState::new().hash_one(0) >> 32;
    age.mul_f64(0.9 + 0.2 * random as f64 / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connection_age_has_jitter_of_ten_percent() {
        let age = Duration::from_secs(1000);
        let ages: Vec<Duration> = (0..1000).map(|_| with_jitter(age)).collect();
        let seconds = |age: &Duration| age.as_secs();
        assert!(ages.iter().all(|age| (900..=1100).contains(&seconds(age))));
        assert!(ages.iter().map(seconds).min() < Some(920));
        assert!(ages.iter().map(seconds).max() > Some(1080));
    }

    #[test]
    fn idle_timer_requires_no_calls_for_the_whole_time() {
        let start = Instant::now();
        let limit = Duration::from_secs(60);
        // Each step: seconds since the start, requests so far, whether calls run, and the next check unless idle has
        // expired.
        for steps in [
            &[(60, 0, false, None)][..],
            &[
                (60, 1, true, Some(90)),
                (90, 1, false, Some(150)),
                (150, 1, false, None),
            ],
            &[
                (60, 1, false, Some(90)),
                (90, 1, false, Some(120)),
                (120, 1, false, None),
            ],
            &[
                (60, 1, false, Some(90)),
                (90, 2, false, Some(120)),
                (120, 2, false, Some(150)),
            ],
        ] {
            let mut idle = IdleTimer {
                at: start + limit,
                since: Some(start),
                requests: 0,
            };
            for &(at, requests, has_calls, expected) in steps {
                let over_budget =
                    idle.has_expired(start + Duration::from_secs(at), limit, requests, has_calls);
                let next = (idle.at - start).as_secs();
                assert_eq!((!over_budget).then_some(next), expected, "{steps:?}");
            }
        }
    }
}

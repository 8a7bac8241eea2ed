//! Client keepalive: detects servers that no longer respond, as specified by
//! [gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md) for PINGs and by
//! [gRFC A18](https://github.com/grpc/proposal/blob/master/A18-tcp-user-timeout.md) for the kernel.
//!
//! The default policy sends a PING only if bytes were sent and none were received for a while, and at most two PINGs
//! between responses. gRPC servers that allow one PING in five minutes accept this. The kernel's TCP keepalive checks
//! connections on which nothing is sent.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Buf;
use h2::{Ping, PingPong};
use tokio::task::AbortHandle;

use super::connection::Connection;
use super::failure::HumanDuration;
use crate::call::spawn;
use crate::transport::{TrafficCounters, WriteCoalescer};

/// Maximum number of PINGs between two responses. gRPC servers tolerate this number by default.
const MAX_PINGS_WITHOUT_RESPONSE: u32 = 2;
/// Upper bound in bytes for frames that do not belong to a response, such as PING acknowledgements.
const MAX_NON_RESPONSE_BYTES: u64 = 512;
/// Minimum interval between PINGs, as in gRPC. Shorter intervals are raised to it.
const MIN_PING_INTERVAL: Duration = Duration::from_secs(10);
/// Number of checks for received bytes in one keepalive interval.
const CHECKS_PER_INTERVAL: u32 = 5;

/// The keepalive settings of a channel.
#[derive(Debug, Clone)]
pub(crate) struct ClientKeepalive {
    pub(crate) pings: PingPolicy,
    /// The limit for a PING acknowledgement, and for the TCP acknowledgement of sent bytes.
    pub(crate) timeout: Duration,
}

/// The condition under which PINGs are sent.
#[derive(Debug, Clone)]
pub(crate) enum PingPolicy {
    Never,
    /// After this time without received bytes, if bytes were sent.
    AfterUnansweredBytes(Duration),
    /// After `time` without received bytes, while there are calls or `without_calls` is set.
    AfterSilence {
        time: Duration,
        without_calls: bool,
    },
}

impl Default for ClientKeepalive {
    fn default() -> Self {
        Self {
            pings: PingPolicy::AfterUnansweredBytes(MIN_PING_INTERVAL),
            timeout: Duration::from_secs(20),
        }
    }
}

impl ClientKeepalive {
    /// Sets a fixed PING interval. [`Duration::MAX`] disables PINGs.
    pub(crate) fn set_ping_interval(&mut self, time: Duration) {
        self.pings = match time {
            Duration::MAX => PingPolicy::Never,
            time => PingPolicy::AfterSilence {
                time: time.max(MIN_PING_INTERVAL),
                without_calls: false,
            },
        };
    }

    /// Extends a fixed PING interval to times without calls.
    pub(crate) fn without_calls(mut self, yes: bool) -> Self {
        if let PingPolicy::AfterSilence { without_calls, .. } = &mut self.pings {
            *without_calls = yes;
        }
        self
    }

    /// Doubles the PING interval `times` times.
    pub(super) fn with_backoff(&self, times: u32) -> Self {
        let slower = |time: Duration| time.saturating_mul(1 << times.min(16));
        let pings = match self.pings {
            PingPolicy::Never => PingPolicy::Never,
            PingPolicy::AfterUnansweredBytes(time) => PingPolicy::AfterUnansweredBytes(slower(time)),
            PingPolicy::AfterSilence { time, without_calls } => PingPolicy::AfterSilence {
                time: slower(time),
                without_calls,
            },
        };
        Self {
            pings,
            timeout: self.timeout,
        }
    }

    /// Returns the interval of TCP keepalive probes and the `TCP_USER_TIMEOUT`. `None` keeps the system's settings.
    pub(super) fn kernel_probes(&self) -> Option<(Duration, Duration)> {
        let time = match self.pings {
            PingPolicy::Never => return None,
            PingPolicy::AfterUnansweredBytes(time) | PingPolicy::AfterSilence { time, .. } => time,
        };
        Some((time, self.timeout))
    }
}

/// The keepalive task of a connection. Dropping this stops the task.
pub(super) struct KeepaliveTask(AbortHandle);

impl Drop for KeepaliveTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Spawns the keepalive task of a connection. A separate task keeps this work off the connection's task.
pub(super) fn start<B: Buf + Send + 'static>(
    keepalive: &ClientKeepalive,
    socket: &WriteCoalescer,
    pings: PingPong,
    connection: &Weak<Connection<B>>,
) -> Option<KeepaliveTask> {
    let monitor = KeepaliveMonitor {
        traffic: socket.traffic(),
        socket: socket.clone(),
        pings,
        connection: connection.clone(),
        timeout: keepalive.timeout,
    };
    let task = match keepalive.pings {
        PingPolicy::Never => return None,
        PingPolicy::AfterUnansweredBytes(time) => spawn(monitor.ping_after_unanswered_bytes(time)),
        PingPolicy::AfterSilence { time, without_calls } => {
            spawn(monitor.ping_after_silence(time, without_calls))
        }
    };
    Some(KeepaliveTask(task.abort_handle()))
}

struct KeepaliveMonitor<B: Buf> {
    socket: WriteCoalescer,
    traffic: Arc<TrafficCounters>,
    pings: PingPong,
    connection: Weak<Connection<B>>,
    timeout: Duration,
}

/// The connection has failed or has been closed.
struct ConnectionGone;

impl<B: Buf + Send + 'static> KeepaliveMonitor<B> {
    async fn ping_after_unanswered_bytes(mut self, time: Duration) {
        let mut sent = 0;
        let mut received = 0;
        loop {
            self.socket.wait_until_awaiting_bytes().await;
            // The unacknowledged bytes may be one check older than this wait.
            if !self.is_silent(time, CHECKS_PER_INTERVAL - 1).await {
                continue;
            }
            let Some(connection) = self.connection.upgrade() else {
                return;
            };
            // The flag may come from a head that was read late: count it only if enough bytes have arrived.
            if connection.take_response_seen() && self.traffic.received() > received + MAX_NON_RESPONSE_BYTES
                || self.traffic.received() > received + 2 * MAX_NON_RESPONSE_BYTES
            {
                sent = 0;
            }
            drop(connection);
            if sent == MAX_PINGS_WITHOUT_RESPONSE {
                continue;
            }
            received = self.traffic.received();
            if self.ping_or_close().await.is_err() {
                return;
            }
            sent += 1;
        }
    }

    async fn ping_after_silence(mut self, time: Duration, without_calls: bool) {
        loop {
            if !self.is_silent(time, CHECKS_PER_INTERVAL).await {
                continue;
            }
            // Each call holds the connection, and the subchannel holds it once.
            if !without_calls && self.connection.strong_count() < 2 {
                self.socket.wait_until_awaiting_bytes().await;
                continue;
            }
            if self.ping_or_close().await.is_err() {
                return;
            }
        }
    }

    /// Waits for `checks` checks of an interval. Returns false as soon as bytes have been received.
    async fn is_silent(&self, time: Duration, checks: u32) -> bool {
        let received = self.traffic.received();
        for _ in 0..checks {
            tokio::time::sleep(time / CHECKS_PER_INTERVAL).await;
            if self.traffic.received() != received {
                return false;
            }
        }
        true
    }

    /// Sends a PING. Closes the connection if no bytes at all arrive within the timeout.
    async fn ping_or_close(&mut self) -> Result<(), ConnectionGone> {
        let received = self.traffic.received();
        // Fails if the previous PING is still unacknowledged because other bytes arrived in its place.
        let _ = self.pings.send_ping(Ping::opaque());
        let answered = poll_fn(|cx| self.pings.poll_pong(cx));
        match tokio::time::timeout(self.timeout, answered).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(ConnectionGone),
            Err(_) if self.traffic.received() != received => Ok(()),
            Err(_) => {
                let reason = format!(
                    "the server did not answer a PING within {}",
                    HumanDuration(self.timeout)
                );
                if let Some(connection) = self.connection.upgrade() {
                    connection.set_end_reason(reason.clone());
                }
                self.socket.fail(io::Error::new(io::ErrorKind::TimedOut, reason));
                Err(ConnectionGone)
            }
        }
    }
}

//! Whether a silent server is still there: keepalive, after
//! [gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md) and, in the kernel,
//! [gRFC A18](https://github.com/grpc/proposal/blob/master/A18-tcp-user-timeout.md).
//!
//! By default a PING is sent only when bytes were sent and none came for a while, and at most two until a response comes:
//! so that a server objects to none that allows one PING in five minutes, as gRPC's do. What happens to a connection on
//! which nothing is sent is the kernel's to find out.

use std::future::poll_fn;
use std::io;
use std::sync::{Arc, Weak};
use std::time::Duration;

use bytes::Buf;
use h2::{Ping, PingPong};
use tokio::task::AbortHandle;

use super::failure::Elapsed;
use super::subchannel::Connection;
use crate::call::spawn;
use crate::transport::{TrafficCounters, WriteCoalescer};

/// PINGs without a response between them that no server minds.
const FREE: u32 = 2;
/// What the answer to a PING, and what else belongs to no response, may take at most.
const CHATTER: u64 = 512;
/// A shorter time between PINGs is taken for this one, as in gRPC.
const SHORTEST: Duration = Duration::from_secs(10);
/// Parts that a time is waited for in: after each it is looked whether bytes came.
const PARTS: u32 = 5;

/// How a connection is kept alive.
#[derive(Debug, Clone)]
pub(crate) struct Keepalive {
    pub(crate) pings: Pings,
    /// For the answer to a PING, and for the kernel's acknowledgement of what was sent.
    pub(crate) timeout: Duration,
}

/// When PINGs are sent.
#[derive(Debug, Clone)]
pub(crate) enum Pings {
    Never,
    /// After bytes that nothing was received after.
    Unanswered(Duration),
    /// After a silence of the server, while there are calls.
    Silence {
        time: Duration,
        without_calls: bool,
    },
}

impl Default for Keepalive {
    fn default() -> Self {
        Self {
            pings: Pings::Unanswered(SHORTEST),
            timeout: Duration::from_secs(20),
        }
    }
}

impl Keepalive {
    /// A time of the user's; the longest there is means never.
    pub(crate) fn every(&mut self, time: Duration) {
        self.pings = match time {
            Duration::MAX => Pings::Never,
            time => Pings::Silence {
                time: time.max(SHORTEST),
                without_calls: false,
            },
        };
    }

    /// The same with PINGs of a time of the user's also while there are no calls.
    pub(crate) fn without_calls(mut self, yes: bool) -> Self {
        if let Pings::Silence { without_calls, .. } = &mut self.pings {
            *without_calls = yes;
        }
        self
    }

    /// The same with its time doubled as often as servers objected.
    pub(super) fn slower(&self, times: u32) -> Self {
        let slower = |time: Duration| time.saturating_mul(1 << times.min(16));
        let pings = match self.pings {
            Pings::Never => Pings::Never,
            Pings::Unanswered(time) => Pings::Unanswered(slower(time)),
            Pings::Silence { time, without_calls } => Pings::Silence {
                time: slower(time),
                without_calls,
            },
        };
        Self {
            pings,
            timeout: self.timeout,
        }
    }

    /// The time between the kernel's own probes of a connection without traffic, and for how long it tries to send:
    /// `None` leaves both to the system.
    pub(super) fn kernel(&self) -> Option<(Duration, Duration)> {
        let time = match self.pings {
            Pings::Never => return None,
            Pings::Unanswered(time) | Pings::Silence { time, .. } => time,
        };
        Some((time, self.timeout))
    }
}

/// A connection's keepalive, which ends when this is dropped.
pub(super) struct Running(AbortHandle);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Starts the task that looks after a connection. It is not the connection's own, which has calls to serve.
pub(super) fn start<B: Buf + Send + 'static>(
    keepalive: &Keepalive,
    socket: &WriteCoalescer,
    pings: PingPong,
    connection: &Weak<Connection<B>>,
) -> Option<Running> {
    let watch = Watch {
        traffic: socket.traffic(),
        socket: socket.clone(),
        pings,
        connection: connection.clone(),
        timeout: keepalive.timeout,
    };
    let task = match keepalive.pings {
        Pings::Never => return None,
        Pings::Unanswered(time) => spawn(watch.unanswered(time)),
        Pings::Silence { time, without_calls } => spawn(watch.silence(time, without_calls)),
    };
    Some(Running(task.abort_handle()))
}

struct Watch<B: Buf> {
    socket: WriteCoalescer,
    traffic: Arc<TrafficCounters>,
    pings: PingPong,
    connection: Weak<Connection<B>>,
    timeout: Duration,
}

/// The connection is given up, or gone.
struct Over;

impl<B: Buf + Send + 'static> Watch<B> {
    async fn unanswered(mut self, time: Duration) {
        let mut sent = 0;
        let mut received = 0;
        loop {
            self.socket.wait_until_awaiting_bytes().await;
            // What was sent just before a look is older by a part.
            if !self.is_silent(time, PARTS - 1).await {
                continue;
            }
            let Some(connection) = self.connection.upgrade() else {
                return;
            };
            // A head may have been read late: it is one of a response only if about as many bytes came.
            if connection.take_answered() && self.traffic.received() > received + CHATTER
                || self.traffic.received() > received + 2 * CHATTER
            {
                sent = 0;
            }
            drop(connection);
            if sent == FREE {
                continue;
            }
            received = self.traffic.received();
            if self.ping().await.is_err() {
                return;
            }
            sent += 1;
        }
    }

    async fn silence(mut self, time: Duration, without_calls: bool) {
        loop {
            if !self.is_silent(time, PARTS).await {
                continue;
            }
            // Each call has a handle on its connection; the subchannel has one.
            if !without_calls && self.connection.strong_count() < 2 {
                self.socket.wait_until_awaiting_bytes().await;
                continue;
            }
            if self.ping().await.is_err() {
                return;
            }
        }
    }

    /// Waits until nothing came for some parts of a time; false once something did.
    async fn is_silent(&self, time: Duration, parts: u32) -> bool {
        let received = self.traffic.received();
        for _ in 0..parts {
            tokio::time::sleep(time / PARTS).await;
            if self.traffic.received() != received {
                return false;
            }
        }
        true
    }

    /// Sends a PING. If nothing at all comes, the connection is given up.
    async fn ping(&mut self) -> Result<(), Over> {
        let received = self.traffic.received();
        // One may be under way still, if other bytes came instead of its answer.
        let _ = self.pings.send_ping(Ping::opaque());
        let answered = poll_fn(|cx| self.pings.poll_pong(cx));
        match tokio::time::timeout(self.timeout, answered).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(_)) => Err(Over),
            Err(_) if self.traffic.received() != received => Ok(()),
            Err(_) => {
                let reason = format!(
                    "the server did not answer a PING within {}",
                    Elapsed(self.timeout)
                );
                if let Some(connection) = self.connection.upgrade() {
                    connection.ends_because(reason.clone());
                }
                self.socket.fail(io::Error::new(io::ErrorKind::TimedOut, reason));
                Err(Over)
            }
        }
    }
}

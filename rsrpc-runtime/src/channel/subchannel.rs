//! One address's state machine (a gRPC subchannel): connects on the first call, shares the connection, reconnects.

use std::fmt;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use arc_swap::ArcSwapOption;
use bytes::Buf;
use tokio::sync::watch;

use super::connect::{ConnectBackoff, ConnectOptions};
use super::connection::{Connection, http2_handshake};
use super::failure::{ConnectProgress, ConnectStep};
use super::keepalive;
use super::target::Target;
use crate::call::{Status, spawn};
use crate::sync::MutexExt as _;
use crate::transport::{HttpVersion, http2};

/// The shared HTTP/2 connection to a target. READY is a connection in `current`; IDLE, CONNECTING and TRANSIENT_FAILURE
/// are in `state`.
pub(crate) struct Subchannel<B: Buf> {
    options: ConnectOptions,
    current: ArcSwapOption<Connection<B>>,
    state: Mutex<SubchannelState<B>>,
    /// Number of times that the interval between PINGs has been doubled.
    keepalive_backoffs: AtomicU32,
}

enum SubchannelState<B: Buf> {
    Idle,
    Connecting(ConnectAttempt<B>),
    TransientFailure(ConnectBackoff),
}

/// A running connection attempt.
struct ConnectAttempt<B: Buf> {
    /// Receives the connection. It may have closed again in the meantime: each waiting call then counts a dead
    /// connection instead of waiting for the next one without a limit.
    connection: ConnectionReceiver<B>,
    progress: Arc<ConnectProgress>,
    task: tokio::task::AbortHandle,
}

type ConnectionReceiver<B> = watch::Receiver<Option<Arc<Connection<B>>>>;

impl<B: Buf + Send + 'static> Subchannel<B> {
    pub(crate) fn new(options: ConnectOptions) -> Arc<Self> {
        Arc::new(Self {
            options,
            current: ArcSwapOption::empty(),
            state: Mutex::new(SubchannelState::Idle),
            keepalive_backoffs: AtomicU32::new(0),
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.options.target
    }

    /// Returns the connection if the subchannel is READY.
    #[inline]
    pub(crate) fn current(&self) -> Option<Arc<Connection<B>>> {
        self.current.load_full()
    }

    /// Returns the connection, or waits until a connection attempt has ended. Cancel safe: the attempt continues.
    ///
    /// # Errors
    /// The status of the failed attempt; immediately during its backoff.
    pub(crate) async fn connected(self: Arc<Self>) -> Result<Arc<Connection<B>>, Status> {
        loop {
            let mut attempt = {
                let mut state = self.lock();
                if let Some(connection) = self.current() {
                    return Ok(connection);
                }
                match &*state {
                    SubchannelState::Connecting(attempt) if attempt.task.is_finished() => {
                        let status =
                            Status::internal(format!("the connector of {} panicked", self.options.target));
                        *state = SubchannelState::TransientFailure(ConnectBackoff::new(status, 1));
                        continue;
                    }
                    SubchannelState::Connecting(attempt) => attempt.connection.clone(),
                    SubchannelState::Idle => self.start_connecting(&mut state, 1),
                    SubchannelState::TransientFailure(backoff) => match backoff.active_status() {
                        Some(status) => return Err(status),
                        None => {
                            let attempt = backoff.failures.saturating_add(1);
                            self.start_connecting(&mut state, attempt)
                        }
                    },
                }
            };
            // An error means that the attempt has failed and `state` holds its status.
            let _ = attempt.changed().await;
            if let Some(connection) = &*attempt.borrow() {
                return Ok(connection.clone());
            }
        }
    }

    /// Returns the progress of the running connection attempt.
    pub(crate) fn connect_step(&self) -> Option<ConnectStep> {
        match &*self.lock() {
            SubchannelState::Connecting(attempt) => Some(attempt.progress.step()),
            _ => None,
        }
    }

    /// Removes a connection that accepts no more requests. Does nothing if a newer connection has replaced it.
    pub(crate) fn retire(&self, connection: &Arc<Connection<B>>) {
        let _state = self.lock();
        let current = self.current.load();
        if current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, connection))
        {
            self.current.store(None);
        }
    }

    /// Doubles the interval between PINGs on later connections, as gRFC A8 requires.
    fn back_off_keepalive(&self) {
        let times = self.keepalive_backoffs.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(target = %self.options.target, times, "the server closed the connection for too many PINGs: the interval is doubled; raise keepalive_time");
    }

    /// Spawns the task that connects and then drives the connection. The task ends with the connection. Dropping the
    /// subchannel stops a task that is still connecting.
    fn start_connecting(
        self: &Arc<Self>,
        state: &mut SubchannelState<B>,
        attempt: u32,
    ) -> ConnectionReceiver<B> {
        let (done, connection) = watch::channel(None);
        let progress = Arc::new(ConnectProgress::new());
        let running = run_connection(
            Arc::downgrade(self),
            self.options.clone(),
            attempt,
            progress.clone(),
            done,
        );
        *state = SubchannelState::Connecting(ConnectAttempt {
            connection: connection.clone(),
            progress,
            task: spawn(running).abort_handle(),
        });
        connection
    }

    fn lock(&self) -> MutexGuard<'_, SubchannelState<B>> {
        self.state.lock_unpoisoned()
    }
}

impl<B: Buf> Drop for Subchannel<B> {
    fn drop(&mut self) {
        if let SubchannelState::Connecting(attempt) =
            self.state.get_mut().unwrap_or_else(PoisonError::into_inner)
        {
            attempt.task.abort();
        }
    }
}

/// Connects, publishes the connection, and drives it until it ends.
async fn run_connection<B: Buf + Send + 'static>(
    subchannel: Weak<Subchannel<B>>,
    options: ConnectOptions,
    attempt: u32,
    progress: Arc<ConnectProgress>,
    done: watch::Sender<Option<Arc<Connection<B>>>>,
) {
    let connecting = options.connect(HttpVersion::Http2, attempt, &progress, |socket| {
        http2_handshake(socket, &progress)
    });
    let ((sender, socket, mut connection), address) = match connecting.await {
        Ok(connected) => connected,
        Err(status) => {
            tracing::debug!(%status);
            if let Some(subchannel) = subchannel.upgrade() {
                *subchannel.lock() = SubchannelState::TransientFailure(ConnectBackoff::new(status, attempt));
            }
            return drop(done);
        }
    };
    let handle = Arc::new(Connection::new(sender, address, socket.traffic()));
    {
        let Some(subchannel) = subchannel.upgrade() else {
            return;
        };
        let mut state = subchannel.lock();
        subchannel.current.store(Some(handle.clone()));
        *state = SubchannelState::Idle;
    }
    let _ = done.send(Some(handle.clone()));
    drop(done);
    let weak = Arc::downgrade(&handle);
    drop(handle);
    let keepalive_backoffs = subchannel.upgrade().map_or(0, |subchannel| {
        subchannel.keepalive_backoffs.load(Ordering::Relaxed)
    });
    let _keepalive = connection.ping_pong().and_then(|pings| {
        keepalive::start(
            &options.keepalive.with_backoff(keepalive_backoffs),
            &socket,
            pings,
            &weak,
        )
    });
    let ended = socket
        .drive(|cx: &mut Context<'_>| -> Poll<Result<(), h2::Error>> { Pin::new(&mut connection).poll(cx) })
        .await;
    let Some(handle) = weak.upgrade() else { return };
    if let Err(error) = ended {
        let reason = http2::describe(&error);
        tracing::debug!(target = %options.target, address = %handle.address(), reason, "connection ended");
        // Before `h2`'s connection is dropped: the drop ends the calls without this reason.
        handle.set_end_reason(reason);
    }
    if let Some(subchannel) = subchannel.upgrade() {
        if handle
            .end_reason()
            .is_some_and(|reason| reason.contains(TOO_MANY_PINGS))
        {
            subchannel.back_off_keepalive();
        }
        subchannel.retire(&handle);
    }
}

/// The part of an end reason that identifies a GOAWAY for too frequent keepalive PINGs
/// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)).
const TOO_MANY_PINGS: &str = "ENHANCE_YOUR_CALM and debug data \"too_many_pings\"";

impl<B: Buf> fmt::Debug for Subchannel<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subchannel")
            .field("target", &self.options.target)
            .finish_non_exhaustive()
    }
}

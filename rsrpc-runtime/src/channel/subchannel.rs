//! The connection to a target: made when first needed, shared by all calls, made anew when it is gone.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};

use arc_swap::ArcSwapOption;
use bytes::{Buf, Bytes};
use h2::client::SendRequest;
use tokio::sync::watch;

use super::connect::{ConnectOptions, Failure};
use super::target::Target;
use crate::call::{Status, now};
use crate::transport::{Address, Gather, Prefixed, Socket, http2};

/// A connection that takes requests; `B` is the data of its DATA frames.
pub(crate) struct Connection<B: Buf> {
    sender: SendRequest<B>,
    address: Address,
    socket: Gather,
    /// Attempts before it that failed, in a row.
    failures: u32,
}

/// The way to a target. States: IDLE (nothing in `current` or `state`), CONNECTING, READY (`current`),
/// TRANSIENT_FAILURE.
pub(crate) struct Subchannel<B: Buf> {
    options: ConnectOptions,
    current: ArcSwapOption<Connection<B>>,
    state: Mutex<State<B>>,
}

enum State<B: Buf> {
    Idle,
    Connecting(Attempt<B>, tokio::task::AbortHandle),
    TransientFailure(Failure),
}

/// Brings the connection that an attempt leads to, which may be gone again by then: whoever waited counts that, and
/// does not wait for ever.
type Attempt<B> = watch::Receiver<Option<Arc<Connection<B>>>>;

impl<B: Buf + Send + 'static> Subchannel<B> {
    pub(crate) fn new(options: ConnectOptions) -> Arc<Self> {
        Arc::new(Self {
            options,
            current: ArcSwapOption::empty(),
            state: Mutex::new(State::Idle),
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.options.target
    }

    /// The connection, if there is one.
    #[inline]
    pub(crate) fn current(&self) -> Option<Arc<Connection<B>>> {
        self.current.load_full()
    }

    /// Waits for a connection. Fails at once while the last attempt's backoff lasts.
    pub(crate) async fn connected(self: Arc<Self>) -> Result<Arc<Connection<B>>, Status> {
        loop {
            let mut attempt = {
                let mut state = self.lock();
                if let Some(connection) = self.current() {
                    return Ok(connection);
                }
                match &*state {
                    State::Connecting(_, task) if task.is_finished() => {
                        let status =
                            Status::internal(format!("the connector of {} panicked", self.options.target));
                        *state = State::TransientFailure(Failure::new(status, 1));
                        continue;
                    }
                    State::Connecting(attempt, _) => attempt.clone(),
                    State::TransientFailure(failure) if failure.lasts() => {
                        return Err(failure.status.clone());
                    }
                    State::Idle => self.start(&mut state, 0),
                    State::TransientFailure(failure) => {
                        let failures = failure.count;
                        self.start(&mut state, failures)
                    }
                }
            };
            // An error means that the attempt has failed.
            let _ = attempt.changed().await;
            if let Some(connection) = &*attempt.borrow() {
                return Ok(connection.clone());
            }
        }
    }

    /// Forgets a connection that takes no more requests, unless there is a newer one already.
    ///
    /// One on which the server has never spoken HTTP/2 was none: the next attempt waits, as after any that failed.
    /// Where something accepts connections and closes them, calls would otherwise make new ones without end.
    pub(crate) fn retire(&self, connection: &Arc<Connection<B>>) {
        let mut state = self.lock();
        let current = self.current.load();
        if !current
            .as_ref()
            .is_some_and(|current| Arc::ptr_eq(current, connection))
        {
            return;
        }
        self.current.store(None);
        if !connection.socket.has_settings() {
            let failures = connection.failures.saturating_add(1);
            let status = Status::unavailable(format!(
                "cannot connect to {}: the connection was closed before HTTP/2 began on it",
                self.options.target
            ));
            *state = State::TransientFailure(Failure::new(status, failures));
        }
    }

    /// Starts the task that connects and then drives the connection. It ends with the connection, or with the
    /// subchannel while it still connects.
    fn start(self: &Arc<Self>, state: &mut State<B>, failures: u32) -> Attempt<B> {
        let (done, attempt) = watch::channel(None);
        let task = tokio::spawn(run(Arc::downgrade(self), self.options.clone(), failures, done));
        *state = State::Connecting(attempt.clone(), task.abort_handle());
        attempt
    }

    fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<B: Buf> Drop for Subchannel<B> {
    fn drop(&mut self) {
        if let State::Connecting(_, task) = self.state.get_mut().unwrap_or_else(PoisonError::into_inner) {
            task.abort();
        }
    }
}

impl<B: Buf> Connection<B> {
    /// A handle for one request.
    #[inline]
    pub(crate) fn sender(&self) -> SendRequest<B> {
        self.sender.clone()
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }
}

/// A connection's task, from the first lookup to its end.
async fn run<B: Buf + Send + 'static>(
    subchannel: Weak<Subchannel<B>>,
    options: ConnectOptions,
    failures: u32,
    done: watch::Sender<Option<Arc<Connection<B>>>>,
) {
    let started = now();
    let ((sender, socket, mut connection), address) = match options.connect(handshake).await {
        Ok(connected) => connected,
        Err(status) => {
            let failures = failures.saturating_add(1);
            tracing::debug!(target = %options.target, %status, failures, elapsed = ?(now() - started), "cannot connect");
            if let Some(subchannel) = subchannel.upgrade() {
                *subchannel.lock() = State::TransientFailure(Failure::new(status, failures));
            }
            return drop(done);
        }
    };
    let handle = Arc::new(Connection {
        sender,
        address,
        socket: socket.clone(),
        failures,
    });
    {
        let Some(subchannel) = subchannel.upgrade() else {
            return;
        };
        let mut state = subchannel.lock();
        subchannel.current.store(Some(handle.clone()));
        *state = State::Idle;
    }
    let _ = done.send(Some(handle.clone()));
    drop(done);
    let weak = Arc::downgrade(&handle);
    drop(handle);
    let ended = socket
        .drive(|cx: &mut Context<'_>| -> Poll<Result<(), h2::Error>> { Pin::new(&mut connection).poll(cx) })
        .await;
    if let Err(error) = ended {
        tracing::debug!(target = %options.target, %error, "a connection ended");
    }
    if let (Some(subchannel), Some(handle)) = (subchannel.upgrade(), weak.upgrade()) {
        subchannel.retire(&handle);
    }
}

type Connected<B> = (SendRequest<B>, Gather, h2::client::Connection<Gather, B>);

async fn handshake<B: Buf + Send + 'static>(
    socket: Socket,
) -> Result<Connected<B>, Box<dyn std::error::Error + Send + Sync>> {
    let socket = Gather::new(Prefixed::new(Bytes::new(), socket));
    let mut handshake = pin!(http2::client_builder().handshake::<_, B>(socket.clone()));
    let (sender, connection) = socket.drive(|cx| handshake.as_mut().poll(cx)).await?;
    Ok((sender, socket.clone(), connection))
}

impl<B: Buf> fmt::Debug for Subchannel<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subchannel")
            .field("target", &self.options.target)
            .finish_non_exhaustive()
    }
}

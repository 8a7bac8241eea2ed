//! The connection to a target: made when first needed, shared by all calls, made anew when it is gone.

use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use arc_swap::ArcSwapOption;
use bytes::{Buf, Bytes};
use h2::client::SendRequest;
use tokio::sync::watch;

use super::connect::{ConnectOptions, Failure};
use super::failure::{Phase, Progress, Step};
use super::keepalive;
use super::target::Target;
use crate::call::{Status, spawn};
use crate::error::BoxError;
use crate::sync::MutexExt as _;
use crate::transport::{
    Address, HttpVersion, PrefixedSocket, Socket, TrafficCounters, WriteCoalescer, http2,
};

/// A connection that takes requests; `B` is the data of its DATA frames.
pub(crate) struct Connection<B: Buf> {
    sender: SendRequest<B>,
    address: Address,
    traffic: Arc<TrafficCounters>,
    /// Heads of responses came since keepalive last asked.
    is_answered: AtomicBool,
    /// Why it ended, where `h2` does not tell its calls.
    ended: OnceLock<String>,
}

/// The way to a target. States: IDLE (nothing in `current` or `state`), CONNECTING, READY (`current`),
/// TRANSIENT_FAILURE.
pub(crate) struct Subchannel<B: Buf> {
    options: ConnectOptions,
    current: ArcSwapOption<Connection<B>>,
    state: Mutex<State<B>>,
    /// How often the time between PINGs was doubled.
    slowdown: AtomicU32,
}

enum State<B: Buf> {
    Idle,
    Connecting(Attempt<B>),
    TransientFailure(Failure),
}

/// An attempt under way.
struct Attempt<B: Buf> {
    /// Brings the connection that it leads to, which may be gone again by then: whoever waited counts that, and does
    /// not wait for ever.
    connection: Waiting<B>,
    progress: Arc<Progress>,
    task: tokio::task::AbortHandle,
}

type Waiting<B> = watch::Receiver<Option<Arc<Connection<B>>>>;

impl<B: Buf + Send + 'static> Subchannel<B> {
    pub(crate) fn new(options: ConnectOptions) -> Arc<Self> {
        Arc::new(Self {
            options,
            current: ArcSwapOption::empty(),
            state: Mutex::new(State::Idle),
            slowdown: AtomicU32::new(0),
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
                    State::Connecting(attempt) if attempt.task.is_finished() => {
                        let status =
                            Status::internal(format!("the connector of {} panicked", self.options.target));
                        *state = State::TransientFailure(Failure::new(status, 1));
                        continue;
                    }
                    State::Connecting(attempt) => attempt.connection.clone(),
                    State::Idle => self.start(&mut state, 1),
                    State::TransientFailure(failure) => match failure.lasting() {
                        Some(status) => return Err(status),
                        None => {
                            let attempt = failure.count.saturating_add(1);
                            self.start(&mut state, attempt)
                        }
                    },
                }
            };
            // An error means that the attempt has failed.
            let _ = attempt.changed().await;
            if let Some(connection) = &*attempt.borrow() {
                return Ok(connection.clone());
            }
        }
    }

    /// What the attempt under way is at, if there is one.
    pub(crate) fn step(&self) -> Option<Step> {
        match &*self.lock() {
            State::Connecting(attempt) => Some(attempt.progress.step()),
            _ => None,
        }
    }

    /// Forgets a connection that takes no more requests, unless there is a newer one already.
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

    /// Doubles the time between PINGs of later connections, as gRFC A8 asks.
    fn slow_down(&self) {
        let times = self.slowdown.fetch_add(1, Ordering::Relaxed) + 1;
        tracing::warn!(target = %self.options.target, times, "the server objects to so many PINGs; their time is doubled");
    }

    /// Starts the task that connects and then drives the connection. It ends with the connection, or with the
    /// subchannel while it still connects.
    fn start(self: &Arc<Self>, state: &mut State<B>, attempt: u32) -> Waiting<B> {
        let (done, connection) = watch::channel(None);
        let progress = Arc::new(Progress::new());
        let running = run(
            Arc::downgrade(self),
            self.options.clone(),
            attempt,
            progress.clone(),
            done,
        );
        *state = State::Connecting(Attempt {
            connection: connection.clone(),
            progress,
            task: spawn(running).abort_handle(),
        });
        connection
    }

    fn lock(&self) -> MutexGuard<'_, State<B>> {
        self.state.lock_unpoisoned()
    }
}

impl<B: Buf> Drop for Subchannel<B> {
    fn drop(&mut self) {
        if let State::Connecting(attempt) = self.state.get_mut().unwrap_or_else(PoisonError::into_inner) {
            attempt.task.abort();
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

    /// Bytes that have left on it.
    #[inline]
    pub(crate) fn left(&self) -> u64 {
        self.traffic.sent()
    }

    /// Takes note of a response's head.
    #[inline]
    pub(crate) fn note_answer(&self) {
        if !self.is_answered.load(Ordering::Relaxed) {
            self.is_answered.store(true, Ordering::Relaxed);
        }
    }

    /// Whether heads of responses came since this was last asked.
    pub(super) fn take_answered(&self) -> bool {
        self.is_answered.swap(false, Ordering::Relaxed)
    }

    /// Says why it ends, before it does.
    pub(super) fn ends_because(&self, reason: String) {
        let _ = self.ended.set(reason);
    }

    /// Why it ended, where it has and more is known of that than its calls are told.
    pub(crate) fn why_ended(&self) -> Option<String> {
        if let Some(ended) = self.ended.get() {
            return Some(ended.clone());
        }
        // Its calls may be faster than its task. A GOAWAY before the end is known here, too.
        let polled = self.sender().poll_ready(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(Err(error)) => Some(http2::describe(&error)),
            _ => None,
        }
    }
}

/// A connection's task, from the first lookup to its end.
async fn run<B: Buf + Send + 'static>(
    subchannel: Weak<Subchannel<B>>,
    options: ConnectOptions,
    attempt: u32,
    progress: Arc<Progress>,
    done: watch::Sender<Option<Arc<Connection<B>>>>,
) {
    let connecting = options.connect(HttpVersion::Http2, attempt, &progress, |socket| {
        handshake(socket, &progress)
    });
    let ((sender, socket, mut connection), address) = match connecting.await {
        Ok(connected) => connected,
        Err(status) => {
            tracing::debug!(%status);
            if let Some(subchannel) = subchannel.upgrade() {
                *subchannel.lock() = State::TransientFailure(Failure::new(status, attempt));
            }
            return drop(done);
        }
    };
    let handle = Arc::new(Connection {
        sender,
        address,
        traffic: socket.traffic(),
        is_answered: AtomicBool::new(false),
        ended: OnceLock::new(),
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
    let slowdown = subchannel
        .upgrade()
        .map_or(0, |subchannel| subchannel.slowdown.load(Ordering::Relaxed));
    let _keepalive = connection
        .ping_pong()
        .and_then(|pings| keepalive::start(&options.keepalive.slower(slowdown), &socket, pings, &weak));
    let ended = socket
        .drive(|cx: &mut Context<'_>| -> Poll<Result<(), h2::Error>> { Pin::new(&mut connection).poll(cx) })
        .await;
    let Some(handle) = weak.upgrade() else { return };
    if let Err(error) = ended {
        let ended = http2::describe(&error);
        tracing::debug!(target = %options.target, address = %handle.address, ended, "a connection ended");
        // Before `h2`'s connection is dropped, which ends the calls without this reason.
        handle.ends_because(ended);
    }
    if let Some(subchannel) = subchannel.upgrade() {
        if handle
            .why_ended()
            .is_some_and(|reason| reason.contains(TOO_MANY_PINGS))
        {
            subchannel.slow_down();
        }
        subchannel.retire(&handle);
    }
}

/// What a server says to clients whose keepalive is too busy for it, with ENHANCE_YOUR_CALM
/// ([gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md)).
const TOO_MANY_PINGS: &str = "ENHANCE_YOUR_CALM and the words \"too_many_pings\"";

type Connected<B> = (
    SendRequest<B>,
    WriteCoalescer,
    h2::client::Connection<WriteCoalescer, B>,
);

/// Speaks HTTP/2 first, and waits for the server's word: a connection on which no SETTINGS came is none
/// ([RFC 9113 §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
async fn handshake<B: Buf + Send + 'static>(
    socket: Socket,
    progress: &Progress,
) -> Result<Connected<B>, BoxError> {
    progress.enter(Phase::Http2Handshake);
    let socket = WriteCoalescer::new(PrefixedSocket::new(Bytes::new(), socket));
    let mut handshake = pin!(http2::client_builder().handshake::<_, B>(socket.clone()));
    let (sender, mut connection) = socket.drive(|cx| handshake.as_mut().poll(cx)).await?;
    let heard = socket.clone();
    let began = socket.drive(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Err(ended.err())),
        Poll::Pending if heard.has_received_settings() => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    });
    match began.await {
        Ok(()) => Ok((sender, socket, connection)),
        Err(error) => {
            let message = socket
                .describe_protocol_mismatch()
                .unwrap_or_else(|| match &error {
                    Some(error) => http2::describe(error),
                    None => "the server closed the connection before HTTP/2 began on it".to_owned(),
                });
            Err(NoHttp2 { message, error }.into())
        }
    }
}

/// What answered does not speak HTTP/2.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct NoHttp2 {
    message: String,
    #[source]
    error: Option<h2::Error>,
}

impl<B: Buf> fmt::Debug for Subchannel<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subchannel")
            .field("target", &self.options.target)
            .finish_non_exhaustive()
    }
}

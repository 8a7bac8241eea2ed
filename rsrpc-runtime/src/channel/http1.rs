//! A pool of HTTP/1.1 connections to a target. A connection carries one request at a time and is reused when idle.

mod body;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

pub(crate) use self::body::HttpRequestBody;
use super::connect::{ConnectBackoff, ConnectOptions};
use super::failure::ConnectProgress;
use super::target::Target;
use crate::call::{Status, now, spawn};
use crate::error::BoxError;
use crate::sync::MutexExt as _;
use crate::transport::{Address, HttpVersion, Socket};

/// Maximum number of idle connections in a pool.
const MAX_IDLE_CONNECTIONS: usize = 256;
/// Maximum time that a connection stays idle in the pool. Servers often close idle connections after one minute.
const MAX_IDLE_TIME: Duration = Duration::from_secs(50);

/// The HTTP/1.1 connections to a target.
pub(crate) struct Http1Pool {
    options: ConnectOptions,
    state: Mutex<Http1PoolState>,
}

#[derive(Default)]
struct Http1PoolState {
    /// Idle connections; the most recently used one is last.
    idle: VecDeque<(IdleConnection, Instant)>,
    backoff: Option<ConnectBackoff>,
}

struct IdleConnection {
    sender: SendRequest<HttpRequestBody>,
    address: Arc<Address>,
}

/// A connection taken from a pool, for one request.
pub(crate) struct Http1Connection {
    connection: IdleConnection,
    pool: Arc<Http1Pool>,
}

/// The response to a request, and the connection that it is read from.
pub(crate) struct PooledResponse {
    response: Response<Incoming>,
    connection: Http1Connection,
}

impl PooledResponse {
    /// Returns the response, and a function that returns the connection to the pool. Call it after the response body has
    /// been read to its end.
    pub(crate) fn into_parts(self) -> (Response<Incoming>, impl FnOnce() + Send) {
        let Self {
            response,
            connection: Http1Connection { connection, pool },
        } = self;
        (response, move || pool.put(connection))
    }
}

/// The reason that a request has no response.
pub(crate) enum Http1SendError {
    /// The connection was dead. No byte of the request was sent, and the request is returned.
    Unsent(Box<Request<HttpRequestBody>>, hyper::Error),
    /// The connection failed after the request had been sent, at least in part.
    Failed(hyper::Error),
}

/// Returns the status of a call whose connection failed with `error`.
pub(crate) fn http1_failure(error: hyper::Error) -> Status {
    let message = if error.is_parse() {
        format!("the server violated HTTP/1.1: {error}")
    } else {
        format!("the connection was lost: {error}")
    };
    Status::unavailable(message).with_source(error)
}

impl Http1Connection {
    pub(crate) fn address(&self) -> &Arc<Address> {
        &self.connection.address
    }

    /// Sends a request and waits for the response head. Dropping the future closes the connection, which cancels the
    /// request at the server.
    pub(crate) async fn send(
        mut self,
        request: Request<HttpRequestBody>,
    ) -> Result<PooledResponse, Http1SendError> {
        match self.connection.sender.try_send_request(request).await {
            Ok(response) => Ok(PooledResponse {
                response,
                connection: self,
            }),
            Err(mut error) => Err(match error.take_message() {
                Some(unsent) => Http1SendError::Unsent(Box::new(unsent), error.into_error()),
                None => Http1SendError::Failed(error.into_error()),
            }),
        }
    }
}

impl Http1Pool {
    pub(crate) fn new(options: ConnectOptions) -> Arc<Self> {
        Arc::new(Self {
            options,
            state: Mutex::default(),
        })
    }

    pub(crate) fn target(&self) -> &Target {
        &self.options.target
    }

    /// Takes the most recently used idle connection. The others age and are closed.
    pub(crate) fn take_idle(self: &Arc<Self>) -> Option<Http1Connection> {
        let mut state = self.lock();
        let oldest = now().checked_sub(MAX_IDLE_TIME);
        state.idle.retain(|(connection, since)| {
            !connection.sender.is_closed() && oldest.is_none_or(|oldest| *since > oldest)
        });
        let (connection, _) = state.idle.pop_back()?;
        Some(Http1Connection {
            connection,
            pool: self.clone(),
        })
    }

    fn put(&self, connection: IdleConnection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut state = self.lock();
        if state.idle.len() < MAX_IDLE_CONNECTIONS {
            state.idle.push_back((connection, now()));
        }
    }

    /// Opens a new connection.
    ///
    /// # Errors
    /// The status of the failed attempt; immediately during its backoff.
    pub(crate) async fn connect(self: &Arc<Self>) -> Result<Http1Connection, Status> {
        let attempt = match &self.lock().backoff {
            Some(backoff) => match backoff.active_status() {
                Some(status) => return Err(status),
                None => backoff.failures.saturating_add(1),
            },
            None => 1,
        };
        let target = &self.options.target;
        let progress = ConnectProgress::new();
        let connected = self
            .options
            .connect(HttpVersion::Http1, attempt, &progress, |socket| {
                handshake(socket, target)
            })
            .await;
        let mut state = self.lock();
        match connected {
            Ok((sender, address)) => {
                state.backoff = None;
                let address = Arc::new(address);
                Ok(Http1Connection {
                    connection: IdleConnection { sender, address },
                    pool: self.clone(),
                })
            }
            Err(status) => {
                let known = state.backoff.take();
                // Concurrent failures count once: a few of them would otherwise add up to a backoff of minutes.
                let backoff = match known {
                    Some(known) if known.failures >= attempt => known,
                    _ => ConnectBackoff::new(status.clone(), attempt),
                };
                let status = backoff.active_status().unwrap_or(status);
                state.backoff = Some(backoff);
                Err(status)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Http1PoolState> {
        self.state.lock_unpoisoned()
    }
}

/// Spawns the connection's task. It ends when the handle is dropped or the server closes the connection.
async fn handshake(socket: Socket, target: &Arc<Target>) -> Result<SendRequest<HttpRequestBody>, BoxError> {
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let target = target.clone();
    spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%target, %error, "connection ended");
        }
    });
    Ok(sender)
}

impl fmt::Debug for Http1Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1Pool")
            .field("target", &self.options.target)
            .field("idle", &self.lock().idle.len())
            .finish_non_exhaustive()
    }
}

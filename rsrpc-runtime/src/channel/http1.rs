//! HTTP/1.1 connections to a target, which carry one request at a time: those that are free wait for the next.

mod body;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use http::{Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

pub(crate) use self::body::RequestBody;
use super::connect::{ConnectOptions, Failure};
use super::failure::Progress;
use super::target::Target;
use crate::call::{Status, now, spawn};
use crate::error::BoxError;
use crate::sync::MutexExt as _;
use crate::transport::{Address, HttpVersion, Socket};

/// Free connections that are kept.
const MOST_FREE: usize = 256;
/// How long a connection is kept free. Servers close theirs after a time of their own, often a minute.
const FREE_FOR: Duration = Duration::from_secs(50);

/// The way to a target over HTTP/1.1. A connection is made when none is free.
pub(crate) struct Http1Pool {
    options: ConnectOptions,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The last one was used last.
    free: VecDeque<(Http1Connection, Instant)>,
    failure: Option<Failure>,
}

struct Http1Connection {
    sender: SendRequest<RequestBody>,
    address: Arc<Address>,
}

/// What a request is at, for whoever waits for it.
#[derive(Debug, Default)]
pub(crate) struct Http1Progress(Mutex<Http1Step>);

/// A step of a request's way.
#[derive(Debug, Default, Clone)]
pub(crate) struct Http1Step {
    pub(crate) phase: Http1Phase,
    /// Where the connection leads, once there is one.
    pub(crate) address: Option<Arc<Address>>,
    /// Connections that it was given to.
    pub(crate) attempts: u32,
}

/// What a request waits for.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) enum Http1Phase {
    #[default]
    Connection,
    Headers,
    Body,
}

impl fmt::Display for Http1Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "waiting for a connection",
            Self::Headers => "waiting for the reply's headers",
            Self::Body => "reading the reply's body",
        })
    }
}

impl Http1Progress {
    pub(crate) fn step(&self) -> Http1Step {
        self.lock().clone()
    }

    fn sending(&self, address: &Arc<Address>) {
        let mut step = self.lock();
        step.phase = Http1Phase::Headers;
        step.address = Some(address.clone());
        step.attempts += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Http1Step> {
        self.0.lock_unpoisoned()
    }
}

/// A response whose connection is free again when its body is read and what `into_parts` gives is called.
pub(crate) struct PooledResponse {
    response: Response<Incoming>,
    connection: Http1Connection,
    pool: Arc<Http1Pool>,
}

impl PooledResponse {
    /// Takes the response, and what gives its connection back.
    pub(crate) fn into_parts(self) -> (Response<Incoming>, impl FnOnce() + Send) {
        let Self {
            response,
            connection,
            pool,
        } = self;
        (response, move || pool.put(connection))
    }
}

/// Why a request has no response.
pub(crate) enum Http1Error {
    /// There is no connection; the status says all of that.
    Unconnected(Status),
    /// The connection failed.
    Broken(hyper::Error),
}

/// What the failure of a connection means.
pub(crate) fn broken(error: hyper::Error) -> Status {
    let message = if error.is_parse() {
        format!("the server broke the rules of HTTP/1.1: {error}")
    } else {
        format!("the connection was lost: {error}")
    };
    Status::unavailable(message).with_source(error)
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

    /// Sends a request and waits for its response's head. Dropped before, the connection is closed, which tells the
    /// server. A request that was not sent, because a free connection turned out dead, is sent on another.
    pub(crate) async fn send(
        self: &Arc<Self>,
        mut request: Request<RequestBody>,
        progress: &Http1Progress,
    ) -> Result<PooledResponse, Http1Error> {
        while let Some(mut connection) = self.take() {
            progress.sending(&connection.address);
            match connection.sender.try_send_request(request).await {
                Ok(response) => return Ok(self.pooled(response, connection, progress)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(Http1Error::Broken(error.into_error())),
                },
            }
        }
        progress.lock().phase = Http1Phase::Connection;
        let mut connection = self.connect().await.map_err(Http1Error::Unconnected)?;
        progress.sending(&connection.address);
        let response = connection.sender.send_request(request).await;
        let response = response.map_err(Http1Error::Broken)?;
        Ok(self.pooled(response, connection, progress))
    }

    fn pooled(
        self: &Arc<Self>,
        response: Response<Incoming>,
        connection: Http1Connection,
        progress: &Http1Progress,
    ) -> PooledResponse {
        progress.lock().phase = Http1Phase::Body;
        PooledResponse {
            response,
            connection,
            pool: self.clone(),
        }
    }

    /// The free connection that was used last, so that the others grow old.
    fn take(&self) -> Option<Http1Connection> {
        let mut state = self.lock();
        let oldest = now().checked_sub(FREE_FOR);
        state.free.retain(|(connection, since)| {
            !connection.sender.is_closed() && oldest.is_none_or(|oldest| *since > oldest)
        });
        state.free.pop_back().map(|(connection, _)| connection)
    }

    fn put(&self, connection: Http1Connection) {
        if connection.sender.is_closed() {
            return;
        }
        let mut state = self.lock();
        if state.free.len() < MOST_FREE {
            state.free.push_back((connection, now()));
        }
    }

    async fn connect(&self) -> Result<Http1Connection, Status> {
        let count = match &self.lock().failure {
            Some(failure) => match failure.lasting() {
                Some(status) => return Err(status),
                None => failure.count.saturating_add(1),
            },
            None => 1,
        };
        let target = &self.options.target;
        let progress = Progress::new();
        let connected = self
            .options
            .connect(HttpVersion::Http1, count, &progress, |socket| {
                handshake(socket, target)
            })
            .await;
        let mut state = self.lock();
        match connected {
            Ok((sender, address)) => {
                state.failure = None;
                let address = Arc::new(address);
                Ok(Http1Connection { sender, address })
            }
            Err(status) => {
                let known = state.failure.take();
                // Attempts made at the same time are one: else a few of them are a pause of minutes.
                let failure = match known {
                    Some(known) if known.count >= count => known,
                    _ => Failure::new(status.clone(), count),
                };
                let status = failure.lasting().unwrap_or(status);
                state.failure = Some(failure);
                Err(status)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock_unpoisoned()
    }
}

/// Starts the connection's task, which ends when its handle is dropped or the server closes it.
async fn handshake(socket: Socket, target: &Arc<Target>) -> Result<SendRequest<RequestBody>, BoxError> {
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let target = target.clone();
    spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%target, %error, "a connection ended");
        }
    });
    Ok(sender)
}

impl fmt::Debug for Http1Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http1Pool")
            .field("target", &self.options.target)
            .field("free", &self.lock().free.len())
            .finish_non_exhaustive()
    }
}

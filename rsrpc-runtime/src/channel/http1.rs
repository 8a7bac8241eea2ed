//! HTTP/1.1 connections to a target, which carry one request at a time: those that are free wait for the next.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::connect::{ConnectOptions, Failure};
use super::target::Target;
use crate::call::{Status, now};
use crate::transport::Socket;

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
    free: VecDeque<(SendRequest<Full<Bytes>>, Instant)>,
    failure: Option<Failure>,
}

/// A response whose connection is free again when its body is read and [`release`](Self::release) says so.
pub(crate) struct PooledResponse {
    pub(crate) response: Response<Incoming>,
    sender: SendRequest<Full<Bytes>>,
    pool: Arc<Http1Pool>,
}

impl PooledResponse {
    /// Takes the response, and what gives its connection back.
    pub(crate) fn into_parts(self) -> (Response<Incoming>, impl FnOnce() + Send) {
        let Self {
            response,
            sender,
            pool,
        } = self;
        (response, move || pool.put(sender))
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

    /// Sends a request and waits for its response's head. Dropped before, the connection is closed, which tells the
    /// server. A request that was not sent, because a free connection turned out dead, is sent on another.
    pub(crate) async fn send(
        self: &Arc<Self>,
        mut request: Request<Full<Bytes>>,
    ) -> Result<PooledResponse, Status> {
        while let Some(mut sender) = self.take() {
            match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.pooled(response, sender)),
                Err(mut error) => match error.take_message() {
                    Some(unsent) => request = unsent,
                    None => return Err(self.failed(error.into_error())),
                },
            }
        }
        let mut sender = self.connect().await?;
        match sender.send_request(request).await {
            Ok(response) => Ok(self.pooled(response, sender)),
            Err(error) => Err(self.failed(error)),
        }
    }

    fn pooled(
        self: &Arc<Self>,
        response: Response<Incoming>,
        sender: SendRequest<Full<Bytes>>,
    ) -> PooledResponse {
        PooledResponse {
            response,
            sender,
            pool: self.clone(),
        }
    }

    fn failed(&self, error: hyper::Error) -> Status {
        let message = format!("cannot send a call to {}: {error}", self.options.target);
        Status::unavailable(message).with_source(error)
    }

    /// The free connection that was used last, so that the others grow old.
    fn take(&self) -> Option<SendRequest<Full<Bytes>>> {
        let mut state = self.lock();
        let oldest = now().checked_sub(FREE_FOR);
        state
            .free
            .retain(|(sender, since)| !sender.is_closed() && oldest.is_none_or(|oldest| *since > oldest));
        state.free.pop_back().map(|(sender, _)| sender)
    }

    fn put(&self, sender: SendRequest<Full<Bytes>>) {
        if sender.is_closed() {
            return;
        }
        let mut state = self.lock();
        if state.free.len() < MOST_FREE {
            state.free.push_back((sender, now()));
        }
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Status> {
        let failures = match &self.lock().failure {
            Some(failure) if failure.lasts() => return Err(failure.status.clone()),
            Some(failure) => failure.count,
            None => 0,
        };
        let target = &self.options.target;
        let connected = self.options.connect(|socket| handshake(socket, target)).await;
        let mut state = self.lock();
        match &connected {
            Ok(_) => state.failure = None,
            Err(status) => {
                let count = failures.saturating_add(1);
                // Attempts made at the same time are one: else a few of them are a pause of minutes.
                if state.failure.as_ref().is_none_or(|known| known.count < count) {
                    state.failure = Some(Failure::new(status.clone(), count));
                }
            }
        }
        connected.map(|(sender, _)| sender)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Starts the connection's task, which ends when its handle is dropped or the server closes it.
async fn handshake(socket: Socket, target: &Arc<Target>) -> Result<SendRequest<Full<Bytes>>, BoxError> {
    let (sender, connection) = http1::handshake(TokioIo::new(socket)).await?;
    let target = target.clone();
    tokio::spawn(async move {
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

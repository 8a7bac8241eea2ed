//! One HTTP request over a pool of HTTP/1.1 connections, with transparent retries. Used by JSON-RPC and gRPC-Web.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use http::Request;

use super::retry_limit::RetryLimit;
use crate::call::Status;
use crate::channel::{Http1Pool, Http1SendError, HttpRequestBody, PooledResponse};
use crate::sync::MutexExt as _;
use crate::transport::Address;

/// The progress of a request, for the status of a call that ends before its response.
#[derive(Debug, Default)]
pub(crate) struct Http1Progress(Mutex<Http1Step>);

/// The phase of a request, and the connection that it was sent on.
#[derive(Debug, Default, Clone)]
pub(crate) struct Http1Step {
    pub(crate) phase: Http1Phase,
    /// The address of the connection, once there is one.
    pub(crate) address: Option<Arc<Address>>,
    /// Number of connections that the request was given to.
    pub(crate) attempts: u32,
}

/// The phase of an HTTP/1.1 request.
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

    fn start_sending(&self, address: &Arc<Address>) {
        let mut step = self.lock();
        step.phase = Http1Phase::Headers;
        step.address = Some(address.clone());
        step.attempts += 1;
    }

    fn lock(&self) -> MutexGuard<'_, Http1Step> {
        self.0.lock_unpoisoned()
    }
}

/// The reason that a request has no response.
pub(crate) enum Http1RequestError {
    /// No connection could be made. The status is complete and needs no context.
    Unconnected(Status),
    /// The connection failed.
    Failed(hyper::Error),
}

/// Sends a request and waits for the response head. Retries on another connection if an idle one was dead and no byte
/// of the request was sent. The last attempt opens a new connection. Dropping the future cancels the request.
pub(crate) async fn send_http1(
    pool: &Arc<Http1Pool>,
    mut request: Request<HttpRequestBody>,
    progress: &Http1Progress,
) -> Result<PooledResponse, Http1RequestError> {
    let mut retries = RetryLimit::default();
    loop {
        let idle = match retries.is_last_attempt() {
            true => None,
            false => pool.take_idle(),
        };
        let connection = match idle {
            Some(connection) => connection,
            None => {
                progress.lock().phase = Http1Phase::Connection;
                pool.connect().await.map_err(Http1RequestError::Unconnected)?
            }
        };
        progress.start_sending(connection.address());
        match connection.send(request).await {
            Ok(response) => {
                progress.lock().phase = Http1Phase::Body;
                return Ok(response);
            }
            Err(Http1SendError::Unsent(unsent, error)) => {
                if !retries.allow_unsent() {
                    return Err(Http1RequestError::Failed(error));
                }
                request = *unsent;
            }
            Err(Http1SendError::Failed(error)) => return Err(Http1RequestError::Failed(error)),
        }
    }
}

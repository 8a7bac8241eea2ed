//! Connection attempts, and the backoff after a failed one: shared by HTTP/2 subchannels and HTTP/1.1 pools.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;

use super::backoff::backoff_after;
use super::failure::{ConnectPhase, ConnectProgress, ConnectStep, FailureContext, HumanDuration};
use super::keepalive::ClientKeepalive;
use super::security::TransportSecurity;
use super::target::{Endpoint, Target};
use crate::call::{Status, now};
use crate::error::BoxError;
use crate::transport::{Address, Connector, HttpVersion, Socket};

/// A [`Connector`] behind a pointer: its future is boxed.
pub(crate) trait ErasedConnector: Send + Sync {
    fn connect(&self, address: Address) -> BoxFuture<'_, io::Result<Socket>>;
}

impl<C: Connector> ErasedConnector for C {
    fn connect(&self, address: Address) -> BoxFuture<'_, io::Result<Socket>> {
        Box::pin(Connector::connect(self, address))
    }
}

/// The options of a channel that apply to each of its connections.
#[derive(Clone)]
pub(crate) struct ConnectOptions {
    pub(crate) target: Arc<Target>,
    pub(crate) connector: Arc<dyn ErasedConnector>,
    pub(crate) security: TransportSecurity,
    /// The limit for one attempt: name resolution, socket and handshakes together.
    pub(crate) timeout: Duration,
    pub(crate) keepalive: ClientKeepalive,
}

/// A failed connection attempt, and the backoff that delays the next one.
pub(super) struct ConnectBackoff {
    status: Status,
    until: Instant,
    /// Consecutive failed attempts, including this one.
    pub(super) failures: u32,
}

impl ConnectBackoff {
    pub(super) fn new(status: Status, failures: u32) -> Self {
        let until = now() + backoff_after(failures);
        Self {
            status,
            until,
            failures,
        }
    }

    /// Returns the status that calls fail with during the backoff, or `None` once it has elapsed.
    pub(super) fn active_status(&self) -> Option<Status> {
        let left = self.until.checked_duration_since(now())?;
        (!left.is_zero()).then(|| {
            let left = HumanDuration(left);
            let status = self.status.clone();
            status.map_message(|message| format!("{message}; the next attempt is in {left}"))
        })
    }
}

impl ConnectOptions {
    /// Tries the target's addresses in order until `handshake` succeeds on a socket, within the connect timeout.
    /// `attempt` counts consecutive attempts from 1.
    ///
    /// # Errors
    /// UNAVAILABLE with the error of the last address.
    pub(super) async fn connect<T, Fut>(
        &self,
        http_version: HttpVersion,
        attempt: u32,
        progress: &ConnectProgress,
        handshake: impl Fn(Socket) -> Fut,
    ) -> Result<(T, Address), Status>
    where
        Fut: Future<Output = Result<T, BoxError>>,
    {
        let started = now();
        let connected =
            tokio::time::timeout(self.timeout, self.connect_any(http_version, progress, handshake)).await;
        let step = progress.step();
        let error = match connected {
            Ok(Ok(connected)) => return Ok(connected),
            Ok(Err(error)) => error,
            Err(_) => self.timed_out(&step).into(),
        };
        let context = FailureContext {
            target: &self.target,
            address: step.address.as_ref(),
            phase: &step.phase,
            attempt,
            elapsed: now() - started,
        };
        Err(context.cannot_connect(Status::unavailable(error.to_string()).with_source(error)))
    }

    fn timed_out(&self, step: &ConnectStep) -> io::Error {
        let timeout = HumanDuration(self.timeout);
        let text = match step.phase {
            ConnectPhase::Http2Handshake => {
                format!("the server sent no HTTP/2 SETTINGS before the connect timeout of {timeout}")
            }
            _ => format!("no answer before the connect timeout of {timeout}"),
        };
        io::Error::new(io::ErrorKind::TimedOut, text)
    }

    async fn connect_any<T, Fut>(
        &self,
        http_version: HttpVersion,
        progress: &ConnectProgress,
        handshake: impl Fn(Socket) -> Fut,
    ) -> Result<(T, Address), BoxError>
    where
        Fut: Future<Output = Result<T, BoxError>>,
    {
        let mut failure = BoxError::from("the name has no address");
        for address in resolve(&self.target).await? {
            progress.start_connecting(&address);
            let connected = async {
                let socket = self.open(address.clone(), http_version, progress).await?;
                handshake(socket).await
            };
            match connected.await {
                Ok(connection) => return Ok((connection, address)),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// Connects a socket and secures it.
    async fn open(
        &self,
        address: Address,
        http_version: HttpVersion,
        progress: &ConnectProgress,
    ) -> Result<Socket, BoxError> {
        let socket = self.connector.connect(address).await?;
        if let Some((time, timeout)) = self.keepalive.kernel_probes() {
            socket.keep_alive(time, timeout);
        }
        self.security.secure(socket, http_version, progress).await
    }
}

async fn resolve(target: &Target) -> io::Result<Vec<Address>> {
    match target.endpoint() {
        Endpoint::Address(address) => Ok(vec![Address::Tcp(*address)]),
        Endpoint::Unix(path) => Ok(vec![Address::Unix(path.clone())]),
        Endpoint::Memory => Ok(vec![Address::Memory]),
        Endpoint::Host(host, port) => {
            let found = tokio::net::lookup_host((host.as_str(), *port)).await?;
            Ok(found.map(Address::Tcp).collect())
        }
    }
}

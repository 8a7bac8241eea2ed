//! One attempt to connect, and what is kept of one that failed: the same for every kind of connection.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;

use super::backoff::pause_after;
use super::failure::{Circumstances, Elapsed, Phase, Progress, Step};
use super::keepalive::Keepalive;
use super::target::{Endpoint, Target};
use crate::call::{Status, now};
use crate::error::BoxError;
#[cfg(feature = "tls")]
use crate::transport::tls::ClientHandshaker;
use crate::transport::{Address, Connector, HttpVersion, Socket};

/// A connector whose future is boxed.
pub(crate) trait ErasedConnector: Send + Sync {
    fn connect(&self, address: Address) -> BoxFuture<'_, io::Result<Socket>>;
}

impl<C: Connector> ErasedConnector for C {
    fn connect(&self, address: Address) -> BoxFuture<'_, io::Result<Socket>> {
        Box::pin(Connector::connect(self, address))
    }
}

/// Puts TLS around connections; none, for plaintext.
#[cfg(feature = "tls")]
pub(crate) type Dialing = Option<ClientHandshaker>;
#[cfg(not(feature = "tls"))]
pub(crate) type Dialing = ();

/// How connections are made.
#[derive(Clone)]
pub(crate) struct ConnectOptions {
    pub(crate) target: Arc<Target>,
    pub(crate) connector: Arc<dyn ErasedConnector>,
    pub(crate) dialing: Dialing,
    /// For one attempt: name, socket and handshake.
    pub(crate) timeout: Duration,
    pub(crate) keepalive: Keepalive,
}

/// The failure of an attempt, after which the next one waits.
pub(super) struct Failure {
    status: Status,
    until: Instant,
    /// Attempts that failed in a row, with this one.
    pub(super) count: u32,
}

impl Failure {
    pub(super) fn new(status: Status, count: u32) -> Self {
        let until = now() + pause_after(count);
        Self { status, until, count }
    }

    /// What a call fails with as long as the pause lasts; `None` after it.
    pub(super) fn lasting(&self) -> Option<Status> {
        let left = self.until.checked_duration_since(now())?;
        (!left.is_zero()).then(|| {
            let left = Elapsed(left);
            let status = self.status.clone();
            status.map_message(|message| format!("{message}; the next attempt is in {left}"))
        })
    }
}

impl ConnectOptions {
    /// Tries the target's addresses one after the other, within the timeout; `handshake` makes a connection of a
    /// socket. The error is that of the last address. `attempt`: with those before it that failed in a row.
    pub(super) async fn connect<T, Fut>(
        &self,
        http_version: HttpVersion,
        attempt: u32,
        progress: &Progress,
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
        let circumstances = Circumstances {
            target: &self.target,
            address: step.address.as_ref(),
            phase: &step.phase,
            attempt,
            elapsed: now() - started,
        };
        Err(circumstances.cannot_connect(Status::unavailable(error.to_string()).with_source(error)))
    }

    fn timed_out(&self, step: &Step) -> io::Error {
        let timeout = Elapsed(self.timeout);
        let text = match step.phase {
            Phase::Http2Handshake => {
                format!("the server sent no HTTP/2 SETTINGS before the connect timeout of {timeout}")
            }
            _ => format!("no answer before the connect timeout of {timeout}"),
        };
        io::Error::new(io::ErrorKind::TimedOut, text)
    }

    async fn connect_any<T, Fut>(
        &self,
        http_version: HttpVersion,
        progress: &Progress,
        handshake: impl Fn(Socket) -> Fut,
    ) -> Result<(T, Address), BoxError>
    where
        Fut: Future<Output = Result<T, BoxError>>,
    {
        let mut failure = BoxError::from("the name has no address");
        for address in resolve(&self.target).await? {
            progress.connecting(&address);
            let connected =
                async { handshake(self.open(address.clone(), http_version, progress).await?).await };
            match connected.await {
                Ok(connection) => return Ok((connection, address)),
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }

    /// A connected socket, with TLS around it where there is any.
    async fn open(
        &self,
        address: Address,
        http_version: HttpVersion,
        progress: &Progress,
    ) -> Result<Socket, BoxError> {
        let socket = self.connector.connect(address).await?;
        if let Some((time, timeout)) = self.keepalive.kernel() {
            socket.keep_alive(time, timeout);
        }
        #[cfg(feature = "tls")]
        if let Some(tls) = &self.dialing {
            progress.enter(Phase::TlsHandshake);
            return tls.connect(socket, http_version).await;
        }
        #[cfg(not(feature = "tls"))]
        let ((), _, _) = (self.dialing, http_version, progress);
        Ok(socket)
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

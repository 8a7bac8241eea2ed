//! One attempt to connect, and what is kept of one that failed: the same for every kind of connection.

use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;

use super::backoff::pause_after;
use super::target::{Endpoint, Target};
use crate::call::{Status, now};
use crate::transport::{Address, Connector, Socket};

/// A connector whose future is boxed.
pub(crate) trait ErasedConnector: Send + Sync {
    fn connect(&self, address: Address) -> BoxFuture<'_, io::Result<Socket>>;
}

impl<C: Connector> ErasedConnector for C {
    fn connect(&self, address: Address) -> BoxFuture<'_, io::Result<Socket>> {
        Box::pin(Connector::connect(self, address))
    }
}

/// How connections are made.
#[derive(Clone)]
pub(crate) struct ConnectOptions {
    pub(crate) target: Arc<Target>,
    pub(crate) connector: Arc<dyn ErasedConnector>,
    /// For one attempt: name, socket and handshake.
    pub(crate) timeout: Duration,
}

/// The failure of an attempt, after which the next one waits.
pub(super) struct Failure {
    pub(super) status: Status,
    until: Instant,
    /// Attempts that failed in a row, with this one.
    pub(super) count: u32,
}

impl Failure {
    pub(super) fn new(status: Status, count: u32) -> Self {
        let until = now() + pause_after(count);
        Self { status, until, count }
    }

    /// Whether its pause still lasts.
    pub(super) fn lasts(&self) -> bool {
        now() < self.until
    }
}

type BoxError = Box<dyn std::error::Error + Send + Sync>;

impl ConnectOptions {
    /// Tries the target's addresses one after the other, within the timeout; `handshake` makes a connection of a
    /// socket. The error is that of the last address.
    pub(super) async fn connect<T, Fut>(
        &self,
        handshake: impl Fn(Socket) -> Fut,
    ) -> Result<(T, Address), Status>
    where
        Fut: Future<Output = Result<T, BoxError>>,
    {
        let attempt = tokio::time::timeout(self.timeout, self.connect_any(handshake));
        attempt.await.unwrap_or_else(|_| {
            Err(Status::unavailable(format!(
                "cannot connect to {}: no connection after {:?}",
                self.target, self.timeout
            )))
        })
    }

    async fn connect_any<T, Fut>(&self, handshake: impl Fn(Socket) -> Fut) -> Result<(T, Address), Status>
    where
        Fut: Future<Output = Result<T, BoxError>>,
    {
        let target = &self.target;
        let mut failure = Status::unavailable(format!("cannot connect to {target}: its name has no address"));
        for address in resolve(target).await? {
            let connected = async { handshake(self.connector.connect(address.clone()).await?).await };
            match connected.await {
                Ok(connection) => return Ok((connection, address)),
                Err(error) => {
                    let shown = match &address {
                        Address::Tcp(tcp) if matches!(target.endpoint(), Endpoint::Host(..)) => {
                            format!(" at {tcp}")
                        }
                        _ => String::new(),
                    };
                    failure = Status::unavailable(format!("cannot connect to {target}{shown}: {error}"))
                        .with_source(error);
                }
            }
        }
        Err(failure)
    }
}

async fn resolve(target: &Target) -> Result<Vec<Address>, Status> {
    match target.endpoint() {
        Endpoint::Address(address) => Ok(vec![Address::Tcp(*address)]),
        Endpoint::Unix(path) => Ok(vec![Address::Unix(path.clone())]),
        Endpoint::Memory => Ok(vec![Address::Memory]),
        Endpoint::Host(host, port) => match tokio::net::lookup_host((host.as_str(), *port)).await {
            Ok(found) => Ok(found.map(Address::Tcp).collect()),
            Err(error) => {
                let message =
                    format!("cannot connect to {target}: the name {host:?} cannot be resolved: {error}");
                Err(Status::unavailable(message).with_source(error))
            }
        },
    }
}

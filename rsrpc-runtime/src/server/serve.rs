//! The accept loop and its end.

use std::convert::Infallible;
use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::pin;

use futures_core::future::BoxFuture;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

use super::accept::{ConnectionAcceptor, ErasedListener};
use super::connection::{ConnectionParts, serve_connection};
use super::http_service::HttpService;
use super::limits::Limits;
use super::router::Router;
use super::router_service::RouterService;
use super::shutdown::CallGuard;
use super::tls::ConnectionTls;
use crate::call::Task;
use crate::transport::{Address, Listener};

/// A server that listens. Its connections wait until it serves.
#[must_use = "a bound server accepts connections only while it serves"]
pub struct BoundServer {
    listener: Box<dyn ErasedListener>,
    address: Address,
    router: Router,
    layered: Option<HttpService>,
    limits: Limits,
    tls: ConnectionTls,
}

impl BoundServer {
    pub(crate) fn new(
        listener: impl Listener,
        router: Router,
        layered: Option<HttpService>,
        limits: Limits,
        tls: ConnectionTls,
    ) -> Self {
        let address = listener.local_addr();
        Self {
            listener: Box::new(listener),
            address,
            router,
            layered,
            limits,
            tls,
        }
    }

    /// Where it listens, with the port that was taken.
    pub fn local_addr(&self) -> &Address {
        &self.address
    }

    /// The router as a `tower::Service`, for calls beside the listener.
    pub fn service(&self) -> RouterService {
        match &self.layered {
            Some(layered) => RouterService::from_http(layered.clone()),
            None => RouterService::new(self.router.clone()),
        }
    }

    /// Serves until the process ends, or the future is dropped, which ends the server at once.
    ///
    /// # Errors
    /// None today: errors of single connections end these, errors of the listener are waited out and logged.
    pub async fn serve(self) -> io::Result<()> {
        self.serve_until(std::future::pending()).await
    }

    /// Serves until `shutdown` is ready. Then no connection and no call is accepted any more, running calls have the
    /// drain timeout to end, and what is left is dropped. When this returns, no task of the server is left.
    ///
    /// Dropping this future ends the server at once.
    ///
    /// # Errors
    /// None today: errors of single connections end these, errors of the listener are waited out and logged.
    pub async fn serve_until(self, shutdown: impl Future<Output = ()>) -> io::Result<()> {
        let (stop, stopped) = oneshot::channel();
        let mut stop = Some(stop);
        let mut shutdown = pin!(shutdown);
        let mut serving = self.serve_until_signalled(stopped);
        poll_fn(|task| {
            if stop.is_some() && shutdown.as_mut().poll(task).is_ready() {
                stop = None;
            }
            serving.as_mut().poll(task)
        })
        .await
    }

    /// Serves until `stopped` is told, or its sender gone. Of no type parameter and in a box, so that all of the
    /// server is compiled once, here, and not in each program that names a future of its own.
    #[inline(never)]
    fn serve_until_signalled(
        self,
        stopped: oneshot::Receiver<Infallible>,
    ) -> BoxFuture<'static, io::Result<()>> {
        Box::pin(self.run(stopped))
    }

    async fn run(self, mut stopped: oneshot::Receiver<Infallible>) -> io::Result<()> {
        let (alive, mut all_gone) = mpsc::channel(1);
        let (stopping, stop) = watch::channel(false);
        let parts = ConnectionParts {
            router: self.router,
            layered: self.layered,
            limits: self.limits,
            guard: CallGuard::new(alive, stop),
            tls: self.tls,
        };
        let mut acceptor = ConnectionAcceptor::new(self.listener, self.limits.max_connections);
        let mut connections = JoinSet::new();
        loop {
            let open = connections.len();
            tokio::select! {
                biased;
                _ = &mut stopped => break,
                Some(_) = connections.join_next(), if !connections.is_empty() => {}
                accepted = acceptor.next(open) => match accepted {
                    Some((socket, peer)) => {
                        let connection: Task = Box::pin(serve_connection(parts.clone(), socket, peer));
                        connections.spawn(connection);
                    }
                    None => break,
                },
            }
        }
        drop(acceptor);
        parts.router.begin_shutdown();
        drop(parts);
        let _ = stopping.send(true);
        let drained = tokio::time::timeout(self.limits.drain_timeout, async {
            while connections.join_next().await.is_some() {}
            all_gone.recv().await;
        });
        if drained.await.is_err() {
            // The calls see their connections go and end, too; those that do not depend on one see the sender go.
            drop(stopping);
            connections.shutdown().await;
            all_gone.recv().await;
        }
        Ok(())
    }
}

impl fmt::Debug for BoundServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BoundServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

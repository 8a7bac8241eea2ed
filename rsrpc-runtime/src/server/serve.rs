//! The accept loop and the shutdown of a server.

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

/// A server that listens. Connections wait in the listener's queue until it serves.
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

    /// Returns the local address, with the port that was assigned.
    pub fn local_addr(&self) -> &Address {
        &self.address
    }

    /// Returns the router as a `tower::Service`, for calls that bypass the listener.
    pub fn service(&self) -> RouterService {
        match &self.layered {
            Some(layered) => RouterService::from_http(layered.clone()),
            None => RouterService::new(self.router.clone()),
        }
    }

    /// Serves until the process ends or the future is dropped, which stops the server immediately.
    ///
    /// # Errors Currently none. Errors of a connection end only this connection. Errors of the listener are logged,
    /// and accepting is retried after a pause.
    pub async fn serve(self) -> io::Result<()> {
        self.serve_until(std::future::pending()).await
    }

    /// Serves until `shutdown` completes. From then on, the server accepts neither connections nor calls. Running
    /// calls may finish within the drain timeout, then they are dropped. When this returns, no task of the server is
    /// left.
    ///
    /// Dropping this future stops the server immediately.
    ///
    /// # Errors Currently none. Errors of a connection end only this connection. Errors of the listener are logged,
    /// and accepting is retried after a pause.
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

    /// Serves until `stopped` receives a value or its sender is dropped. Has no type parameter and is boxed, so the
    /// server is compiled once in this crate and not in each program that passes its own future.
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
            // Calls observe that their connection closes. Detached calls observe that the sender is dropped.
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

//! The shutdown signal that every task of a server holds.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

/// A handle held by every task of a server. The server has ended when all handles are dropped.
#[derive(Debug, Clone)]
pub(crate) struct CallGuard(Arc<ServerTasks>);

#[derive(Debug)]
struct ServerTasks {
    #[allow(dead_code, reason = "dropping the last sender signals the end")]
    alive: mpsc::Sender<Infallible>,
    /// Becomes true when the server shuts down. Closes when the drain timeout has expired and running calls must
    /// stop.
    stop: watch::Receiver<bool>,
}

impl CallGuard {
    pub(super) fn new(alive: mpsc::Sender<Infallible>, stop: watch::Receiver<bool>) -> Self {
        Self(Arc::new(ServerTasks { alive, stop }))
    }

    /// Returns a receiver of the shutdown signal.
    pub(crate) fn shutdown_signal(&self) -> watch::Receiver<bool> {
        self.0.stop.clone()
    }

    /// Returns whether the server is shutting down and accepts no new connections.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.stop.borrow()
    }

    /// Waits until the drain timeout has expired.
    pub(crate) async fn drain_timed_out(&self) {
        let mut stop = self.shutdown_signal();
        while stop.changed().await.is_ok() {}
    }
}

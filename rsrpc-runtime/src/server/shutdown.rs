//! The shutdown signal that every task of a server holds.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::sync::{mpsc, watch};

/// Held by every task of a server; when all are gone, it has ended.
#[derive(Debug, Clone)]
pub(crate) struct CallGuard(Arc<ServerTasks>);

#[derive(Debug)]
struct ServerTasks {
    #[allow(dead_code, reason = "its drop is the signal")]
    alive: mpsc::Sender<Infallible>,
    /// True once the server shuts down; closed when what still runs is to be dropped.
    stop: watch::Receiver<bool>,
}

impl CallGuard {
    pub(super) fn new(alive: mpsc::Sender<Infallible>, stop: watch::Receiver<bool>) -> Self {
        Self(Arc::new(ServerTasks { alive, stop }))
    }

    /// Tells of the server's shutdown.
    pub(crate) fn shutdown_signal(&self) -> watch::Receiver<bool> {
        self.0.stop.clone()
    }

    /// Whether the server takes no new connections any more.
    pub(crate) fn is_draining(&self) -> bool {
        *self.0.stop.borrow()
    }

    /// Waits until the time for what still runs is up.
    pub(crate) async fn drain_timed_out(&self) {
        let mut stop = self.shutdown_signal();
        while stop.changed().await.is_ok() {}
    }
}

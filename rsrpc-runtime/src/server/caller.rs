//! The caller of a request, and the memory budgets of its connection.

use std::sync::Arc;
use std::time::Duration;

use http::Request;

use super::limits::Limits;
use super::shutdown::CallGuard;
use crate::call::Peer;
use crate::wire::grpc::InboundGuard;
use crate::wire::http2::Budget;

/// The origin of a request: its peer, and the connection it arrived on.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerInfo {
    pub(crate) peer: Peer,
    /// The guard of the server that accepted the connection; `None` when another HTTP server did.
    pub(crate) guard: Option<CallGuard>,
    /// The budgets of the connection; `None` for HTTP/1.1.
    pub(crate) budgets: Option<ConnectionBudgets>,
}

/// The memory that one connection may occupy on the server.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionBudgets {
    /// Incomplete request messages.
    pub(crate) unfinished: Arc<Budget>,
    /// Unsent replies.
    pub(crate) unsent: Arc<Budget>,
}

impl ConnectionBudgets {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            unfinished: Budget::new(limits.max_unfinished_bytes),
            unsent: Budget::new(limits.max_unsent_bytes),
        }
    }

    /// Creates the guard for the request messages of one call.
    pub(crate) fn guard(&self, timeout: Duration) -> InboundGuard {
        InboundGuard::new(self.unfinished.clone(), self.unsent.clone(), timeout)
    }
}

impl CallerInfo {
    /// Stores the caller in the request's extensions, where HTTP layers pass it on.
    pub(crate) fn attach<B>(self, request: &mut Request<B>) {
        request.extensions_mut().insert(self.peer);
        if let Some(guard) = self.guard {
            request.extensions_mut().insert(guard);
        }
        if let Some(budgets) = self.budgets {
            request.extensions_mut().insert(budgets);
        }
    }

    /// Takes the caller out of the request's extensions. Behind another HTTP server, only the peer may be set.
    pub(crate) fn detach<B>(request: &mut Request<B>) -> Self {
        Self {
            peer: request.extensions().get::<Peer>().cloned().unwrap_or_default(),
            guard: request.extensions_mut().remove(),
            budgets: request.extensions_mut().remove(),
        }
    }
}

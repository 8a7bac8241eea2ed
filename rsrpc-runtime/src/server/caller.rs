//! The caller of a request, and the memory that its connection may occupy.

use std::sync::Arc;
use std::time::Duration;

use http::Request;

use super::limits::Limits;
use super::shutdown::CallGuard;
use crate::call::Peer;
use crate::wire::grpc::InboundGuard;
use crate::wire::http2::Budget;

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallerInfo {
    pub(crate) peer: Peer,
    /// Of the server whose connection it came on, if that is one of ours.
    pub(crate) guard: Option<CallGuard>,
    /// Of that connection, if it is one of HTTP/2.
    pub(crate) budgets: Option<ConnectionBudgets>,
}

/// What one connection may make the server hold.
#[derive(Debug, Clone)]
pub(crate) struct ConnectionBudgets {
    /// Messages that are not whole.
    pub(crate) unfinished: Arc<Budget>,
    /// Replies that are not sent.
    pub(crate) unsent: Arc<Budget>,
}

impl ConnectionBudgets {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            unfinished: Budget::new(limits.max_unfinished_bytes),
            unsent: Budget::new(limits.max_unsent_bytes),
        }
    }

    /// For the messages of a call.
    pub(crate) fn guard(&self, timeout: Duration) -> InboundGuard {
        InboundGuard::new(self.unfinished.clone(), self.unsent.clone(), timeout)
    }
}

impl CallerInfo {
    /// Lets the origin pass through HTTP layers.
    pub(crate) fn attach<B>(self, request: &mut Request<B>) {
        request.extensions_mut().insert(self.peer);
        if let Some(guard) = self.guard {
            request.extensions_mut().insert(guard);
        }
        if let Some(budgets) = self.budgets {
            request.extensions_mut().insert(budgets);
        }
    }

    /// The origin that passed through layers, or as much as another HTTP server says of it.
    pub(crate) fn detach<B>(request: &mut Request<B>) -> Self {
        Self {
            peer: request.extensions().get::<Peer>().cloned().unwrap_or_default(),
            guard: request.extensions_mut().remove(),
            budgets: request.extensions_mut().remove(),
        }
    }
}

//! A running JSON-RPC call, with its deadline and its cancellation.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, ready};

use crate::call::{Context, DeadlineTimer, spawn};
use crate::server::handler_failure::{catch_panic, deadline_exceeded};
use crate::server::shutdown::CallGuard;
use crate::wire::jsonrpc::{ErrorObject, ProtocolError};

/// An encoded reply without its id, or the failure of the call.
pub(crate) type JsonCallResult = Result<Vec<u8>, ErrorObject>;

/// The type-erased work of a call: interceptors, handler, and encoding of the reply.
pub(super) type CallWork = Pin<Box<dyn Future<Output = JsonCallResult> + Send>>;

/// A call from its decoded request to its encoded reply.
///
/// A panic or an exceeded deadline fails the call. Dropping it cancels it.
pub(crate) struct JsonCall {
    state: JsonCallState,
    deadline: DeadlineTimer,
    context: CallContext,
}

enum JsonCallState {
    Running(CallWork),
    Failed(ErrorObject),
    Done,
}

/// The handler's context. With interceptors, it is created after they have passed the call on.
pub(super) enum CallContext {
    Known(Context),
    Later(Arc<OnceLock<Context>>),
}

impl CallContext {
    fn cancel(&self) {
        let context = match self {
            Self::Known(context) => Some(context),
            Self::Later(context) => context.get(),
        };
        if let Some(context) = context {
            context.cancel();
        }
    }
}

impl JsonCall {
    pub(super) fn new(work: CallWork, deadline: DeadlineTimer, context: CallContext) -> Self {
        // Calls whose deadline has passed do not run.
        if deadline.has_passed() {
            context.cancel();
            return Self::failed(ErrorObject::Status(deadline_exceeded()));
        }
        Self {
            state: JsonCallState::Running(work),
            deadline,
            context,
        }
    }

    /// Creates a call that failed before it reached its handler.
    pub(super) fn failed(failure: impl Into<ErrorObject>) -> Self {
        Self {
            state: JsonCallState::Failed(failure.into()),
            deadline: DeadlineTimer::default(),
            context: CallContext::Later(Arc::default()),
        }
    }

    /// Runs a notification. It continues if this future is dropped, because its sender may disconnect after sending
    /// it.
    ///
    /// The first poll happens in place, which keeps the order of a batch. A task is spawned only if the notification
    /// is still pending.
    pub(super) async fn run_detached(mut self, guard: Option<CallGuard>) {
        let prepared = std::future::poll_fn(|task| Poll::Ready(Pin::new(&mut self).poll(task))).await;
        if prepared.is_ready() {
            return;
        }
        let rest = spawn(async move {
            match guard {
                None => drop(self.await),
                Some(guard) => tokio::select! {
                    _ = self => {}
                    () = guard.drain_timed_out() => {}
                },
            }
        });
        drop(rest.await);
    }

    fn fail(&mut self, failure: ErrorObject) -> Poll<JsonCallResult> {
        self.context.cancel();
        self.state = JsonCallState::Done;
        Poll::Ready(Err(failure))
    }
}

impl Future for JsonCall {
    type Output = JsonCallResult;

    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<JsonCallResult> {
        let work = match &mut self.state {
            JsonCallState::Running(work) => work,
            JsonCallState::Failed(_) => {
                let JsonCallState::Failed(failure) = std::mem::replace(&mut self.state, JsonCallState::Done)
                else {
                    unreachable!("matched above")
                };
                return Poll::Ready(Err(failure));
            }
            JsonCallState::Done => return Poll::Pending,
        };
        match catch_panic(|| work.as_mut().poll(task)) {
            Err(_) => return self.fail(ProtocolError::InternalError.into()),
            Ok(Poll::Ready(outcome)) => {
                self.state = JsonCallState::Done;
                return Poll::Ready(outcome);
            }
            Ok(Poll::Pending) => {}
        }
        ready!(self.deadline.poll(task));
        self.fail(ErrorObject::Status(deadline_exceeded()))
    }
}

impl Drop for JsonCall {
    fn drop(&mut self) {
        if let JsonCallState::Running(_) = self.state {
            self.context.cancel();
        }
    }
}

impl fmt::Debug for JsonCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonCall").finish_non_exhaustive()
    }
}

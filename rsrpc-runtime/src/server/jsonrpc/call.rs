//! One call under way: what runs it is erased, what ends it early is here.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::task::{Poll, ready};

use crate::call::{Context, DeadlineTimer, spawn};
use crate::server::handler_failure::{catch, deadline_exceeded};
use crate::server::shutdown::CallGuard;
use crate::wire::jsonrpc::{Failure, Fault};

/// A response up to its id, or why there is none.
pub(crate) type Outcome = Result<Vec<u8>, Failure>;

/// What runs a call: interceptors, handler, and the encoding of the reply.
pub(super) type Work = Pin<Box<dyn Future<Output = Outcome> + Send>>;

/// A call from its decoded request to its encoded reply.
///
/// Panics and deadlines end it with a failure. Dropped before its end, it is cancelled.
pub(crate) struct JsonCall {
    state: State,
    deadline: DeadlineTimer,
    context: CallContext,
}

enum State {
    Running(Work),
    Failed(Failure),
    Done,
}

/// The handler's context. Behind interceptors it comes to be only when they let the call through.
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
    pub(super) fn new(work: Work, deadline: DeadlineTimer, context: CallContext) -> Self {
        // Nothing runs for a caller who is gone.
        if deadline.has_passed() {
            context.cancel();
            return Self::failed(Failure::Status(deadline_exceeded()));
        }
        Self {
            state: State::Running(work),
            deadline,
            context,
        }
    }

    /// A call that does not reach its handler.
    pub(super) fn failed(failure: impl Into<Failure>) -> Self {
        Self {
            state: State::Failed(failure.into()),
            deadline: DeadlineTimer::default(),
            context: CallContext::Later(Arc::default()),
        }
    }

    /// Runs a notification, which goes on when whoever waits for it does not: its sender may send it and be gone.
    ///
    /// Its beginning runs in place, in the order of a batch; a task is started only for what is left.
    pub(super) async fn run_detached(mut self, guard: Option<CallGuard>) {
        let begun = std::future::poll_fn(|task| Poll::Ready(Pin::new(&mut self).poll(task))).await;
        if begun.is_ready() {
            return;
        }
        let rest = spawn(async move {
            match guard {
                None => drop(self.await),
                Some(guard) => tokio::select! {
                    _ = self => {}
                    () = guard.abandoned() => {}
                },
            }
        });
        drop(rest.await);
    }

    fn abandon(&mut self, failure: Failure) -> Poll<Outcome> {
        self.context.cancel();
        self.state = State::Done;
        Poll::Ready(Err(failure))
    }
}

impl Future for JsonCall {
    type Output = Outcome;

    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<Outcome> {
        let work = match &mut self.state {
            State::Running(work) => work,
            State::Failed(_) => {
                let State::Failed(failure) = std::mem::replace(&mut self.state, State::Done) else {
                    unreachable!("matched above")
                };
                return Poll::Ready(Err(failure));
            }
            State::Done => return Poll::Pending,
        };
        match catch(|| work.as_mut().poll(task)) {
            Err(_) => return self.abandon(Fault::InternalError.into()),
            Ok(Poll::Ready(outcome)) => {
                self.state = State::Done;
                return Poll::Ready(outcome);
            }
            Ok(Poll::Pending) => {}
        }
        ready!(self.deadline.poll(task));
        self.abandon(Failure::Status(deadline_exceeded()))
    }
}

impl Drop for JsonCall {
    fn drop(&mut self) {
        if let State::Running(_) = self.state {
            self.context.cancel();
        }
    }
}

impl fmt::Debug for JsonCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonCall").finish_non_exhaustive()
    }
}

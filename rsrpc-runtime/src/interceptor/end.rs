//! Who wants to know how a call ends.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use crate::call::{Status, now};

/// Told the outcome of a call.
pub(crate) type EndHook = Box<dyn FnOnce(Result<(), &Status>) + Send>;

/// The hooks of a call under way, shared by the call as interceptors see it and by whoever runs their chain.
#[derive(Clone, Default)]
pub(crate) struct CallEnds(Arc<Mutex<Vec<EndHook>>>);

impl CallEnds {
    pub(crate) fn push(&self, hook: EndHook) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(hook);
    }

    fn take(&self) -> Vec<EndHook> {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Hooks that run once: with the outcome, or, when the call is dropped before it has one, with CANCELLED, past its
/// deadline with DEADLINE_EXCEEDED.
pub(crate) struct Ending {
    hooks: Hooks,
    deadline: Option<Instant>,
}

enum Hooks {
    /// Of a call, which may get more of them.
    Call(CallEnds),
    /// Of a reply.
    Reply(Vec<EndHook>),
}

impl Ending {
    pub(crate) fn of_call(ends: CallEnds, deadline: Option<Instant>) -> Self {
        Self {
            hooks: Hooks::Call(ends),
            deadline,
        }
    }

    pub(crate) fn of_reply(hooks: Vec<EndHook>, deadline: Option<Instant>) -> Self {
        Self {
            hooks: Hooks::Reply(hooks),
            deadline,
        }
    }

    pub(crate) fn run(&mut self, outcome: Result<(), &Status>) {
        self.take().into_iter().for_each(|hook| hook(outcome));
    }

    /// The hooks, for somebody else to run.
    pub(crate) fn take(&mut self) -> Vec<EndHook> {
        match &mut self.hooks {
            Hooks::Call(ends) => ends.take(),
            Hooks::Reply(hooks) => std::mem::take(hooks),
        }
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let hooks = self.take();
        if hooks.is_empty() {
            return;
        }
        let status = match self.deadline {
            Some(deadline) if now() >= deadline => Status::deadline_exceeded("dropped at its deadline"),
            _ => Status::cancelled("dropped before its end"),
        };
        hooks.into_iter().for_each(|hook| hook(Err(&status)));
    }
}

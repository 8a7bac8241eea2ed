//! Hooks that run when a call ends.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::call::{Status, now};
use crate::sync::MutexExt as _;

/// Told the outcome of a call.
pub(crate) type EndHook = Box<dyn FnOnce(Result<(), &Status>) + Send>;

/// The hooks of a call under way, shared by the call as interceptors see it and by whoever runs their chain.
#[derive(Clone, Default)]
pub(crate) struct CallEndHooks(Arc<Mutex<Vec<EndHook>>>);

impl CallEndHooks {
    pub(crate) fn push(&self, hook: EndHook) {
        self.0.lock_unpoisoned().push(hook);
    }

    fn take(&self) -> Vec<EndHook> {
        std::mem::take(&mut self.0.lock_unpoisoned())
    }
}

/// Hooks that run once: with the outcome, or, when the call is dropped before it has one, with CANCELLED, past its
/// deadline with DEADLINE_EXCEEDED.
pub(crate) struct EndHookGuard {
    hooks: HookList,
    deadline: Option<Instant>,
}

enum HookList {
    /// Of a call, which may get more of them.
    Call(CallEndHooks),
    /// Of a reply.
    Reply(Vec<EndHook>),
}

impl EndHookGuard {
    pub(crate) fn of_call(end_hooks: CallEndHooks, deadline: Option<Instant>) -> Self {
        Self {
            hooks: HookList::Call(end_hooks),
            deadline,
        }
    }

    pub(crate) fn of_reply(hooks: Vec<EndHook>, deadline: Option<Instant>) -> Self {
        Self {
            hooks: HookList::Reply(hooks),
            deadline,
        }
    }

    pub(crate) fn run(&mut self, outcome: Result<(), &Status>) {
        self.take().into_iter().for_each(|hook| hook(outcome));
    }

    /// The hooks, for somebody else to run.
    pub(crate) fn take(&mut self) -> Vec<EndHook> {
        match &mut self.hooks {
            HookList::Call(end_hooks) => end_hooks.take(),
            HookList::Reply(hooks) => std::mem::take(hooks),
        }
    }
}

impl Drop for EndHookGuard {
    fn drop(&mut self) {
        let hooks = self.take();
        if hooks.is_empty() {
            return;
        }
        let status = match self.deadline {
            Some(deadline) if now() >= deadline => Status::deadline_exceeded("dropped at its deadline"),
            _ => Status::cancelled("dropped before its end"),
        };
        for hook in hooks {
            // This may be within a panic already, of which a hook may find a poisoned lock: a second one that gets out
            // of here would end the process.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hook(Err(&status))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_panics_within_a_panic_harms_no_other() {
        let called = Arc::new(Mutex::new(0));
        let hooks = CallEndHooks::default();
        hooks.push(Box::new(|_| panic!("the hook")));
        let counted = called.clone();
        hooks.push(Box::new(move |_| *counted.lock().unwrap() += 1));
        let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ending = EndHookGuard::of_call(hooks, None);
            panic!("the interceptor");
        }));
        assert!(caught.is_err());
        assert_eq!(*called.lock().unwrap(), 1);
    }
}

//! Hooks that run when a call ends.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use crate::call::{Status, now};
use crate::sync::MutexExt as _;

/// A hook that receives the outcome of a call.
pub(crate) type EndHook = Box<dyn FnOnce(Result<(), &Status>) + Send>;

/// The end hooks of a call in progress, shared by the call and the runner of its interceptor chain.
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

/// Runs end hooks once: with the outcome, or on drop with CANCELLED, or with DEADLINE_EXCEEDED after the deadline.
pub(crate) struct EndHookGuard {
    hooks: HookList,
    deadline: Option<Instant>,
}

enum HookList {
    /// Hooks of a call, which can still be added to.
    Call(CallEndHooks),
    /// Hooks of a reply.
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

    /// Takes the hooks out, so the caller runs them instead.
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
            Some(deadline) if now() >= deadline => {
                Status::deadline_exceeded("the call was dropped at its deadline")
            }
            _ => Status::cancelled("the call was dropped before its end"),
        };
        for hook in hooks {
            // This drop may run during a panic, and a hook may then fail on a poisoned lock. A second panic that
            // escapes would abort the process.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| hook(Err(&status))));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panicking_end_hook_does_not_stop_other_hooks() {
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

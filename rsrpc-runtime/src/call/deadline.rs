//! Deadlines that create a timer only when a task has to wait.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::time::Sleep;

/// Returns the current time of the clock used for deadlines: tokio's, which tests can pause.
pub(crate) fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}

/// Returns the instant `timeout` from now; `None` if it overflows, which means no deadline.
pub(crate) fn deadline_after(timeout: Duration) -> Option<Instant> {
    now().checked_add(timeout)
}

/// A deadline that can be polled.
#[derive(Debug, Default)]
pub(crate) struct DeadlineTimer {
    at: Option<Instant>,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl DeadlineTimer {
    pub(crate) fn new(at: Option<Instant>) -> Self {
        Self { at, sleep: None }
    }

    pub(crate) fn at(&self) -> Option<Instant> {
        self.at
    }

    /// Returns `Ready` once the deadline has passed; never without a deadline.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(at) = self.at else { return Poll::Pending };
        let sleep = self
            .sleep
            .get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at.into())));
        sleep.as_mut().poll(cx)
    }

    /// Returns whether the deadline has passed, without registering a waker.
    pub(crate) fn has_passed(&self) -> bool {
        self.at.is_some_and(|at| now() >= at)
    }
}

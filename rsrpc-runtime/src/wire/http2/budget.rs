//! Limits the memory that a peer can occupy per connection with partially received messages and unsent replies.

use std::future::Future as _;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker, ready};

use tokio::sync::Notify;
use tokio::sync::futures::OwnedNotified;

use crate::sync::MutexExt as _;

/// A limit on the bytes that one connection may hold for one purpose.
#[derive(Debug)]
pub(crate) struct Budget {
    used: AtomicUsize,
    limit: usize,
    /// The waker of the connection task, if it waits for the budget.
    waiting: Mutex<Option<Waker>>,
    /// Wakes calls that wait for the budget.
    room: Arc<Notify>,
}

/// Bytes charged to a budget until the permit is dropped.
#[derive(Debug)]
pub(crate) struct BudgetPermit {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            used: AtomicUsize::new(0),
            limit,
            waiting: Mutex::new(None),
            room: Arc::new(Notify::new()),
        })
    }

    pub(crate) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns the remaining bytes.
    pub(crate) fn room(&self) -> usize {
        self.limit.saturating_sub(self.used.load(Ordering::Acquire))
    }

    pub(crate) fn is_exceeded(&self) -> bool {
        self.used.load(Ordering::Acquire) > self.limit
    }

    /// Completes when the budget is not exceeded.
    pub(crate) fn poll_room(&self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.is_exceeded() {
            return Poll::Ready(());
        }
        let mut waiting = self.waiting.lock_unpoisoned();
        *waiting = Some(cx.waker().clone());
        // Another thread may have released bytes before the waker was stored.
        if self.is_exceeded() {
            Poll::Pending
        } else {
            Poll::Ready(())
        }
    }

    /// Charges bytes, even if they exceed the limit.
    pub(crate) fn charge(self: &Arc<Self>, bytes: usize) -> BudgetPermit {
        self.used.fetch_add(bytes, Ordering::AcqRel);
        BudgetPermit {
            budget: self.clone(),
            bytes,
        }
    }
}

impl BudgetPermit {
    /// Grows the permit to `bytes`. Returns `false` if the budget is then exceeded. The bytes are charged in both
    /// cases.
    pub(crate) fn grow(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let used = self.budget.used.fetch_add(more, Ordering::AcqRel);
        self.bytes += more;
        used + more <= self.budget.limit
    }
}

impl Drop for BudgetPermit {
    fn drop(&mut self) {
        let used = self.budget.used.fetch_sub(self.bytes, Ordering::AcqRel);
        if used > self.budget.limit && used - self.bytes <= self.budget.limit {
            let mut waiting = self.budget.waiting.lock_unpoisoned();
            if let Some(waker) = waiting.take() {
                waker.wake();
            }
            drop(waiting);
            self.budget.room.notify_one();
        }
    }
}

/// A call that waits for a budget. Waiters wake one at a time, so each charges its reply before the next starts.
#[derive(Debug)]
pub(crate) struct BudgetWaiter {
    budget: Arc<Budget>,
    waiting: Option<Pin<Box<OwnedNotified>>>,
}

impl BudgetWaiter {
    pub(crate) fn new(budget: Arc<Budget>) -> Self {
        Self {
            budget,
            waiting: None,
        }
    }

    /// Returns `true` if the budget is not exceeded and this waiter is not queued.
    #[inline]
    pub(crate) fn is_free(&self) -> bool {
        self.waiting.is_none() && !self.budget.is_exceeded()
    }

    /// Completes when the budget is not exceeded. Waiters wake one at a time, because each may exceed the budget
    /// again before the next starts.
    #[cold]
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            if let Some(waiting) = &mut self.waiting {
                ready!(waiting.as_mut().poll(cx));
                self.waiting = None;
            }
            if !self.budget.is_exceeded() {
                self.budget.room.notify_one();
                return Poll::Ready(());
            }
            self.waiting = Some(Box::pin(self.budget.room.clone().notified_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicBool;
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicBool);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.store(true, Ordering::SeqCst);
        }
    }

    #[test]
    fn dropped_permits_wake_waiting_connection() {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(woken.clone());
        let mut cx = Context::from_waker(&waker);
        let budget = Budget::new(100);
        let mut charge = budget.charge(0);
        assert!(charge.grow(60) && charge.grow(60) && charge.grow(40) && charge.grow(100));
        assert!(budget.poll_room(&mut cx).is_ready());
        let more = budget.charge(50);
        assert!(!charge.grow(101));
        assert!(budget.poll_room(&mut cx).is_pending());
        let other = budget.charge(1);
        drop(other);
        assert!(!woken.0.load(Ordering::SeqCst));
        drop(more);
        assert!(!woken.0.load(Ordering::SeqCst) && budget.is_exceeded());
        drop(charge);
        assert!(woken.0.load(Ordering::SeqCst) && budget.poll_room(&mut cx).is_ready());
    }

    #[test]
    fn waiters_wake_one_at_a_time() {
        let mut waiting: Vec<_> = (0..3).map(|_| Arc::new(Woken::default())).collect();
        let budget = Budget::new(100);
        let mut turns: Vec<_> = (0..3).map(|_| BudgetWaiter::new(budget.clone())).collect();
        assert!(turns.iter().all(BudgetWaiter::is_free));
        let poll = |turn: &mut BudgetWaiter, woken: &Arc<Woken>| {
            turn.poll(&mut Context::from_waker(&Waker::from(woken.clone())))
        };
        let is_woken = |woken: &Arc<Woken>| woken.0.swap(false, Ordering::SeqCst);
        let charge = budget.charge(101);
        for (turn, woken) in turns.iter_mut().zip(&waiting) {
            assert!(!turn.is_free() && poll(turn, woken).is_pending());
        }
        drop(charge);
        assert_eq!(
            [true, false, false],
            [0, 1, 2].map(|call| is_woken(&waiting[call]))
        );
        // The second waiter wakes when the first proceeds. It waits again, because the first exceeded the budget.
        assert!(poll(&mut turns[0], &waiting[0]).is_ready() && is_woken(&waiting[1]));
        let charge = budget.charge(101);
        assert!(poll(&mut turns[1], &waiting[1]).is_pending());
        drop(charge);
        assert!(is_woken(&waiting[2]) && !is_woken(&waiting[1]));
        // A waiter that is dropped on its turn passes the turn on.
        turns.remove(2);
        waiting.remove(2);
        assert!(is_woken(&waiting[1]) && poll(&mut turns[1], &waiting[1]).is_ready());
    }
}

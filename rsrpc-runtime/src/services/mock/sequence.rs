//! The required order of expectations.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::sync::MutexExt as _;

/// An order of expectations, of one mock or of several. An expectation matches only when its turn has come.
///
/// An expectation's turn comes when all before it have received their minimum number of calls. After its first call,
/// those before it no longer match.
#[derive(Clone, Default)]
pub struct Sequence {
    steps: Arc<Mutex<SequenceState>>,
}

#[derive(Default)]
struct SequenceState {
    current: usize,
    steps: Vec<SequenceStep>,
}

struct SequenceStep {
    /// Description for error messages.
    name: String,
    min: usize,
    calls: usize,
}

/// An expectation's position in a sequence.
pub(super) struct SequencePosition {
    sequence: Sequence,
    index: usize,
}

impl Sequence {
    /// Creates an empty sequence.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn push(&self, name: String, min: usize) -> SequencePosition {
        let mut steps = self.lock();
        steps.steps.push(SequenceStep { name, min, calls: 0 });
        SequencePosition {
            sequence: self.clone(),
            index: steps.steps.len() - 1,
        }
    }

    fn lock(&self) -> MutexGuard<'_, SequenceState> {
        // The data stays consistent if a holder of the lock panics.
        self.steps.lock_unpoisoned()
    }
}

impl SequencePosition {
    pub(super) fn set_min(&self, min: usize) {
        self.sequence.lock().steps[self.index].min = min;
    }

    /// Returns why this position does not match now; `None` if it matches.
    pub(super) fn mismatch(&self) -> Option<String> {
        let steps = self.sequence.lock();
        if self.index < steps.current {
            let current = &steps.steps[steps.current];
            return Some(format!("the sequence has already reached {}", current.name));
        }
        let before = steps.steps[..self.index].iter();
        let missing = before.into_iter().find(|step| step.calls < step.min)?;
        Some(format!("the sequence requires {} first", missing.name))
    }

    pub(super) fn called(&self) {
        let mut steps = self.sequence.lock();
        steps.current = self.index;
        steps.steps[self.index].calls += 1;
    }
}

impl fmt::Debug for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.lock();
        let names = steps.steps.iter().map(|step| &step.name);
        f.debug_list().entries(names).finish()
    }
}

//! The order in which expectations have to be met.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::sync::MutexExt as _;

/// An order of expectations, of one mock or of several: one whose turn has not come does not match.
///
/// The next one's turn comes when the one before has been called as often as it has to be; from the next one's first
/// call on, those before it no longer match.
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
    /// What the step is, for messages.
    name: String,
    min: usize,
    calls: usize,
}

/// An expectation's place in a sequence.
pub(super) struct SequencePosition {
    sequence: Sequence,
    index: usize,
}

impl Sequence {
    /// An order with nothing in it.
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
        // Plain data, whole at any time.
        self.steps.lock_unpoisoned()
    }
}

impl SequencePosition {
    pub(super) fn set_min(&self, min: usize) {
        self.sequence.lock().steps[self.index].min = min;
    }

    /// Why it is not this step's turn, if it is not.
    pub(super) fn mismatch(&self) -> Option<String> {
        let steps = self.sequence.lock();
        if self.index < steps.current {
            let current = &steps.steps[steps.current];
            return Some(format!("its turn is over since {}", current.name));
        }
        let before = steps.steps[..self.index].iter();
        let missing = before.into_iter().find(|step| step.calls < step.min)?;
        Some(format!("it is not its turn before {}", missing.name))
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

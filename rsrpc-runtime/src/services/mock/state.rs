//! State of a mock: expectations and received calls of all methods, with type-erased messages.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::call_count::{Times, TimesInWords};
use super::sequence::SequencePosition;
use super::stream::ReplyPacing;
use crate::call::{Context, MethodDescriptor, Status};

/// The mutable state of a mock.
#[derive(Default)]
pub(super) struct MockState {
    pub(super) expectations: Vec<ExpectationState>,
    pub(super) calls: Vec<LoggedCall>,
    /// Errors returned for unexpected calls and for expectations without a reply.
    problems: Vec<String>,
    /// Set if nothing has changed since the last verification.
    pub(super) verified: bool,
}

/// The state of an expectation.
pub(super) struct ExpectationState {
    pub(super) method: &'static MethodDescriptor,
    place: &'static Location<'static>,
    pub(super) conditions: Vec<CallCondition>,
    times: Times,
    calls: usize,
    pub(super) delay: Option<Duration>,
    pub(super) pacing: ReplyPacing,
    /// The reply function: `ReplyAction<In, Out>` with the method's types.
    pub(super) action: Option<Arc<dyn Any + Send + Sync>>,
    step: Option<SequencePosition>,
}

/// A condition that a call must satisfy.
pub(super) struct CallCondition {
    /// Description that follows the method's name in messages.
    pub(super) text: String,
    pub(super) subject: ConditionSubject,
    /// Receives the requests as a type-erased `Vec`.
    pub(super) holds: Predicate,
}

pub(super) type Predicate = Box<dyn Fn(&Context, &dyn Any) -> bool + Send>;

/// The part of a call that a condition examines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ConditionSubject {
    Context,
    Requests,
}

/// A received call.
pub(super) struct LoggedCall {
    pub(super) path: &'static str,
    pub(super) context: Context,
    /// `RecordedRequests<Req>` with the method's request type.
    pub(super) requests: Arc<dyn Any + Send + Sync>,
    pub(super) expectation: Option<usize>,
}

/// The selected expectation's reply to a call.
pub(super) struct SelectedReply {
    pub(super) delay: Option<Duration>,
    pub(super) pacing: ReplyPacing,
    pub(super) action: Arc<dyn Any + Send + Sync>,
}

impl MockState {
    pub(super) fn add(
        &mut self,
        method: &'static MethodDescriptor,
        place: &'static Location<'static>,
    ) -> usize {
        self.verified = false;
        self.expectations.push(ExpectationState {
            method,
            place,
            conditions: Vec::new(),
            times: Times::AT_LEAST_ONCE,
            calls: 0,
            delay: None,
            pacing: ReplyPacing::default(),
            action: None,
            step: None,
        });
        self.expectations.len() - 1
    }

    /// Returns whether all requests of a stream must be read before an expectation is selected.
    pub(super) fn needs_requests(&self, path: &str) -> bool {
        let mut conditions = self
            .expectations
            .iter()
            .filter(|entry| entry.method.path() == path)
            .flat_map(|entry| &entry.conditions);
        conditions.any(|condition| condition.subject == ConditionSubject::Requests)
    }

    /// Selects the expectation for a call, and returns its reply. `seen` are the known requests, `described` their
    /// description.
    pub(super) fn select(
        &mut self,
        method: &'static MethodDescriptor,
        call: LoggedCall,
        seen: &dyn Any,
        described: &str,
    ) -> Result<SelectedReply, Status> {
        self.verified = false;
        let mut near = Vec::new();
        let mut selected = None;
        for (index, entry) in self.expectations.iter().enumerate() {
            if entry.method.path() != method.path() {
                continue;
            }
            match entry.mismatch(&call.context, seen) {
                None => {
                    selected = Some(index);
                    break;
                }
                Some(mismatch) => {
                    near.push(format!("\n  expected {entry}, but {}", mismatch.text));
                    if mismatch.is_final {
                        break;
                    }
                }
            }
        }
        self.calls.push(LoggedCall {
            expectation: selected,
            ..call
        });
        let Some(index) = selected else {
            return Err(self.unexpected(method, described, &near));
        };
        let entry = &mut self.expectations[index];
        entry.calls += 1;
        if let Some(step) = &entry.step {
            step.called();
        }
        let Some(action) = entry.action.clone() else {
            let problem = format!(
                "the expectation of {entry} has no reply: set one with {}",
                if matches!(
                    method.kind(),
                    crate::call::MethodKind::Unary | crate::call::MethodKind::ClientStreaming
                ) {
                    "returns(), fails() or replies_with()"
                } else {
                    "streams(), fails() or replies_with()"
                }
            );
            self.problems.push(problem.clone());
            return Err(Status::failed_precondition(problem));
        };
        Ok(SelectedReply {
            delay: entry.delay,
            pacing: entry.pacing.clone(),
            action,
        })
    }

    fn unexpected(&mut self, method: &'static MethodDescriptor, described: &str, near: &[String]) -> Status {
        let call = format!("unexpected call of {}{described}", method.full_name());
        if near.is_empty() {
            let others = self.expectations.iter().map(|entry| entry.method.name());
            let mut others: Vec<_> = others.collect();
            others.dedup();
            let others = if others.is_empty() {
                "nothing".to_owned()
            } else {
                others.join(", ")
            };
            let problem = format!("{call}: the mock expects {others}");
            self.problems.push(problem.clone());
            return Status::unimplemented(problem);
        }
        let problem = format!("{call}{}", near.concat());
        self.problems.push(problem.clone());
        Status::failed_precondition(problem)
    }

    /// Returns all problems: unmet expectations and unexpected calls.
    pub(super) fn problems(&mut self) -> Vec<String> {
        self.verified = true;
        let missed = self
            .expectations
            .iter()
            .filter(|entry| entry.calls < entry.times.min());
        let missed = missed.map(|entry| {
            format!(
                "expected {entry} to be called {}, but it was {}",
                entry.times,
                if entry.calls == 0 {
                    "never called".to_owned()
                } else {
                    format!("called {}", TimesInWords(entry.calls))
                }
            )
        });
        missed.chain(self.problems.iter().cloned()).collect()
    }
}

/// The reason why an expectation does not match a call.
struct Mismatch {
    text: String,
    /// Set if no later expectation may match either.
    is_final: bool,
}

impl ExpectationState {
    fn mismatch(&self, cx: &Context, seen: &dyn Any) -> Option<Mismatch> {
        let other = |text| {
            Some(Mismatch {
                text,
                is_final: false,
            })
        };
        let fails = self
            .conditions
            .iter()
            .find(|condition| !(condition.holds)(cx, seen));
        if let Some(condition) = fails {
            return other(format!("the call does not match: {}", condition.text));
        }
        if self.times.is_never() {
            return Some(Mismatch {
                text: "it must never be called".to_owned(),
                is_final: true,
            });
        }
        if self.times.is_used_up(self.calls) {
            return other(format!(
                "it is expected {} and was already called {}",
                self.times,
                TimesInWords(self.calls)
            ));
        }
        self.step
            .as_ref()
            .and_then(SequencePosition::mismatch)
            .and_then(other)
    }

    pub(super) fn set_times(&mut self, times: Times) {
        self.times = times;
        if let Some(step) = &self.step {
            step.set_min(times.min());
        }
    }

    pub(super) fn set_step(&mut self, step: impl FnOnce(String, usize) -> SequencePosition) {
        self.step = Some(step(self.to_string(), self.times.min()));
    }

    pub(super) fn calls(&self) -> usize {
        self.calls
    }
}

impl fmt::Display for ExpectationState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.name())?;
        for (index, condition) in self.conditions.iter().enumerate() {
            let and = if index == 0 { "" } else { " and" };
            write!(f, "{and} {}", condition.text)?;
        }
        write!(f, " (at {})", self.place)
    }
}

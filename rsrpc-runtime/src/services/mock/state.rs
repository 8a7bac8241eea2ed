//! What a mock expects and has seen, of all its methods and whatever their messages.

use std::any::Any;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;
use std::time::Duration;

use super::sequence::Step;
use super::stream::Shape;
use super::times::{Count, Times};
use crate::call::{Context, MethodDescriptor, Status};

/// Behind the lock of a mock.
#[derive(Default)]
pub(super) struct State {
    pub(super) expectations: Vec<Entry>,
    pub(super) calls: Vec<Logged>,
    /// Calls that no expectation took, and expectations that had no answer: as their callers were told.
    problems: Vec<String>,
    /// Nothing has happened since a look at all this.
    pub(super) verified: bool,
}

/// An expectation.
pub(super) struct Entry {
    pub(super) method: &'static MethodDescriptor,
    place: &'static Location<'static>,
    pub(super) conditions: Vec<Condition>,
    times: Times,
    calls: usize,
    pub(super) delay: Option<Duration>,
    pub(super) shape: Shape,
    /// How a call is answered: `Action<In, Out>` of the method's types.
    pub(super) action: Option<Arc<dyn Any + Send + Sync>>,
    step: Option<Step>,
}

/// What has to be true of a call.
pub(super) struct Condition {
    /// As in a sentence behind the method's name.
    pub(super) text: String,
    pub(super) subject: Subject,
    /// Gets the requests as the `Vec` that they are.
    pub(super) holds: Box<dyn Fn(&Context, &dyn Any) -> bool + Send>,
}

/// What a condition looks at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Context,
    Requests,
}

/// A call that was received.
pub(super) struct Logged {
    pub(super) path: &'static str,
    pub(super) context: Context,
    /// `Recorded<Req>` of the method's requests.
    pub(super) requests: Arc<dyn Any + Send + Sync>,
    pub(super) expectation: Option<usize>,
}

/// How a call goes on.
pub(super) struct Chosen {
    pub(super) delay: Option<Duration>,
    pub(super) shape: Shape,
    pub(super) action: Arc<dyn Any + Send + Sync>,
}

impl State {
    pub(super) fn add(
        &mut self,
        method: &'static MethodDescriptor,
        place: &'static Location<'static>,
    ) -> usize {
        self.verified = false;
        self.expectations.push(Entry {
            method,
            place,
            conditions: Vec::new(),
            times: Times::AT_LEAST_ONCE,
            calls: 0,
            delay: None,
            shape: Shape::default(),
            action: None,
            step: None,
        });
        self.expectations.len() - 1
    }

    /// Whether the requests of a stream have to be known before an expectation is chosen.
    pub(super) fn looks_at_requests(&self, path: &str) -> bool {
        let mut conditions = self
            .expectations
            .iter()
            .filter(|entry| entry.method.path() == path)
            .flat_map(|entry| &entry.conditions);
        conditions.any(|condition| condition.subject == Subject::Requests)
    }

    /// The expectation that takes a call, and how it answers. `seen` are the requests as far as they are known,
    /// `described` their text.
    pub(super) fn choose(
        &mut self,
        method: &'static MethodDescriptor,
        call: Logged,
        seen: &dyn Any,
        described: &str,
    ) -> Result<Chosen, Status> {
        self.verified = false;
        let mut near = Vec::new();
        let mut chosen = None;
        for (index, entry) in self.expectations.iter().enumerate() {
            if entry.method.path() != method.path() {
                continue;
            }
            match entry.objection(&call.context, seen) {
                None => {
                    chosen = Some(index);
                    break;
                }
                Some(objection) => {
                    near.push(format!("\n  expected {entry}, but {}", objection.text));
                    if objection.is_final {
                        break;
                    }
                }
            }
        }
        self.calls.push(Logged {
            expectation: chosen,
            ..call
        });
        let Some(index) = chosen else {
            return Err(self.unexpected(method, described, &near));
        };
        let entry = &mut self.expectations[index];
        entry.calls += 1;
        if let Some(step) = &entry.step {
            step.called();
        }
        let Some(action) = entry.action.clone() else {
            let problem = format!(
                "the expectation of {entry} has no answer: give it one with {}",
                if matches!(
                    method.kind(),
                    crate::call::MethodKind::Unary | crate::call::MethodKind::ClientStreaming
                ) {
                    "returns(), fails() or answers()"
                } else {
                    "streams(), fails() or answers()"
                }
            );
            self.problems.push(problem.clone());
            return Err(Status::failed_precondition(problem));
        };
        Ok(Chosen {
            delay: entry.delay,
            shape: entry.shape.clone(),
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

    /// All that is not as expected.
    pub(super) fn problems(&mut self) -> Vec<String> {
        self.verified = true;
        let missed = self
            .expectations
            .iter()
            .filter(|entry| entry.calls < entry.times.min());
        let missed = missed.map(|entry| {
            format!(
                "expected {entry} to be called {}, was called {}",
                entry.times,
                if entry.calls == 0 {
                    "never".to_owned()
                } else {
                    Count(entry.calls).to_string()
                }
            )
        });
        missed.chain(self.problems.iter().cloned()).collect()
    }
}

/// Why an expectation does not take a call.
struct Objection {
    text: String,
    /// No other expectation takes it either.
    is_final: bool,
}

impl Entry {
    fn objection(&self, cx: &Context, seen: &dyn Any) -> Option<Objection> {
        let other = |text| {
            Some(Objection {
                text,
                is_final: false,
            })
        };
        let fails = self
            .conditions
            .iter()
            .find(|condition| !(condition.holds)(cx, seen));
        if let Some(condition) = fails {
            return other(format!("this call is not one {}", condition.text));
        }
        if self.times.is_never() {
            return Some(Objection {
                text: "such a call must not come".to_owned(),
                is_final: true,
            });
        }
        if self.times.is_used_up(self.calls) {
            return other(format!(
                "{}, and it was called {} before",
                self.times,
                Count(self.calls)
            ));
        }
        self.step.as_ref().and_then(Step::objection).and_then(other)
    }

    pub(super) fn set_times(&mut self, times: Times) {
        self.times = times;
        if let Some(step) = &self.step {
            step.set_min(times.min());
        }
    }

    pub(super) fn set_step(&mut self, step: impl FnOnce(String, usize) -> Step) {
        self.step = Some(step(self.to_string(), self.times.min()));
    }

    pub(super) fn calls(&self) -> usize {
        self.calls
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.method.name())?;
        for (index, condition) in self.conditions.iter().enumerate() {
            let and = if index == 0 { "" } else { " and" };
            write!(f, "{and} {}", condition.text)?;
        }
        write!(f, " (at {})", self.place)
    }
}

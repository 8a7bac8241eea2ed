//! Failures of a handler: panics, exceeded deadlines, and errors with the code OK.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::call::{Code, Status};

/// A handler, or generated code around it, panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandlerPanic;

/// Runs code of the application and converts a panic to an error, which fails only this call. The caller must drop
/// the work without polling it again, so its broken state is never observed.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, HandlerPanic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| HandlerPanic)
}

impl From<HandlerPanic> for Status {
    /// Returns INTERNAL.
    fn from(_: HandlerPanic) -> Self {
        Status::internal("the handler panicked")
    }
}

/// Returns the status of a call whose deadline has passed.
pub(crate) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the deadline passed while the call was served")
}

/// Replaces an error with the code OK by INTERNAL: a failed handler must not look successful.
pub(crate) fn reject_ok_code(status: Status) -> Status {
    match status.code() {
        Code::Ok => Status::internal("the handler returned an error with the code OK"),
        _ => status,
    }
}

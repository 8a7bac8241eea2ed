//! How a handler's work ends without a reply of its own.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::call::{Code, Status};

/// Some of a handler's work panicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HandlerPanic;

/// Runs code of users, or of theirs that is generated: a panic ends its call, and nothing else. The caller does not
/// touch the work again and drops its state, so that nothing sees it broken.
pub(crate) fn catch_panic<T>(work: impl FnOnce() -> T) -> Result<T, HandlerPanic> {
    catch_unwind(AssertUnwindSafe(work)).map_err(|_| HandlerPanic)
}

impl From<HandlerPanic> for Status {
    /// INTERNAL.
    fn from(_: HandlerPanic) -> Self {
        Status::internal("the handler panicked")
    }
}

/// The end of a call whose time is over.
pub(crate) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the deadline passed while the call was served")
}

/// A handler that fails must not look as if it had answered.
pub(crate) fn reject_ok_code(status: Status) -> Status {
    match status.code() {
        Code::Ok => Status::internal("the handler failed with the code OK"),
        _ => status,
    }
}

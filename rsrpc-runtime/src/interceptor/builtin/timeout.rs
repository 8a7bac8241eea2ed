//! A deadline for calls that bring none.

use std::time::Duration;

use crate::call::Status;
use crate::interceptor::{Call, Interceptor, Next, Reply};

/// Gives calls without a deadline one: this far from when the interceptor runs.
///
/// On a server it bounds what clients may ask for by forgetting; on a channel it is sent along, like a timeout that
/// the caller set. It covers the whole call, to the last message of a stream.
#[derive(Debug, Clone, Copy)]
pub struct DefaultTimeout(Duration);

impl DefaultTimeout {
    /// Deadlines `timeout` from the call's start.
    pub fn new(timeout: Duration) -> Self {
        Self(timeout)
    }
}

impl Interceptor for DefaultTimeout {
    async fn intercept(&self, mut call: Call, next: Next) -> Result<Reply, Status> {
        if call.deadline().is_none() {
            call.limit_time(self.0);
        }
        next.run(call).await
    }
}

//! Default timeout of calls.

use std::time::Duration;

use crate::call::Status;
use crate::interceptor::{Call, Interceptor, Next, Reply};

/// Sets a deadline on calls that have none.
///
/// On a server, it limits calls whose clients set no deadline. On a channel, it is sent to the server like a timeout
/// set by the caller. It covers the whole call, up to the last message of a stream.
#[derive(Debug, Clone, Copy)]
pub struct DefaultTimeout(Duration);

impl DefaultTimeout {
    /// Sets the timeout, measured from the time the interceptor runs.
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

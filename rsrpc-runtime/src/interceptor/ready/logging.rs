//! One line for each call, through `tracing`.

use std::time::Instant;

use tracing::{Level, enabled};

use crate::call::{Code, MethodDescriptor, Peer, Status, now};
use crate::interceptor::{Call, Interceptor, Next, Reply};

/// Logs how each call ended: method, peer, code and time, for a stream when its last message has passed.
///
/// The target is `rsrpc::call`. Calls that end with OK, or with a code that blames the caller, are logged at INFO;
/// codes that blame the service (UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS, DEADLINE_EXCEEDED) at WARN. Metadata and
/// messages are never logged.
///
/// Install it behind an interceptor that refuses strangers, such as [`BearerAuth`](super::BearerAuth), and nothing is
/// logged of their calls.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logging(());

impl Logging {
    /// Logs every call.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Interceptor for Logging {
    async fn intercept(&self, call: Call, next: Next) -> Result<Reply, Status> {
        let mut entry = Entry {
            method: call.method(),
            peer: call.peer(),
            started: now(),
            deadline: call.deadline(),
            logged: false,
        };
        match next.run(call).await {
            Ok(mut reply) => {
                reply.on_end(move |outcome| entry.log(outcome));
                Ok(reply)
            }
            Err(status) => {
                entry.log(Err(&status));
                Err(status)
            }
        }
    }
}

struct Entry {
    method: &'static MethodDescriptor,
    peer: Peer,
    started: Instant,
    deadline: Option<Instant>,
    logged: bool,
}

impl Drop for Entry {
    /// A call that is abandoned before its reply ends without a word.
    fn drop(&mut self) {
        if !self.logged {
            let status = match self.deadline {
                Some(deadline) if now() >= deadline => Status::deadline_exceeded("dropped at its deadline"),
                _ => Status::cancelled("dropped by its caller"),
            };
            self.log(Err(&status));
        }
    }
}

impl Entry {
    fn log(&mut self, outcome: Result<(), &Status>) {
        self.logged = true;
        if !enabled!(target: "rsrpc::call", Level::WARN) {
            return;
        }
        let (code, message) =
            outcome.map_or_else(|status| (status.code(), status.message()), |()| (Code::Ok, ""));
        let (method, peer, elapsed) = (self.method.full_name(), self.peer, now() - self.started);
        if blames_service(code) {
            tracing::warn!(target: "rsrpc::call", method, %peer, %code, ?elapsed, message, "call");
        } else {
            tracing::info!(target: "rsrpc::call", method, %peer, %code, ?elapsed, message, "call");
        }
    }
}

fn blames_service(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown | Code::Internal | Code::Unavailable | Code::DataLoss | Code::DeadlineExceeded
    )
}

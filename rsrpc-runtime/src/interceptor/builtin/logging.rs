//! One line for each call, through `tracing`.

use crate::call::{Code, Status, now};
use crate::interceptor::{Call, Interceptor, Next, Reply};

/// Logs how each call ended: method, peer, code and time, for a stream when its last message has passed.
///
/// The target is `rsrpc::call`. Calls that end with OK, or with a code that blames the caller, are logged at INFO;
/// codes that blame the service (UNKNOWN, INTERNAL, UNAVAILABLE, DATA_LOSS, DEADLINE_EXCEEDED) at WARN. Fields: `method`, `peer`, `code`,
/// `elapsed`, and `error`, the status's message, where there is one. Metadata and messages are never logged.
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
    async fn intercept(&self, mut call: Call, next: Next) -> Result<Reply, Status> {
        let (method, peer, started) = (call.method().full_name(), call.peer().clone(), now());
        call.on_end(move |outcome| {
            let (code, error) = match outcome {
                Ok(()) => (Code::Ok, None),
                Err(status) => (
                    status.code(),
                    Some(status.message()).filter(|message| !message.is_empty()),
                ),
            };
            let elapsed = now() - started;
            if blames_service(code) {
                tracing::warn!(target: "rsrpc::call", method, %peer, %code, ?elapsed, error, "call");
            } else {
                tracing::info!(target: "rsrpc::call", method, %peer, %code, ?elapsed, error, "call");
            }
        });
        next.run(call).await
    }
}

fn blames_service(code: Code) -> bool {
    matches!(
        code,
        Code::Unknown | Code::Internal | Code::Unavailable | Code::DataLoss | Code::DeadlineExceeded
    )
}

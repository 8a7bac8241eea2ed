//! Call logging through `tracing`.

use crate::call::{Code, Status, now};
use crate::interceptor::{Call, Interceptor, Next, Reply};

/// Logs one event per call when it ends: method, peer, code and duration. A streaming call ends with its last message.
///
/// The target is `rsrpc::call`. The level is WARN for codes that indicate a fault of the service (UNKNOWN, INTERNAL,
/// UNAVAILABLE, DATA_LOSS, DEADLINE_EXCEEDED) and INFO for all others, including OK. Fields: `method`, `peer`, `code`,
/// `elapsed`, and `error` with the status message if it is not empty. Metadata and messages are never logged.
///
/// Add it after an interceptor that rejects unauthenticated calls, such as [`BearerAuth`](super::BearerAuth), to leave
/// those calls out of the log.
#[derive(Debug, Clone, Copy, Default)]
pub struct Logging(());

impl Logging {
    /// Creates the interceptor.
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

//! An interceptor with state: counts outcomes of calls.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rsrpc_runtime::interceptor::{Call, Interceptor, Next, Reply};
use rsrpc_runtime::{Code, Status};

/// Calls by method and code. Clones share the counts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outcomes(Arc<Mutex<BTreeMap<(&'static str, Code), Tally>>>);

/// Totals of calls with the same outcome.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Tally {
    pub(crate) calls: u64,
    pub(crate) time: Duration,
}

impl Interceptor for Outcomes {
    async fn intercept(&self, mut call: Call, next: Next) -> Result<Reply, Status> {
        let (outcomes, method, started) = (self.clone(), call.method().name(), Instant::now());
        // A stream ends with its last message, long after `next.run` has returned.
        call.on_end(move |outcome| {
            let code = outcome.map_or_else(Status::code, |()| Code::Ok);
            outcomes.add(method, code, started.elapsed());
        });
        next.run(call).await
    }
}

impl Outcomes {
    fn add(&self, method: &'static str, code: Code, time: Duration) {
        let mut tallies = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tally = tallies.entry((method, code)).or_default();
        tally.calls += 1;
        tally.time += time;
    }

    /// The counts so far.
    pub(crate) fn tallies(&self) -> BTreeMap<(&'static str, Code), Tally> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

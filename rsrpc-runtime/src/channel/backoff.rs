//! Exponential backoff between connection attempts, as specified by
//! [gRPC's connection backoff](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md).

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// Backoff after the first failure.
const INITIAL_BACKOFF: Duration = Duration::from_secs(1);
/// Upper bound of the backoff before jitter.
const MAX_BACKOFF: Duration = Duration::from_secs(120);
/// Growth of the backoff with each failure.
const BACKOFF_MULTIPLIER: f64 = 1.6;
/// Maximum random deviation, as a fraction of the backoff.
const BACKOFF_JITTER: f64 = 0.2;

/// Returns the backoff after `failures` consecutive failures: 1 s, then 1.6 times as long each, up to 120 s; ± 20 %.
pub(crate) fn backoff_after(failures: u32) -> Duration {
    let factor = BACKOFF_MULTIPLIER.powi(failures.saturating_sub(1).min(64) as i32);
    let pause = (INITIAL_BACKOFF.as_secs_f64() * factor).min(MAX_BACKOFF.as_secs_f64());
    Duration::from_secs_f64(pause * (1.0 - BACKOFF_JITTER + 2.0 * BACKOFF_JITTER * random_fraction()))
}

/// Returns a uniformly distributed number in 0..1, derived from the random seeds of the standard library's hash maps.
fn random_fraction() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backoff_grows_up_to_the_maximum() {
        let check = |failures, seconds: f64| {
            for _ in 0..100 {
                let pause = backoff_after(failures).as_secs_f64();
                assert!(
                    (0.8 * seconds..=1.2 * seconds).contains(&pause),
                    "{failures}: {pause}"
                );
            }
        };
        check(0, 1.0);
        check(1, 1.0);
        check(2, 1.6);
        check(3, 2.56);
        check(50, 120.0);
        check(u32::MAX, 120.0);
    }
}

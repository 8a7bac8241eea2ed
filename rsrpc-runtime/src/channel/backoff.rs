//! How long to wait between attempts to connect, after
//! [gRPC's connection backoff](https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md).

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(120);
const FACTOR: f64 = 1.6;
const JITTER: f64 = 0.2;

/// The pause after this many failures in a row; 1 s at first, then 1.6 times as long each, ± 20 %, up to 120 s.
pub(crate) fn pause_after(failures: u32) -> Duration {
    let factor = FACTOR.powi(failures.saturating_sub(1).min(64) as i32);
    let pause = (FIRST.as_secs_f64() * factor).min(LONGEST.as_secs_f64());
    Duration::from_secs_f64(pause * (1.0 - JITTER + 2.0 * JITTER * random_fraction()))
}

/// Evenly spread over 0..1; from the seeds that the standard library draws for its hash maps.
fn random_fraction() -> f64 {
    (RandomState::new().hash_one(0) >> 11) as f64 / (1u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_bound() {
        let check = |failures, seconds: f64| {
            for _ in 0..100 {
                let pause = pause_after(failures).as_secs_f64();
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

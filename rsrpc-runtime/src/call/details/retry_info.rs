//! Constructors and accessors of `google.rpc.RetryInfo`.

use std::time::Duration;

use super::RetryInfo;

/// Longest `google.protobuf.Duration` (duration.proto) in seconds: about 10,000 years.
const MAX_DELAY_SECONDS: u64 = 315_576_000_000;

impl RetryInfo {
    /// Asks the client to wait at least `delay` before it retries. Delays are capped at about 10,000 years.
    pub fn after(delay: Duration) -> Self {
        let delay = delay.min(Duration::from_secs(MAX_DELAY_SECONDS));
        Self {
            // The conversion cannot fail for durations within the cap.
            retry_delay: delay.try_into().ok(),
        }
    }

    /// Returns the minimum delay before a retry; `None` if it is unset or negative.
    pub fn delay(&self) -> Option<Duration> {
        // prost-types' own conversion overflows for some values that a peer can send.
        let delay = self.retry_delay?;
        let (seconds, nanos) = (u64::try_from(delay.seconds), u32::try_from(delay.nanos));
        Some(Duration::new(seconds.ok()?, nanos.ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delay_round_trips() {
        for (given, expected) in [
            (Duration::ZERO, Duration::ZERO),
            (Duration::from_millis(1_500), Duration::from_millis(1_500)),
            (Duration::MAX, Duration::from_secs(MAX_DELAY_SECONDS)),
        ] {
            assert_eq!(RetryInfo::after(given).delay(), Some(expected));
        }
    }

    #[test]
    fn invalid_retry_delay_is_none() {
        let said = |seconds, nanos| RetryInfo {
            retry_delay: Some(prost_types::Duration { seconds, nanos }),
        };
        assert_eq!(RetryInfo::default().delay(), None);
        assert_eq!(said(-1, 0).delay(), None);
        assert_eq!(said(1, -1).delay(), None);
        assert_eq!(said(i64::MIN, i32::MIN).delay(), None);
        // Valid although it is not normalized.
        assert_eq!(said(1, 1_500_000_000).delay(), Some(Duration::from_millis(2_500)));
        assert!(said(i64::MAX, i32::MAX).delay().is_some());
    }
}

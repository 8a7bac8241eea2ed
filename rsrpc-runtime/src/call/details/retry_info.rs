//! `google.rpc.RetryInfo`.

use std::time::Duration;

use super::RetryInfo;

/// The longest `google.protobuf.Duration` (duration.proto): some 10,000 years, in seconds.
const MAX_DELAY_SECONDS: u64 = 315_576_000_000;

impl RetryInfo {
    /// To be called again after this time at the earliest; the longest that can be said is some 10,000 years.
    pub fn after(delay: Duration) -> Self {
        let delay = delay.min(Duration::from_secs(MAX_DELAY_SECONDS));
        Self {
            // No duration of this size fails.
            retry_delay: delay.try_into().ok(),
        }
    }

    /// How long to wait at least; `None` where nothing is said of it, or nonsense: a negative time.
    pub fn delay(&self) -> Option<Duration> {
        // prost-types' own conversion overflows for some of what a peer may send.
        let delay = self.retry_delay?;
        let (seconds, nanos) = (u64::try_from(delay.seconds), u32::try_from(delay.nanos));
        Some(Duration::new(seconds.ok()?, nanos.ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_go_there_and_back() {
        for (given, expected) in [
            (Duration::ZERO, Duration::ZERO),
            (Duration::from_millis(1_500), Duration::from_millis(1_500)),
            (Duration::MAX, Duration::from_secs(MAX_DELAY_SECONDS)),
        ] {
            assert_eq!(RetryInfo::after(given).delay(), Some(expected));
        }
    }

    #[test]
    fn what_is_no_delay_is_none() {
        let said = |seconds, nanos| RetryInfo {
            retry_delay: Some(prost_types::Duration { seconds, nanos }),
        };
        assert_eq!(RetryInfo::default().delay(), None);
        assert_eq!(said(-1, 0).delay(), None);
        assert_eq!(said(1, -1).delay(), None);
        assert_eq!(said(i64::MIN, i32::MIN).delay(), None);
        // Not normal, but clear.
        assert_eq!(said(1, 1_500_000_000).delay(), Some(Duration::from_millis(2_500)));
        assert!(said(i64::MAX, i32::MAX).delay().is_some());
    }
}

//! The expected number of calls.

use std::fmt;
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};

/// The expected number of calls: a number (`2` means exactly twice) or a range (`1..`, `..=3`, `..`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Times {
    min: usize,
    max: Option<usize>,
}

impl Times {
    pub(super) const AT_LEAST_ONCE: Self = Self { min: 1, max: None };

    /// # Panics
    /// The range is empty.
    #[track_caller]
    fn between(min: usize, max: Option<usize>) -> Self {
        assert!(
            max.is_none_or(|max| min <= max),
            "the expected number of calls is an empty range"
        );
        Self { min, max }
    }

    pub(super) fn min(self) -> usize {
        self.min
    }

    pub(super) fn is_never(self) -> bool {
        self.max == Some(0)
    }

    /// Returns whether one more call after `calls` would be too many.
    pub(super) fn is_used_up(self, calls: usize) -> bool {
        self.max.is_some_and(|max| calls >= max)
    }
}

impl From<usize> for Times {
    fn from(times: usize) -> Self {
        Self::between(times, Some(times))
    }
}

impl From<Range<usize>> for Times {
    /// # Panics
    /// The range is empty.
    #[track_caller]
    fn from(range: Range<usize>) -> Self {
        assert!(
            !range.is_empty(),
            "the expected number of calls is an empty range"
        );
        Self::between(range.start, Some(range.end - 1))
    }
}

impl From<RangeInclusive<usize>> for Times {
    /// # Panics
    /// The range is empty.
    #[track_caller]
    fn from(range: RangeInclusive<usize>) -> Self {
        Self::between(*range.start(), Some(*range.end()))
    }
}

impl From<RangeFrom<usize>> for Times {
    fn from(range: RangeFrom<usize>) -> Self {
        Self::between(range.start, None)
    }
}

impl From<RangeTo<usize>> for Times {
    /// # Panics
    /// The range is empty.
    #[track_caller]
    fn from(range: RangeTo<usize>) -> Self {
        Self::from(0..range.end)
    }
}

impl From<RangeToInclusive<usize>> for Times {
    fn from(range: RangeToInclusive<usize>) -> Self {
        Self::between(0, Some(range.end))
    }
}

impl From<RangeFull> for Times {
    fn from(_: RangeFull) -> Self {
        Self::between(0, None)
    }
}

impl fmt::Display for Times {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (_, Some(0)) => f.write_str("never"),
            (0, None) => f.write_str("any number of times"),
            (min, None) => write!(f, "at least {}", TimesInWords(min)),
            (min, Some(max)) if min == max => write!(f, "exactly {}", TimesInWords(max)),
            (0, Some(max)) => write!(f, "at most {}", TimesInWords(max)),
            (min, Some(max)) => write!(f, "{min} to {max} times"),
        }
    }
}

/// Formats a number of calls as "once", "twice" or "3 times".
pub(super) struct TimesInWords(pub(super) usize);

impl fmt::Display for TimesInWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("never"),
            1 => f.write_str("once"),
            2 => f.write_str("twice"),
            times => write!(f, "{times} times"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_format_in_words() {
        fn check(times: impl Into<Times>, expected: &str) {
            assert_eq!(times.into().to_string(), expected);
        }
        check(0, "never");
        check(1, "exactly once");
        check(2, "exactly twice");
        check(.., "any number of times");
        check(3.., "at least 3 times");
        check(..=2, "at most twice");
        check(..2, "at most once");
        check(1..3, "1 to 2 times");
        check(2..=4, "2 to 4 times");
        check(..1, "never");
    }

    #[test]
    #[should_panic(expected = "empty range")]
    #[allow(clippy::reversed_empty_ranges)]
    fn empty_range_is_rejected() {
        let _ = Times::from(4..=2);
    }
}

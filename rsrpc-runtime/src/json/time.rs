//! `google.protobuf.Timestamp` (RFC 3339) and `google.protobuf.Duration` (`1.5s`).
//!
//! ProtoJSON: 0, 3, 6 or 9 fractional digits are written, up to nine are read. Timestamps are written in UTC and read
//! with any offset. Values outside the ranges of timestamp.proto and duration.proto are errors in both directions.

use std::fmt::Write;

use prost_types::{Duration, Timestamp};
use serde_core::de::{Deserializer, Visitor};
use serde_core::ser::Error as _;
use serde_core::{Serializer, de};

use super::scalar::scalar;
use super::scope::{Scope, invalid};
use super::value::{Json, Parsed, Shape};

const NANOS_PER_SECOND: i32 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;
/// Minimum timestamp: 0001-01-01T00:00:00Z.
const MIN_TIMESTAMP_SECONDS: i64 = -62_135_596_800;
/// Maximum timestamp, without its fraction: 9999-12-31T23:59:59Z.
const MAX_TIMESTAMP_SECONDS: i64 = 253_402_300_799;
/// Maximum duration, about 10,000 years. A fraction of a second may be added.
const MAX_DURATION_SECONDS: u64 = 315_576_000_000;
/// Days from 0000-03-01 to 1970-01-01.
const DAYS_TO_EPOCH: i64 = 719_468;
const DAYS_PER_ERA: i64 = 146_097;

/// Returns the days since 1970-01-01. Years start in March, so leap days come last.
/// <https://howardhinnant.github.io/date_algorithms.html#days_from_civil>
fn days_from_date(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * DAYS_PER_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - DAYS_TO_EPOCH
}

/// Returns the date of a day; the inverse of [`days_from_date`].
fn date_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + DAYS_TO_EPOCH;
    let era = days.div_euclid(DAYS_PER_ERA);
    let day_of_era = days.rem_euclid(DAYS_PER_ERA);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / (DAYS_PER_ERA - 1)) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}

/// A cursor that takes decimal digits from the front of a text.
struct DigitCursor<'a>(&'a [u8]);

impl DigitCursor<'_> {
    /// Takes exactly `count` digits.
    fn number(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |value, digit| {
            digit
                .is_ascii_digit()
                .then(|| value * 10 + i64::from(digit - b'0'))
        })
    }

    fn skip(&mut self, byte: u8) -> Option<()> {
        self.0 = self.0.strip_prefix(&[byte])?;
        Some(())
    }

    /// Takes an optional fraction: a point and one to nine digits.
    fn nanos(&mut self) -> Option<i32> {
        if self.skip(b'.').is_none() {
            return Some(0);
        }
        let count = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let digits = i32::try_from(self.number(count)?).ok()?;
        Some(digits * 10i32.pow(9 - u32::try_from(count).ok()?))
    }
}

/// Parses RFC 3339 section 5.6, with capital `T` and `Z` and without leap seconds.
fn parse_timestamp(text: &str) -> Option<Timestamp> {
    let mut cursor = DigitCursor(text.as_bytes());
    let year = cursor.number(4)?;
    cursor.skip(b'-')?;
    let month = cursor.number(2)?;
    cursor.skip(b'-')?;
    let day = cursor.number(2)?;
    cursor.skip(b'T')?;
    let hour = cursor.number(2)?;
    cursor.skip(b':')?;
    let minute = cursor.number(2)?;
    cursor.skip(b':')?;
    let second = cursor.number(2)?;
    let nanos = cursor.nanos()?;
    let offset = match *cursor.0 {
        [b'Z'] => 0,
        [sign @ (b'+' | b'-'), ref rest @ ..] => {
            cursor.0 = rest;
            let hours = cursor.number(2)?;
            cursor.skip(b':')?;
            let minutes = cursor.number(2)?;
            if hours > 23 || minutes > 59 || !cursor.0.is_empty() {
                return None;
            }
            (hours * 60 + minutes) * if sign == b'-' { -60 } else { 60 }
        }
        _ => return None,
    };
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_in_month = match month {
        4 | 6 | 9 | 11 => 30,
        2 if is_leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=days_in_month).contains(&day) || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let days = days_from_date(year, month, day);
    let seconds = days * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;
    (MIN_TIMESTAMP_SECONDS..=MAX_TIMESTAMP_SECONDS)
        .contains(&seconds)
        .then_some(Timestamp { seconds, nanos })
}

fn format_timestamp(timestamp: &Timestamp) -> Option<String> {
    let Timestamp { seconds, nanos } = *timestamp;
    if !(MIN_TIMESTAMP_SECONDS..=MAX_TIMESTAMP_SECONDS).contains(&seconds)
        || !(0..NANOS_PER_SECOND).contains(&nanos)
    {
        return None;
    }
    let (year, month, day) = date_from_days(seconds.div_euclid(SECONDS_PER_DAY));
    let second = seconds.rem_euclid(SECONDS_PER_DAY);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    let mut text = String::with_capacity(30);
    let _ = write!(
        text,
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"
    );
    push_nanos(nanos, &mut text);
    text.push('Z');
    Some(text)
}

/// Appends 0, 3, 6 or 9 digits; `nanos` must not be negative.
fn push_nanos(nanos: i32, text: &mut String) {
    let _ = match nanos {
        0 => Ok(()),
        _ if nanos % 1_000_000 == 0 => write!(text, ".{:03}", nanos / 1_000_000),
        _ if nanos % 1_000 == 0 => write!(text, ".{:06}", nanos / 1_000),
        _ => write!(text, ".{nanos:09}"),
    };
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (is_negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let mut cursor = DigitCursor(digits.strip_suffix('s')?.as_bytes());
    let count = cursor.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // The longest duration has 12 digits; more could overflow.
    if !(1..=12).contains(&count) {
        return None;
    }
    let seconds = cursor.number(count)?;
    let nanos = cursor.nanos()?;
    if !cursor.0.is_empty() {
        return None;
    }
    let duration = if is_negative {
        Duration {
            seconds: -seconds,
            nanos: -nanos,
        }
    } else {
        Duration { seconds, nanos }
    };
    is_valid_duration(&duration).then_some(duration)
}

fn is_valid_duration(duration: &Duration) -> bool {
    let Duration { seconds, nanos } = *duration;
    let same_sign = seconds == 0 || nanos == 0 || (seconds > 0) == (nanos > 0);
    same_sign
        && seconds.unsigned_abs() <= MAX_DURATION_SECONDS
        && nanos.unsigned_abs() < NANOS_PER_SECOND.unsigned_abs()
}

fn format_duration(duration: &Duration) -> Option<String> {
    if !is_valid_duration(duration) {
        return None;
    }
    let Duration { seconds, nanos } = *duration;
    let mut text = String::with_capacity(24);
    if seconds < 0 || nanos < 0 {
        text.push('-');
    }
    let _ = write!(text, "{}", seconds.unsigned_abs());
    push_nanos(nanos.abs(), &mut text);
    text.push('s');
    Some(text)
}

/// A visitor of a string with a specific format.
struct FormattedVisitor<T> {
    parse: fn(&str) -> Option<T>,
    expecting: &'static str,
}

impl<T> Visitor<'_> for FormattedVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.expecting)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let complaint = || invalid(text, format_args!("is not {}", self.expecting));
        (self.parse)(text).map(Some).ok_or_else(complaint)
    }
}

impl Json for Timestamp {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(
            self,
            scalar(
                input,
                FormattedVisitor {
                    parse: parse_timestamp,
                    expecting: "a timestamp in the years 1 to 9999, such as 1970-01-01T00:00:00Z",
                },
            )?,
        ))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        match format_timestamp(self) {
            Some(text) => output.serialize_str(&text),
            None => {
                let Self { seconds, nanos } = self;
                Err(S::Error::custom(format_args!(
                    "a timestamp of {seconds} s and {nanos} ns is out of range"
                )))
            }
        }
    }
}

impl Json for Duration {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(
            self,
            scalar(
                input,
                FormattedVisitor {
                    parse: parse_duration,
                    expecting: "a duration of at most 315576000000 s, such as 1.5s",
                },
            )?,
        ))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        match format_duration(self) {
            Some(text) => output.serialize_str(&text),
            None => {
                let Self { seconds, nanos } = self;
                Err(S::Error::custom(format_args!(
                    "a duration of {seconds} s and {nanos} ns is out of range"
                )))
            }
        }
    }
}

//! Parses the durations of `#[rpc(timeout = "…")]`.

use std::time::Duration;

/// Maximum of `google.protobuf.Duration` in seconds, 10,000 years.
const MAX_SECONDS: u64 = 315_576_000_000;

/// Parses a duration such as `500ms`, `2s` or `1m30s`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "`{text}` is not a duration; write a number with a unit, such as `\"500ms\"`, `\"2s\"`, `\"1m30s\"` \
             or `\"1h\"`"
        )
    };
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = match unit {
            "us" => Some(Duration::from_micros(number)),
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "h" => number.checked_mul(3600).map(Duration::from_secs),
            _ => None,
        };
        sum = part.and_then(|part| sum.checked_add(part)).ok_or_else(wrong)?;
        rest = behind.trim_start();
    }
    match sum {
        Duration::ZERO if text.is_empty() => Err(wrong()),
        Duration::ZERO => {
            Err("a timeout of zero would fail every call; leave it out for no timeout".to_owned())
        }
        sum if sum.as_secs() > MAX_SECONDS => Err(format!(
            "`{text}` exceeds the maximum of protobuf's `Duration`, 315576000000 seconds; leave it out for no \
             timeout"
        )),
        sum => Ok(sum),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(duration(text).ok(), expected.map(Duration::from_micros), "{text}");
        };
        check("500ms", Some(500_000));
        check("2s", Some(2_000_000));
        check("1m30s", Some(90_000_000));
        check("1m 30s", Some(90_000_000));
        check("1h", Some(3_600_000_000));
        check("7us", Some(7));
        check("315576000000s", Some(315_576_000_000_000_000));
        for wrong in [
            "",
            "5",
            "s",
            "1.5s",
            "-1s",
            "2 s",
            "1d",
            "0s",
            " 1s",
            "99999999999999999999s",
            "18446744073709551615h",
            "18446744073709551615s",
            "315576000001s",
        ] {
            check(wrong, None);
        }
    }
}

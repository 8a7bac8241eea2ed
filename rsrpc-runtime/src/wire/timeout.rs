//! The `grpc-timeout` format that gRPC and JSON-RPC share: at most eight digits and a unit.

use std::time::Duration;

use http::{HeaderName, HeaderValue};

use super::quote_header_value;

pub(crate) const TIMEOUT_NAME: &str = "grpc-timeout";
pub(crate) const TIMEOUT_HEADER: HeaderName = HeaderName::from_static(TIMEOUT_NAME);

/// Parses a timeout. A value that exceeds the range of [`Duration`] becomes the longest one.
///
/// The error describes the invalid value.
pub(crate) fn parse_timeout(value: &HeaderValue) -> Result<Duration, String> {
    let text = value.as_bytes();
    let wrong = || {
        let quoted = quote_header_value(value);
        format!("invalid grpc-timeout {quoted}: expected 1 to 8 digits and a unit (H, M, S, m, u or n)")
    };
    let (unit, digits) = text.split_last().ok_or_else(wrong)?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return Err(wrong());
    }
    let amount = digits
        .iter()
        .fold(0, |sum, digit| sum * 10 + u64::from(digit - b'0'));
    match unit {
        b'H' => Ok(Duration::from_secs(amount * 3600)),
        b'M' => Ok(Duration::from_secs(amount * 60)),
        b'S' => Ok(Duration::from_secs(amount)),
        b'm' => Ok(Duration::from_millis(amount)),
        b'u' => Ok(Duration::from_micros(amount)),
        b'n' => Ok(Duration::from_nanos(amount)),
        _ => Err(wrong()),
    }
}

/// Formats a timeout in the finest unit that needs at most eight digits. Rounds up, so the peer does not give up
/// before this side does.
pub(crate) fn format_timeout(timeout: Duration) -> HeaderValue {
    const MAX_AMOUNT: u128 = 99_999_999;
    let nanos = timeout.as_nanos();
    let units = [
        ('n', 1),
        ('u', 1_000),
        ('m', 1_000_000),
        ('S', 1_000_000_000),
        ('M', 60_000_000_000),
    ];
    let fitting = units
        .iter()
        .map(|(unit, size)| (*unit, nanos.div_ceil(*size)))
        .find(|(_, amount)| *amount <= MAX_AMOUNT);
    let (unit, amount) = fitting.unwrap_or(('H', nanos.div_ceil(3_600_000_000_000).min(MAX_AMOUNT)));
    HeaderValue::try_from(format!("{amount}{unit}")).expect("digits and a letter are a valid header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_parsed() {
        let check = |text, expected: Option<Duration>| {
            assert_eq!(
                parse_timeout(&HeaderValue::from_static(text)).ok(),
                expected,
                "{text:?}"
            );
        };
        check("1S", Some(Duration::from_secs(1)));
        check("500m", Some(Duration::from_millis(500)));
        check("0n", Some(Duration::ZERO));
        check("99999999H", Some(Duration::from_secs(99_999_999 * 3600)));
        check("2M", Some(Duration::from_secs(120)));
        check("3u", Some(Duration::from_micros(3)));
        for wrong in [
            "",
            "S",
            "1",
            "1s",
            "123456789S",
            "-1S",
            "+1S",
            " 1S",
            "1.5S",
            "1SS",
        ] {
            check(wrong, None);
        }
    }

    #[test]
    fn invalid_timeout_is_quoted_in_part() {
        // Each of these characters would take nine bytes if it were escaped as one.
        let value = HeaderValue::from_bytes("\u{965b7}".repeat(100).as_bytes()).unwrap();
        let error = parse_timeout(&value).unwrap_err();
        let quoted = r"\xf2\x96\x96\xb7".repeat(8);
        let expected = "expected 1 to 8 digits and a unit (H, M, S, m, u or n)";
        assert_eq!(error, format!("invalid grpc-timeout \"{quoted}\": {expected}"));
    }

    #[test]
    fn timeouts_are_rounded_up() {
        let check = |timeout, expected| assert_eq!(format_timeout(timeout), expected);
        check(Duration::ZERO, "0n");
        check(Duration::from_nanos(99_999_999), "99999999n");
        check(Duration::from_nanos(100_000_001), "100001u");
        check(Duration::from_secs(1), "1000000u");
        check(Duration::from_secs(100), "100000m");
        check(Duration::from_secs(1_000_000), "1000000S");
        check(Duration::MAX, "99999999H");
    }
}

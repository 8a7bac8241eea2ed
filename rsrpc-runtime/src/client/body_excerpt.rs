//! Excerpts of response bodies that are not in the channel's protocol, for status messages.

use std::time::Duration;

/// Maximum number of bytes in an excerpt.
pub(crate) const MAX_EXCERPT_BYTES: usize = 256;
/// Maximum time to wait for the bytes of an excerpt.
pub(crate) const EXCERPT_TIMEOUT: Duration = Duration::from_secs(1);

/// Returns the beginning of a body in quotes, with unprintable characters escaped.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(MAX_EXCERPT_BYTES)]);
    let ellipsis = if body.len() > MAX_EXCERPT_BYTES { "…" } else { "" };
    format!("{:?}{ellipsis}", text.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_printable() {
        let check = |body: &[u8], expected: &str| assert_eq!(excerpt(body), expected);
        check(b"", "\"\"");
        check(b"<h1>no \"way\"</h1>\n", "\"<h1>no \\\"way\\\"</h1>\"");
        check(b"\x1b[2J\xff", "\"\\u{1b}[2J\u{fffd}\"");
        check(&[b'a'; 1000], &format!("\"{}\"…", "a".repeat(MAX_EXCERPT_BYTES)));
    }
}

//! What is shown of an answer that is none.

/// Bytes that are shown.
pub(crate) const SHOWN: usize = 256;

/// The beginning of a body, for a status: in quotes, with what is not printable escaped.
pub(crate) fn excerpt(body: &[u8]) -> String {
    let shown = String::from_utf8_lossy(&body[..body.len().min(SHOWN)]);
    let more = if body.len() > SHOWN { "…" } else { "" };
    format!("{:?}{more}", shown.trim())
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
        check(&[b'a'; 1000], &format!("\"{}\"…", "a".repeat(SHOWN)));
    }
}

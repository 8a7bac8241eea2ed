//! JSON strings ([RFC 8259 §7](https://www.rfc-editor.org/rfc/rfc8259#section-7)): finds where they end and resolves
//! their escapes.

use std::borrow::Cow;

/// The text between a string's quotes, with valid escapes that are not resolved yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::wire::jsonrpc) struct RawString<'a> {
    raw: &'a str,
    is_escaped: bool,
}

impl<'a> RawString<'a> {
    /// Wraps the text between the quotes. Its escapes must be valid.
    pub(super) fn new(raw: &'a str, is_escaped: bool) -> Self {
        Self { raw, is_escaped }
    }

    /// Converts a valid JSON value; `None` if it is not a string.
    pub(in crate::wire::jsonrpc) fn of_value(value: &'a str) -> Option<Self> {
        let raw = value.strip_prefix('"')?.strip_suffix('"')?;
        Some(Self {
            raw,
            is_escaped: raw.contains('\\'),
        })
    }

    /// Returns the text with all escapes resolved.
    pub(in crate::wire::jsonrpc) fn text(&self) -> Cow<'a, str> {
        if self.is_escaped {
            Cow::Owned(unescape(self.raw))
        } else {
            Cow::Borrowed(self.raw)
        }
    }

    /// Returns `true` if the string equals `text` after resolving escapes.
    pub(in crate::wire::jsonrpc) fn is(&self, text: &str) -> bool {
        if self.is_escaped {
            self.text() == text
        } else {
            self.raw == text
        }
    }
}

/// Resolves escapes that were already validated.
#[cold]
fn unescape(raw: &str) -> String {
    let mut text = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((plain, escaped)) = rest.split_once('\\') {
        text.push_str(plain);
        let mut characters = escaped.chars();
        match characters.next() {
            Some('b') => text.push('\u{8}'),
            Some('f') => text.push('\u{c}'),
            Some('n') => text.push('\n'),
            Some('r') => text.push('\r'),
            Some('t') => text.push('\t'),
            Some('u') => {
                let (character, after) = unescape_unicode(characters.as_str());
                text.push(character);
                characters = after.chars();
            }
            Some(itself) => text.push(itself),
            None => {}
        }
        rest = characters.as_str();
    }
    text.push_str(rest);
    text
}

/// Decodes `XXXX` or `XXXX\uXXXX` at the start. Returns the character and the remaining text.
fn unescape_unicode(hex: &str) -> (char, &str) {
    let unit = |text: &str| u32::from_str_radix(text.get(..4).unwrap_or_default(), 16).unwrap_or_default();
    let (high, after) = (unit(hex), hex.get(4..).unwrap_or_default());
    if let Some(character) = char::from_u32(high) {
        return (character, after);
    }
    let low = unit(after.get(2..).unwrap_or_default());
    let pair = 0x10000 + ((high & 0x3ff) << 10 | low & 0x3ff);
    (
        char::from_u32(pair).unwrap_or(char::REPLACEMENT_CHARACTER),
        after.get(6..).unwrap_or_default(),
    )
}

/// Returns the number of leading bytes that are not a quote, a backslash or a control character. Checks eight at a
/// time.
pub(super) fn plain_length(bytes: &[u8]) -> usize {
    const LOW: u64 = u64::from_ne_bytes([0x01; 8]);
    const HIGH: u64 = u64::from_ne_bytes([0x80; 8]);
    // Sets the high bit of each byte below `limit`. Bits above the first match may be wrong.
    let below = |word: u64, limit: u8| word.wrapping_sub(LOW * u64::from(limit)) & !word & HIGH;
    let mut length = 0;
    let mut rest = bytes;
    while let Some((chunk, after)) = rest.split_first_chunk::<8>() {
        let word = u64::from_le_bytes(*chunk);
        let found = below(word, b' ')
            | below(word ^ (LOW * u64::from(b'"')), 1)
            | below(word ^ (LOW * u64::from(b'\\')), 1);
        if found != 0 {
            return length + (found.trailing_zeros() / 8) as usize;
        }
        length += 8;
        rest = after;
    }
    length
        + rest
            .iter()
            .take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f))
            .count()
}

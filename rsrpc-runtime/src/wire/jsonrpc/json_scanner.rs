//! A strict one-pass JSON scanner. It validates a text ([RFC 8259](https://www.rfc-editor.org/rfc/rfc8259)) and
//! locates its parts.
//!
//! serde_json's `RawValue` checks neither depth nor surrogates. Its errors also stop the parse before the remaining
//! text is validated. This scanner does not recurse, runs in linear time, and copies nothing. Escapes in strings are
//! resolved on demand.

mod string;

pub(super) use string::RawString;
use string::plain_length;

/// Maximum nesting depth of arrays and objects. The outermost one is level 1.
pub(super) const MAX_DEPTH: u32 = 128;

/// The error for a text that is not JSON or nests too deep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct JsonSyntaxError;

type Result<T> = std::result::Result<T, JsonSyntaxError>;

/// A cursor that moves over a text from start to end.
pub(super) struct JsonScanner<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> JsonScanner<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    /// Skips whitespace and returns the next byte without consuming it.
    pub(super) fn peek(&mut self) -> Option<u8> {
        while let Some(byte) = self.byte() {
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Checks that only whitespace follows.
    pub(super) fn end(&mut self) -> Result<()> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(JsonSyntaxError),
        }
    }

    /// Consumes a complete value, which `around` arrays and objects enclose.
    pub(super) fn value(&mut self, around: u32) -> Result<&'a str> {
        let first = self.peek();
        let start = self.at;
        let mut open = BracketStack::new(around);
        let mut next = first;
        loop {
            match next.ok_or(JsonSyntaxError)? {
                b'{' => {
                    self.at += 1;
                    open.push(true)?;
                    if self.peek() != Some(b'}') {
                        self.key()?;
                        next = self.peek();
                        continue;
                    }
                }
                b'[' => {
                    self.at += 1;
                    open.push(false)?;
                    next = self.peek();
                    if next != Some(b']') {
                        continue;
                    }
                }
                _ => self.scalar()?,
            }
            // A value has ended, or an empty array or object is about to. Close all brackets that end here, up to the
            // next value. A comma cannot follow an opening bracket here: it was rejected as a value above.
            loop {
                let Some(is_object) = open.innermost() else {
                    return self.since(start);
                };
                match (self.peek().ok_or(JsonSyntaxError)?, is_object) {
                    (b'}', true) | (b']', false) => {
                        self.at += 1;
                        open.pop();
                    }
                    (b',', is_object) => {
                        self.at += 1;
                        if is_object {
                            self.key()?;
                        }
                        next = self.peek();
                        break;
                    }
                    _ => return Err(JsonSyntaxError),
                }
            }
        }
    }

    /// Consumes an object and calls `member` for each of its members. The text must start with the opening brace.
    pub(super) fn object(
        &mut self,
        around: u32,
        mut member: impl FnMut(RawString<'a>, &'a str),
    ) -> Result<()> {
        self.take(b'{')?;
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            let key = self.key()?;
            let value = self.value(around + 1)?;
            member(key, value);
            if self.is_last(b'}')? {
                return Ok(());
            }
        }
    }

    /// Consumes an array and calls `element` for each element. `element` must consume one value.
    pub(super) fn array(&mut self, mut element: impl FnMut(&mut Self) -> Result<()>) -> Result<()> {
        self.take(b'[')?;
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            element(self)?;
            if self.is_last(b']')? {
                return Ok(());
            }
        }
    }

    /// Consumes the byte after an element: a comma or the closing bracket. Returns `true` for the bracket.
    fn is_last(&mut self, closing: u8) -> Result<bool> {
        let next = self.peek();
        self.at += 1;
        match next {
            Some(b',') => Ok(false),
            Some(byte) if byte == closing => Ok(true),
            _ => Err(JsonSyntaxError),
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn since(&self, start: usize) -> Result<&'a str> {
        self.text.get(start..self.at).ok_or(JsonSyntaxError)
    }

    fn take(&mut self, expected: u8) -> Result<()> {
        if self.peek() == Some(expected) {
            self.at += 1;
            return Ok(());
        }
        Err(JsonSyntaxError)
    }

    /// Consumes a member name and its colon.
    fn key(&mut self) -> Result<RawString<'a>> {
        self.peek();
        let key = self.string()?;
        self.take(b':')?;
        Ok(key)
    }

    fn scalar(&mut self) -> Result<()> {
        match self.byte() {
            Some(b'"') => self.string().map(drop),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b't') => self.literal(b"true"),
            Some(b'f') => self.literal(b"false"),
            Some(b'n') => self.literal(b"null"),
            _ => Err(JsonSyntaxError),
        }
    }

    fn literal(&mut self, literal: &[u8]) -> Result<()> {
        let ahead = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !ahead.starts_with(literal) {
            return Err(JsonSyntaxError);
        }
        self.at += literal.len();
        Ok(())
    }

    /// Consumes a number (RFC 8259 §6).
    fn number(&mut self) -> Result<()> {
        if self.byte() == Some(b'-') {
            self.at += 1;
        }
        if self.byte() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.byte() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.byte() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }

    /// Consumes one or more digits.
    fn digits(&mut self) -> Result<()> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.byte() {
            self.at += 1;
        }
        if self.at == start {
            Err(JsonSyntaxError)
        } else {
            Ok(())
        }
    }

    /// Consumes a string (RFC 8259 §7). Rejects unpaired surrogates, which are not valid Unicode text.
    pub(super) fn string(&mut self) -> Result<RawString<'a>> {
        if self.byte() != Some(b'"') {
            return Err(JsonSyntaxError);
        }
        self.at += 1;
        let start = self.at;
        let mut is_escaped = false;
        loop {
            let ahead = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at += plain_length(ahead);
            match self.byte() {
                Some(b'"') => {
                    let raw = self.since(start)?;
                    self.at += 1;
                    return Ok(RawString::new(raw, is_escaped));
                }
                Some(b'\\') => {
                    is_escaped = true;
                    self.escape()?;
                }
                // A control character or the end of the text.
                _ => return Err(JsonSyntaxError),
            }
        }
    }

    fn escape(&mut self) -> Result<()> {
        self.at += 1;
        let escape = self.byte().ok_or(JsonSyntaxError)?;
        self.at += 1;
        match escape {
            b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => Ok(()),
            b'u' => match self.hex4()? {
                0xd800..=0xdbff => {
                    self.literal(b"\\u")?;
                    match self.hex4()? {
                        0xdc00..=0xdfff => Ok(()),
                        _ => Err(JsonSyntaxError),
                    }
                }
                0xdc00..=0xdfff => Err(JsonSyntaxError),
                _ => Ok(()),
            },
            _ => Err(JsonSyntaxError),
        }
    }

    fn hex4(&mut self) -> Result<u32> {
        let ahead = self.text.as_bytes().get(self.at..).unwrap_or_default();
        let digits: &[u8; 4] = ahead.first_chunk().ok_or(JsonSyntaxError)?;
        self.at += 4;
        digits.iter().try_fold(0, |value, digit| {
            let digit = char::from(*digit).to_digit(16).ok_or(JsonSyntaxError)?;
            Ok(value << 4 | digit)
        })
    }
}

/// A stack of open brackets with one bit each: set for a brace.
struct BracketStack {
    around: u32,
    depth: u32,
    objects: u128,
}

impl BracketStack {
    fn new(around: u32) -> Self {
        Self {
            around,
            depth: 0,
            objects: 0,
        }
    }

    fn push(&mut self, is_object: bool) -> Result<()> {
        if self.around + self.depth >= MAX_DEPTH {
            return Err(JsonSyntaxError);
        }
        self.objects = self.objects << 1 | u128::from(is_object);
        self.depth += 1;
        Ok(())
    }

    fn pop(&mut self) {
        self.objects >>= 1;
        self.depth = self.depth.saturating_sub(1);
    }

    /// Returns `true` if the innermost bracket is a brace, and `None` if no bracket is open.
    fn innermost(&self) -> Option<bool> {
        (self.depth > 0).then_some(self.objects & 1 == 1)
    }
}

#[cfg(test)]
mod tests;

//! The id that ties an answer to its request.

/// An id as it was written: a number keeps its digits and exponent, a string its escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id<'a>(&'a str);

impl<'a> Id<'a> {
    /// For answers to what has no id that could be read
    /// ([JSON-RPC 2.0 §5](https://www.jsonrpc.org/specification#response_object)).
    pub(crate) const NULL: Id<'static> = Id("null");

    /// An id from a valid JSON value: a string, a number or null; nothing else is one (§4).
    pub(super) fn of_value(value: &'a str) -> Option<Self> {
        (value == "null" || value.starts_with(|first: char| matches!(first, '"' | '-' | '0'..='9')))
            .then_some(Self(value))
    }

    /// The JSON value.
    pub(crate) fn as_str(&self) -> &'a str {
        self.0
    }
}

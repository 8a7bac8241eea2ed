//! The id that matches a response to its request.

/// An id in its original spelling: a number keeps its digits and exponent, a string its escapes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Id<'a>(&'a str);

impl<'a> Id<'a> {
    /// The id of a response to a request without a readable id ([JSON-RPC 2.0
    /// §5](https://www.jsonrpc.org/specification#response_object)).
    pub(crate) const NULL: Id<'static> = Id("null");

    /// Converts a valid JSON value to an id. Only a string, a number or null is an id (§4).
    pub(super) fn of_value(value: &'a str) -> Option<Self> {
        (value == "null" || value.starts_with(|first: char| matches!(first, '"' | '-' | '0'..='9')))
            .then_some(Self(value))
    }

    /// Returns the JSON value.
    pub(crate) fn as_str(&self) -> &'a str {
        self.0
    }
}

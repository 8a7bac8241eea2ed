//! Texts with gaps.

/// The fixed parts of a text in order.
#[derive(PartialEq)]
pub(crate) struct Pattern(Vec<String>);

impl Pattern {
    pub(crate) fn new(parts: impl IntoIterator<Item = String>) -> Self {
        let parts = parts.into_iter().map(|part| words(&part));
        Self(parts.filter(|part| !part.is_empty()).collect())
    }

    /// Returns true if a text contains all parts in order.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        let mut rest = text;
        self.0.iter().all(|part| match rest.find(part.as_str()) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }

    /// Length of the fixed parts.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }
}

/// Joins a text to one line.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

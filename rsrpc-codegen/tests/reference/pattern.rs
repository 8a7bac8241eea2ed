//! Texts with gaps.

/// The parts of a text between its gaps, in their order.
#[derive(PartialEq)]
pub(crate) struct Pattern(Vec<String>);

impl Pattern {
    pub(crate) fn new(parts: impl IntoIterator<Item = String>) -> Self {
        let parts = parts.into_iter().map(|part| words(&part));
        Self(parts.filter(|part| !part.is_empty()).collect())
    }

    /// Whether a text holds all parts, one behind the other.
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

    /// How much of it is no gap.
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(String::len).sum()
    }
}

/// A text in one line.
pub(crate) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

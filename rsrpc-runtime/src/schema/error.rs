//! What is wrong with a schema.

/// Why a schema cannot be written as `.proto` files: everything that is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.problems.join("\n"))]
#[non_exhaustive]
pub struct SchemaError {
    problems: Vec<String>,
}

impl SchemaError {
    pub(super) fn new(problems: Vec<String>) -> Self {
        Self { problems }
    }

    /// A sentence for each problem.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

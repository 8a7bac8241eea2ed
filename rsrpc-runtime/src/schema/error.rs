//! Schema errors.

/// A list of all problems that prevent writing a schema as `.proto` files.
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

    /// Returns one message per problem.
    pub fn problems(&self) -> &[String] {
        &self.problems
    }
}

//! Errors and warnings about an input, with their positions.

use std::fmt;

/// Parts of the errors that report a fault of the generator itself. Validation must refuse every input before one of
/// them; fuzz targets and tests with hostile input assert that.
#[doc(hidden)]
pub const INTERNAL_ERRORS: [&str; 3] = [
    "prost-build failed on this input",
    "wrote invalid Rust",
    "prost-build's output lacks",
];

/// The severity of a [`Diagnostic`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Severity {
    /// No code is generated.
    Error,
    /// Code is generated, but the author should act.
    Warning,
}

/// One error or warning. `Display` writes it on one line: `a.proto:3:5: message`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    severity: Severity,
    file: Option<String>,
    position: Option<(usize, usize)>,
    element: Option<String>,
    message: String,
}

impl Diagnostic {
    /// Creates an error without a position.
    pub fn error(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            severity: Severity::Error,
            file: None,
            position: None,
            element: None,
            message,
        }
    }

    pub(crate) fn warning(message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(message)
        }
    }

    /// The file of the problem, by its import name.
    #[must_use]
    pub fn in_file(mut self, file: impl Into<String>) -> Self {
        self.file = Some(file.into());
        self
    }

    /// Line and column, both counted from 1.
    #[must_use]
    pub fn at(mut self, line: usize, column: usize) -> Self {
        self.position = Some((line, column));
        self
    }

    /// Sets the full name of the affected element, which is shown if the position is unknown.
    #[must_use]
    pub(crate) fn about(mut self, element: impl Into<String>) -> Self {
        self.element = Some(element.into());
        self
    }

    /// Error or warning.
    pub fn severity(&self) -> Severity {
        self.severity
    }

    /// The file of the problem, by its import name.
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// Line and column, both counted from 1.
    pub fn position(&self) -> Option<(usize, usize)> {
        self.position
    }

    /// Returns the message, without position.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.file, self.position, &self.element) {
            (Some(file), Some((line, column)), _) => write!(f, "{file}:{line}:{column}: ")?,
            (Some(file), None, Some(element)) => write!(f, "{file}: {element}: ")?,
            (Some(file), None, None) => write!(f, "{file}: ")?,
            (None, _, Some(element)) => write!(f, "{element}: ")?,
            (None, _, None) => {}
        }
        if self.severity == Severity::Warning {
            f.write_str("warning: ")?;
        }
        f.write_str(&self.message)
    }
}

/// All errors of one input, one per line.
#[derive(Clone, PartialEq, Eq)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(crate) fn new(list: Vec<Diagnostic>) -> Self {
        Self { list }
    }

    /// Returns the diagnostics in file order.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.list.iter()
    }
}

impl FromIterator<Diagnostic> for Diagnostics {
    fn from_iter<I: IntoIterator<Item = Diagnostic>>(diagnostics: I) -> Self {
        Self {
            list: diagnostics.into_iter().collect(),
        }
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self {
            list: vec![diagnostic],
        }
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, diagnostic) in self.list.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            diagnostic.fmt(f)?;
        }
        Ok(())
    }
}

/// Formats like `Display`, because a build script that returns the error prints `Debug`.
impl fmt::Debug for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Diagnostics {}

#[cfg(test)]
mod internal_errors {
    /// A reworded error would escape the tests that look for it.
    #[test]
    fn internal_errors_are_in_the_sources() {
        let sources = [
            include_str!("prost.rs"),
            include_str!("format.rs"),
            include_str!("input/model_builder.rs"),
        ];
        for error in super::INTERNAL_ERRORS {
            assert!(sources.iter().any(|source| source.contains(error)), "{error}");
        }
    }
}

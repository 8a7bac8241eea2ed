//! Problems found while a file is lowered.

use crate::Severity;

/// What is wrong with a file's features, or what its author should know.
pub(super) struct EditionFinding {
    pub(super) severity: Severity,
    pub(super) place: Vec<i32>,
    /// The element's full name.
    pub(super) element: String,
    pub(super) message: String,
}

//! Problems found while a file is lowered.

use crate::Severity;

/// An error or warning about a file's features.
pub(super) struct EditionFinding {
    pub(super) severity: Severity,
    pub(super) place: Vec<i32>,
    /// The element's full name.
    pub(super) element: String,
    pub(super) message: String,
}

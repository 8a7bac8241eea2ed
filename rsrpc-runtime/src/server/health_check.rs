//! The health of the whole server.

use std::fmt;

/// A check of whether the server as a whole accepts calls. Set by the health service.
#[derive(Default)]
pub(crate) struct HealthCheck(pub(super) Option<Box<dyn Fn() -> bool + Send + Sync>>);

impl HealthCheck {
    /// Returns true if no check is set.
    pub(crate) fn is_serving(&self) -> bool {
        self.0.as_ref().is_none_or(|is_serving| is_serving())
    }
}

impl fmt::Debug for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HealthCheck")
            .field("is_serving", &self.is_serving())
            .finish()
    }
}

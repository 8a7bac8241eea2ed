//! The health of the server as a whole.

use std::fmt;

/// Whether the server as a whole wants calls, as far as a service says so.
#[derive(Default)]
pub(crate) struct HealthCheck(pub(super) Option<Box<dyn Fn() -> bool + Send + Sync>>);

impl HealthCheck {
    /// True where nothing is known.
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

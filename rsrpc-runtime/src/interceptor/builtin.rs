//! Built-in interceptors.

mod bearer;
mod logging;
mod timeout;

pub use bearer::{BearerAuth, BearerToken};
pub use logging::Logging;
pub use timeout::DefaultTimeout;

//! Built-in services, service mocks, and type-erased services.

mod dynamic;
#[cfg(feature = "health")]
pub mod health;
#[cfg(all(feature = "client", feature = "server"))]
mod memory;
pub mod mock;
#[cfg(feature = "reflection")]
pub mod reflection;

pub use dynamic::{DynService, Outcome};
#[cfg(all(feature = "client", feature = "server"))]
pub use memory::in_memory;

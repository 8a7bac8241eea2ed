//! The runtime of rsrpc: what serves and calls the services that the generator or the macros made.

mod call;
pub mod interceptor;
#[cfg(feature = "jsonrpc")]
pub mod json;
#[cfg(feature = "server")]
pub mod server;
pub mod transport;
mod wire;

pub use call::*;
#[cfg(feature = "server")]
pub use server::Server;
pub use {prost, prost_types};

//! The runtime of rsrpc: what serves and calls the services that the generator or the macros made.

mod call;
pub mod interceptor;
mod wire;

pub use call::*;
pub use {prost, prost_types};

//! The runtime of rsrpc.

mod call;
#[cfg(feature = "jsonrpc")]
pub mod json;

pub use call::*;
pub use {prost, prost_types};

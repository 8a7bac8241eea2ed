//! The runtime of rsrpc.

mod call;

pub use call::*;
pub use {prost, prost_types};

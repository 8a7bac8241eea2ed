//! What the fuzz targets in `tests/` do with an input. Each takes anything at all, and panics where something does not
//! hold: nothing here may depend on more than the input.

mod envelope;
mod headers;
mod jsonrpc;
mod plugin;
mod seeds;
mod service;
mod target;

pub use envelope::envelope;
pub use headers::{grpc_timeout, metadata};
pub use jsonrpc::jsonrpc;
pub use plugin::plugin;
pub use seeds::seeds;
pub use target::target;

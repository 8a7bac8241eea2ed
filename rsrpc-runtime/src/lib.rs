//! The runtime of rsrpc: what serves and calls the services that the generator or the macros made.

mod call;
#[cfg(feature = "client")]
mod channel;
#[cfg(feature = "client")]
pub mod client;
pub mod generated;
pub mod interceptor;
#[cfg(feature = "jsonrpc")]
pub mod json;
#[cfg(feature = "server")]
pub mod server;
pub mod transport;
mod wire;

pub use call::*;
#[cfg(feature = "client")]
pub use client::{Channel, Protocol};
pub use interceptor::Interceptor;
#[cfg(feature = "server")]
pub use server::Server;
pub use {prost, prost_types};

/// Brings in what `rsrpc-build` made of a proto package: `include_proto!("helloworld")`.
///
/// The package's file lies in Cargo's `OUT_DIR`; for files elsewhere, declare a module with `#[path]`.
#[macro_export]
macro_rules! include_proto {
    ($package:tt) => {
        include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));
    };
}

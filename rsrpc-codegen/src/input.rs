//! The inputs that a model is made from: encoded file descriptors, and Rust traits.

#[cfg(feature = "proto")]
mod build;
#[cfg(feature = "proto")]
pub(crate) mod descriptor;
#[cfg(feature = "proto")]
mod editions;
#[cfg(feature = "proto")]
pub(crate) mod features;
#[cfg(feature = "proto")]
mod files;
#[cfg(feature = "proto")]
mod json_names;
#[cfg(feature = "proto")]
mod method_options;
#[cfg(feature = "proto")]
pub mod plugin;
#[cfg(feature = "proto")]
mod required;
mod service_trait;
#[cfg(feature = "proto")]
pub(crate) mod walk;

#[cfg(feature = "proto")]
pub(crate) use build::{empty_part, packages, part};
#[cfg(feature = "proto")]
pub(crate) use files::{ElementKind, Files, Source, to_i32};
#[cfg(feature = "proto")]
pub(crate) use json_names::json_names;
#[cfg(feature = "proto")]
pub(crate) use method_options::method_options;
#[cfg(feature = "proto")]
pub use method_options::{OPTIONS_PROTO, OPTIONS_PROTO_NAME};
pub use service_trait::{Errors, service_trait};

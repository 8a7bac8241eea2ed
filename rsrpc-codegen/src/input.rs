//! Reads the inputs of the generator, file descriptors and Rust traits, into the model.

#[cfg(feature = "proto")]
pub(crate) mod definitions;
#[cfg(feature = "proto")]
pub(crate) mod descriptor;
#[cfg(feature = "proto")]
mod editions;
#[cfg(feature = "proto")]
pub(crate) mod features;
#[cfg(feature = "proto")]
mod files;
#[cfg(feature = "proto")]
mod finding;
#[cfg(feature = "proto")]
mod json_names;
#[cfg(feature = "proto")]
mod method_options;
#[cfg(feature = "proto")]
mod model_builder;
#[cfg(feature = "proto")]
mod name_lengths;
#[cfg(feature = "proto")]
pub mod plugin;
#[cfg(feature = "proto")]
mod required_cycles;
mod service_trait;

#[cfg(feature = "proto")]
pub(crate) use descriptor::path::to_i32;
#[cfg(feature = "proto")]
pub(crate) use files::{ElementKind, Files, SourceFile};
#[cfg(feature = "proto")]
pub(crate) use json_names::json_names;
#[cfg(feature = "proto")]
pub(crate) use method_options::method_options;
#[cfg(feature = "proto")]
pub use method_options::{OPTIONS_PROTO, OPTIONS_PROTO_NAME};
#[cfg(feature = "proto")]
pub(crate) use model_builder::{chunk_package, empty_package, merge_packages};
pub use service_trait::{Errors, check_trait, check_trait_item, service_trait};

//! The inputs that a model is made from. There is one so far: encoded file descriptors.

mod build;
pub(crate) mod descriptor;
mod editions;
pub(crate) mod features;
mod files;
mod json_names;
mod method_options;
pub mod plugin;
mod required;
pub(crate) mod walk;

pub(crate) use build::packages;
pub(crate) use files::{ElementKind, Files, Source, to_i32};
pub(crate) use json_names::json_names;
pub(crate) use method_options::method_options;
pub use method_options::{OPTIONS_PROTO, OPTIONS_PROTO_NAME};

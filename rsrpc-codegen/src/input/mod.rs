//! The inputs that a model is made from: encoded file descriptors, and Rust traits.

#[cfg(feature = "proto")]
mod build;
#[cfg(feature = "proto")]
pub(crate) mod descriptor;
#[cfg(feature = "proto")]
mod files;
#[cfg(feature = "proto")]
pub mod plugin;
mod service_trait;
#[cfg(feature = "proto")]
pub(crate) mod walk;

#[cfg(feature = "proto")]
pub(crate) use build::{packages, parts};
#[cfg(feature = "proto")]
pub(crate) use files::{ElementKind, Files, Source, to_i32};
pub use service_trait::service_trait;

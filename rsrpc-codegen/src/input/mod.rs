//! The inputs that a model is made from. There is one so far: encoded file descriptors.

mod build;
pub(crate) mod descriptor;
mod files;
pub mod plugin;
pub(crate) mod walk;

pub(crate) use build::{packages, parts};
pub(crate) use files::{ElementKind, Files, Source, to_i32};

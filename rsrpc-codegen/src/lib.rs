//! The code generator of rsrpc: from protobuf descriptors, or from a Rust trait, to Rust. Users meet it through
//! `protoc-gen-rsrpc` and `rsrpc-build`, which give it the same request and so get the same code, and through
//! `rsrpc-macros`.
//!
//! `input` reads descriptors and traits, `check` finds all that is wrong with descriptors, `prost` has prost-build write
//! the messages, `model` is the neutral picture of a package, `emit` writes the items around the messages, `format` the
//! files. [`service_trait`] is the whole way of a trait, and needs neither of the features `proto` and `protox`.

// What only .proto files need lies idle without them.
#![cfg_attr(not(feature = "proto"), allow(dead_code, unused_imports))]

#[cfg(feature = "proto")]
mod check;
#[cfg(feature = "proto")]
mod chunks;
#[cfg(feature = "proto")]
mod comments;
#[cfg(feature = "proto")]
mod cycles;
mod diagnostic;
mod emit;
#[cfg(feature = "proto")]
mod format;
#[cfg(feature = "proto")]
mod generate;
#[cfg(feature = "proto")]
mod imports;
#[cfg(feature = "proto")]
mod inline;
mod input;
mod model;
mod naming;
#[cfg(feature = "proto")]
mod option_paths;
mod options;
#[cfg(feature = "proto")]
mod prost;
#[cfg(feature = "protox")]
pub mod protos;
#[cfg(feature = "proto")]
mod rust_names;
#[cfg(feature = "proto")]
mod types;
#[cfg(feature = "proto")]
mod well_known;

pub use diagnostic::{Diagnostic, Diagnostics, Severity};
#[cfg(feature = "proto")]
pub use generate::{Output, OutputFile, Request, generate};
#[cfg(feature = "proto")]
pub use inline::{Inline, MethodOutline, PayloadOutline, ServiceOutline};
pub use input::service_trait;
#[cfg(feature = "proto")]
pub use input::{OPTIONS_PROTO, OPTIONS_PROTO_NAME, plugin};
pub use model::MethodKind;
// The macros collect mistakes and name things in the same ways.
#[doc(hidden)]
pub use input::Errors;
#[doc(hidden)]
pub use naming::{is_identifier, json as json_name};
pub use options::{Layout, Messages, OptionInfo, Options};

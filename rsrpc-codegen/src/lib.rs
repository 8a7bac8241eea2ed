//! The code generator of rsrpc. It turns protobuf descriptors or a Rust trait into Rust code. `protoc-gen-rsrpc` and
//! `rsrpc-build` give it the same request and get the same code. `rsrpc-macros` uses it, too.
//!
//! `input` reads descriptors and traits, `check` validates descriptors, `prost` runs prost-build for the messages,
//! `model` is the neutral description of a package, `emit` writes the items around the messages, and `format` writes
//! the files. [`service_trait`] expands a trait and needs neither of the features `proto` and `protox`.

// Items that only .proto files need are unused without them.
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

pub use diagnostic::{Diagnostic, Diagnostics, INTERNAL_ERRORS, Severity};
#[cfg(feature = "proto")]
pub use generate::{Output, OutputFile, Request, generate};
#[cfg(feature = "proto")]
pub use inline::{Inline, MethodOutline, PayloadOutline, ServiceOutline};
pub use input::service_trait;
#[cfg(feature = "proto")]
pub use input::{OPTIONS_PROTO, OPTIONS_PROTO_NAME, plugin};
pub use model::MethodKind;
// The macros share error collection, trait checks and naming.
#[doc(hidden)]
pub use input::{Errors, check_trait, check_trait_item};
#[doc(hidden)]
pub use naming::{is_identifier, json as json_name};
pub use options::{Layout, Messages, OptionInfo, Options};

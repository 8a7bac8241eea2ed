//! Names that fight, as one crate sees them: it denies warnings and compiles.
#![deny(warnings)]
#![allow(missing_docs)]

include!(concat!(env!("OUT_DIR"), "/mod.rs"));

//! Colliding names within one crate that denies warnings.
#![deny(warnings)]
#![allow(missing_docs)]

include!(concat!(env!("OUT_DIR"), "/mod.rs"));

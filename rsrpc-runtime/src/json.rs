//! Canonical proto3 JSON of messages: the traits that generated code implements, and the functions that JSON-RPC uses.
//!
//! Serde's derives do not fit. They carry no context, such as the types that an `Any` may hold or the handling of
//! unknown members. They cannot be implemented here for prost's types. They accept arrays for objects and keep the last
//! of repeated keys. So [`Json`] reads from a serde `Deserializer` and writes to a `Serializer` with an additional
//! [`Scope`]. The text format is always serde_json's, because 64-bit integers and `Any` need the raw text.
//!
//! This module does not depend on requests, ids or methods. It includes `params`, because only the message's schema
//! determines how they are read.
//!
//! Specification: <https://protobuf.dev/programming-guides/json/>, called "ProtoJSON" below.

mod any;
mod arguments;
mod bytes;
mod codec;
mod container;
mod details;
mod field;
mod field_value;
mod mask;
mod message;
mod number;
mod params;
mod scalar;
mod scope;
mod serde_codec;
mod stack_frame;
mod structs;
#[cfg(test)]
mod tests;
mod time;
mod value;
#[rustfmt::skip]
mod well_known;
#[cfg(feature = "macros")]
mod value_wrapper;

pub use any::Types;
#[doc(hidden)]
pub use arguments::{ArgumentPass, Arguments, arguments_codec};
pub use codec::{from_str, to_string};
pub use field::{FieldReader, FieldWriter};
pub use field_value::{FieldValue, MapKey};
pub use message::{Field, JsonMessage};
pub use params::params_from_str;
pub use scope::Scope;
#[doc(hidden)]
pub use serde_codec::{SerdeValue, no_arguments_codec, serde_codec};
pub use serde_core::{Deserializer, Serializer};
pub use value::{DirectCodec, EnumCodec, Json, JsonEnum, Parsed, Shape, ValueCodec};
#[cfg(feature = "macros")]
pub(crate) use value_wrapper::wrapped;

//! Canonical proto3 JSON of messages: what generated code implements and what JSON-RPC calls.
//!
//! Serde's own traits cannot do this: they carry no context (which types an `Any` may hold, what to do with unknown
//! members), cannot be implemented here for prost's types, and a derive takes arrays for objects and the last of
//! repeated keys. So [`Json`] reads from a serde `Deserializer` and writes to a `Serializer` with a [`Scope`] beside.
//! The text itself is serde_json's: 64-bit integers and `Any` look at raw text, which other formats cannot give.
//!
//! Knows nothing of requests, ids or methods; `params` are here because the schema alone decides how they are read.
//!
//! Authority: <https://protobuf.dev/programming-guides/json/>, called "ProtoJSON" below.

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

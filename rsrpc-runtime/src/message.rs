//! Message types: the traits that map a Rust type to its wire format, its JSON and its schema.
//!
//! A macro sees only tokens, and an alias may hide a type. So the derives leave every type-dependent decision to
//! traits: [`FieldOf`] for the type of a field, [`Value`] for a single value, [`MessageType`] for a message, [`Oneof`]
//! for a oneof, [`Enumeration`] for an enum, and [`Payload`] for a method's request or reply.
//!
//! All items are used by the code that `#[derive(Message)]` and `#[service]` generate.

mod encoding;
mod enumeration;
mod field;
#[cfg(feature = "jsonrpc")]
mod json_support;
#[cfg(not(feature = "jsonrpc"))]
#[path = "message/json_support/disabled.rs"]
mod json_support;
mod map;
mod oneof;
mod payload;
mod scalar;
mod value;
mod well_known;

pub use encoding::{Fixed32, Fixed64, MapOf, Plain, Sfixed32, Sfixed64, Sint32, Sint64};
pub use enumeration::Enumeration;
pub use field::FieldOf;
pub use json_support::{HasJson, JsonKey};
pub use map::Key;
pub use oneof::Oneof;
pub use payload::Payload;
pub use value::{MessageType, Presence, Value, ValueOf};

// Functions that macro-generated code calls.
#[doc(hidden)]
pub use enumeration::{encode_packed, encoded_len_packed, merge_packed};
#[doc(hidden)]
pub use json_support::WrappedJson;
#[doc(hidden)]
#[cfg(feature = "jsonrpc")]
pub use json_support::{index_of, json_fields, number_at};
#[doc(hidden)]
pub use oneof::{Member, begins_between, clashes, has_number, overlap, rank, shares_name};
#[doc(hidden)]
pub use payload::{PayloadOf, codec, describe_wrapped, payload, wrapped};
#[doc(hidden)]
pub use prost;
#[doc(hidden)]
pub use value::{at, member_type};

//! What may be in a message: the traits that lead from a Rust type to its wire format, its JSON and its schema.
//!
//! A macro sees only tokens, and a type may hide behind an alias. So the derives leave every decision to traits:
//! [`FieldOf`] is how a type is held by a field, [`Value`] what one value is, [`MessageType`] a message, [`Oneof`] a
//! oneof, [`Enumeration`] an enum, and [`Payload`] what a method takes and gives.
//!
//! Everything here is called by the code that `#[derive(Message)]` and `#[service]` write.

mod encoding;
mod enumeration;
mod field;
mod map;
mod oneof;
mod payload;
mod scalar;
mod value;
mod well_known;

pub use encoding::{Fixed32, Fixed64, MapOf, Plain, Sfixed32, Sfixed64, Sint32, Sint64};
pub use enumeration::Enumeration;
pub use field::FieldOf;
pub use map::Key;
pub use oneof::Oneof;
pub use payload::Payload;
pub use value::{HasJson, MessageType, Presence, Value, ValueOf};

// What the macros' code calls beside the traits.
#[doc(hidden)]
pub use enumeration::{encode_packed, encoded_len_packed, merge_packed};
#[doc(hidden)]
pub use oneof::{Member, begins_between, clashes, has_number, overlap, rank, shares_name};
#[doc(hidden)]
#[cfg(feature = "jsonrpc")]
pub use oneof::{index_of, json_fields, number_at};
#[doc(hidden)]
pub use payload::{PayloadOf, WrappedJson, codec, describe_wrapped, payload, wrapped};
#[doc(hidden)]
pub use prost;
#[doc(hidden)]
pub use value::{at, member_type};

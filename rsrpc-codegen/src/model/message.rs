//! Messages and enums in the shape that prost gives them in Rust.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};

use super::Docs;

/// A message: a struct.
#[derive(Debug)]
pub(crate) struct Message {
    /// The struct, as the package's module names it: `outer::Inner`.
    pub(crate) path: TokenStream,
    /// Full name, such as `greet.v1.Outer.Inner`.
    pub(crate) full_name: String,
    pub(crate) docs: Docs,
    /// Fields by ascending number, including oneof members: the order of positional JSON-RPC params.
    pub(crate) fields: Vec<Field>,
    /// Oneofs in order of definition, without the synthetic oneofs of `optional` fields.
    pub(crate) oneofs: Vec<Oneof>,
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// Proto name: `big_number`.
    pub(crate) proto_name: String,
    /// Canonical JSON name: `bigNumber`, or the option `json_name`.
    pub(crate) json_name: String,
    /// The place of the value in the struct.
    pub(crate) member: Member,
    pub(crate) cardinality: Cardinality,
    /// The type of the value, or of each value.
    pub(crate) kind: FieldKind,
    /// Set if prost stores the message in a `Box`.
    pub(crate) boxed: bool,
    pub(crate) docs: Docs,
}

/// The place of a field in its struct.
#[derive(Debug, Clone)]
pub(crate) enum Member {
    /// `message.ident`.
    Field(Ident),
    /// The variant `variant` of [`Message::oneofs`]`[oneof]`, with one value.
    Variant { oneof: usize, variant: Ident },
}

/// The number of values of a field, and the Rust type for a value of type `T`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cardinality {
    /// `T`; the default value means absent (proto3).
    Implicit,
    /// `Option<T>`: all singular messages, proto2's and proto3's `optional`.
    Optional,
    /// `T`, always present (proto2).
    Required,
    /// The value of an enum variant, present if the variant is set.
    Oneof,
    /// `Vec<T>`.
    Repeated,
    /// `HashMap<K, T>`.
    Map(Scalar),
}

/// The type of one value.
#[derive(Debug, Clone)]
pub(crate) enum FieldKind {
    Scalar(Scalar),
    /// An enum, stored as `i32` so that unknown numbers survive.
    Enum(TypeRef),
    /// Also a proto2 group.
    Message(TypeRef),
}

/// A scalar type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scalar {
    Double,
    Float,
    /// int32, sint32, sfixed32.
    Int32,
    /// int64, sint64, sfixed64.
    Int64,
    /// uint32, fixed32.
    Uint32,
    /// uint64, fixed64.
    Uint64,
    Bool,
    String,
    Bytes(Bytes),
}

/// The Rust type of a `bytes` value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// `Vec<u8>`.
    Vec,
    /// `bytes::Bytes`.
    Bytes,
}

/// A reference to a message or enum, which may be in another package or crate.
#[derive(Debug, Clone)]
pub(crate) struct TypeRef {
    /// Such as `google.protobuf.Timestamp`.
    pub(crate) full_name: String,
    /// The Rust type, as the package's module names it: `super::other::Message`, `()`, `::prost_types::Timestamp`.
    pub(crate) path: TokenStream,
}

/// A oneof: an enum in the module of its message, and an `Option` of it in the struct.
#[derive(Debug)]
pub(crate) struct Oneof {
    /// The struct's field.
    pub(crate) ident: Ident,
    /// The enum, as the package's module names it: `outer::Choice`.
    pub(crate) path: TokenStream,
    pub(crate) docs: Docs,
}

/// A proto enum: a Rust enum.
#[derive(Debug)]
pub(crate) struct Enum {
    /// The enum, as the package's module names it: `outer::Kind`.
    pub(crate) path: TokenStream,
    /// Values in order of definition, including aliases.
    pub(crate) values: Vec<EnumValue>,
    pub(crate) openness: Openness,
    pub(crate) docs: Docs,
}

/// Openness of an enum: the treatment of unknown numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Openness {
    /// Unknown numbers are values (proto3).
    Open,
    /// Unknown numbers are not values (proto2). prost keeps them, JSON rejects them.
    Closed,
}

/// A value of an enum.
#[derive(Debug)]
pub(crate) struct EnumValue {
    /// Name in the .proto file and in JSON.
    pub(crate) proto_name: String,
    pub(crate) number: i32,
    pub(crate) docs: Docs,
}

impl Enum {
    /// Returns the values that are variants, without aliases.
    pub(crate) fn variants(&self) -> impl Iterator<Item = &EnumValue> {
        self.with_aliases()
            .filter(|(_, is_alias)| !is_alias)
            .map(|(value, _)| value)
    }

    /// Returns each value, and whether it is an alias of an earlier value.
    pub(crate) fn with_aliases(&self) -> impl Iterator<Item = (&EnumValue, bool)> {
        let mut numbers = HashSet::new();
        self.values
            .iter()
            .map(move |value| (value, !numbers.insert(value.number)))
    }
}

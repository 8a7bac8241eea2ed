//! Messages and enums, as prost shapes them in Rust.

use std::collections::HashSet;

use proc_macro2::{Ident, TokenStream};

use super::Docs;

/// A message: a struct.
#[derive(Debug)]
pub(crate) struct Message {
    /// The struct, as the package's module names it: `outer::Inner`.
    pub(crate) path: TokenStream,
    /// Such as `greet.v1.Outer.Inner`.
    pub(crate) full_name: String,
    pub(crate) docs: Docs,
    /// By ascending number, members of oneofs included: the order of positional JSON-RPC params.
    pub(crate) fields: Vec<Field>,
    /// In the order of their definition; the synthetic ones of `optional` fields left out.
    pub(crate) oneofs: Vec<Oneof>,
}

/// A field of a message.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    /// As in the .proto file: `big_number`.
    pub(crate) proto_name: String,
    /// The name in canonical JSON: `bigNumber`, or what the option `json_name` says.
    pub(crate) json_name: String,
    /// Where the value is in the struct.
    pub(crate) member: Member,
    pub(crate) cardinality: Cardinality,
    /// What it holds, or what each of its values is.
    pub(crate) kind: FieldKind,
    /// Whether prost puts the message behind a `Box`.
    pub(crate) boxed: bool,
    pub(crate) docs: Docs,
}

/// Where in its struct a field is.
#[derive(Debug, Clone)]
pub(crate) enum Member {
    /// `message.ident`.
    Field(Ident),
    /// The variant `variant` of [`Message::oneofs`]`[oneof]`, with one value.
    Variant { oneof: usize, variant: Ident },
}

/// How many values a field has, and what the Rust type `T` of one becomes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cardinality {
    /// `T`; the default value means absent (proto3).
    Implicit,
    /// `Option<T>`: all singular messages, proto2's and proto3's `optional`.
    Optional,
    /// `T`, always present (proto2).
    Required,
    /// The one value of an enum variant; present when the variant is there.
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
    /// An `i32` in Rust, so that unknown numbers survive.
    Enum(TypeRef),
    /// Also a proto2 group.
    Message(TypeRef),
}

/// The types without a definition.
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

/// What holds a `bytes` value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bytes {
    /// `Vec<u8>`.
    Vec,
    /// `bytes::Bytes`.
    Bytes,
}

/// A message or enum that is mentioned; it may be of another package, or of another crate.
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
    /// In the order of their definition, aliases included.
    pub(crate) values: Vec<EnumValue>,
    pub(crate) openness: Openness,
    pub(crate) docs: Docs,
}

/// Whether a number without a name is a value of an enum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Openness {
    /// It is: proto3.
    Open,
    /// It is not: proto2. prost keeps such a number all the same, JSON refuses it.
    Closed,
}

/// A value of an enum.
#[derive(Debug)]
pub(crate) struct EnumValue {
    /// As in the .proto file, and in JSON.
    pub(crate) proto_name: String,
    pub(crate) number: i32,
    pub(crate) docs: Docs,
}

impl Enum {
    /// The values that are variants: all but aliases.
    pub(crate) fn variants(&self) -> impl Iterator<Item = &EnumValue> {
        self.with_aliases()
            .filter(|(_, is_alias)| !is_alias)
            .map(|(value, _)| value)
    }

    /// Each value, and whether it is an alias: one with the number of an earlier value.
    pub(crate) fn with_aliases(&self) -> impl Iterator<Item = (&EnumValue, bool)> {
        let mut numbers = HashSet::new();
        self.values
            .iter()
            .map(move |value| (value, !numbers.insert(value.number)))
    }
}

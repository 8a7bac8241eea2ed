//! Struct fields: a value, `Option` or `Vec`. Maps are in [`map`](super::map).

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

use super::{Fixed32, Fixed64, Plain, Presence, Sfixed32, Sfixed64, Sint32, Sint64, Value, ValueOf};
#[cfg(feature = "jsonrpc")]
use crate::json::{FieldReader, FieldWriter};
use crate::schema::{Cardinality, FieldType, Schema};

/// An encoding (`Self`) of a field of type `T`. Fields without `encoding = "…"` use [`Plain`].
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be a field of a message",
    label = "protobuf does not support this field type, or not with this encoding",
    note = "a field is a bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, bytes::Bytes, a message, optionally in a \
            Box, an enum of #[derive(rsrpc_runtime::Enum)], or an Option, Vec, HashMap or BTreeMap of these, whose keys \
            are bool, i32, i64, u32, u64 or String",
    note = "containers cannot be nested: wrap the inner one in a message",
    note = "the encodings sint32 and sfixed32 are for i32, sint64 and sfixed64 for i64, fixed32 for u32, fixed64 for \
            u64; `encoding` is that of a map's values, `key_encoding` of its keys"
)]
pub trait FieldOf<T> {
    /// Set if the field's JSON may be an object.
    const IS_OBJECT: bool;

    /// Returns the value of an unset field.
    fn unset() -> T;

    /// Returns the field's type, and adds the definitions it refers to to the schema.
    fn field_type(schema: &mut Schema) -> FieldType;

    /// Appends the field unless it is unset.
    fn encode(field: &T, tag: u32, buffer: &mut impl BufMut);

    /// Returns the number of bytes that [`encode`](Self::encode) appends.
    fn encoded_len(field: &T, tag: u32) -> usize;

    /// Reads one occurrence of the field.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn merge(
        field: &mut T,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Reads the field's JSON.
    ///
    /// # Errors
    /// The input is not a valid value.
    #[cfg(feature = "jsonrpc")]
    fn read_json<R: FieldReader>(field: &mut T, reader: R) -> Result<(), R::Error>;

    /// Writes the field's JSON unless it is unset. `index` refers to the message's fields.
    #[cfg(feature = "jsonrpc")]
    fn write_json<W: FieldWriter>(field: &T, index: usize, writer: &mut W);
}

/// Implements `FieldOf` for a type with an encoding: bare, in `Option` and in `Vec`.
macro_rules! fields {
    ($encoding:ty, [$($generics:tt)*], $value:ty) => {
        #[diagnostic::do_not_recommend]
        impl<$($generics)*> FieldOf<$value> for $encoding {
            const IS_OBJECT: bool = <$encoding as ValueOf<$value>>::IS_OBJECT;

            fn unset() -> $value {
                Default::default()
            }

            fn field_type(schema: &mut Schema) -> FieldType {
                let value = <$encoding as ValueOf<$value>>::value_type(schema);
                FieldType::new(Cardinality::Singular, value)
            }

            fn encode(field: &$value, tag: u32, buffer: &mut impl BufMut) {
                if <$encoding as ValueOf<$value>>::PRESENCE == Presence::Explicit
                    || !<$encoding as ValueOf<$value>>::is_zero(field)
                {
                    <$encoding as ValueOf<$value>>::encode(field, tag, buffer);
                }
            }

            fn encoded_len(field: &$value, tag: u32) -> usize {
                if <$encoding as ValueOf<$value>>::PRESENCE == Presence::Explicit
                    || !<$encoding as ValueOf<$value>>::is_zero(field)
                {
                    <$encoding as ValueOf<$value>>::encoded_len(field, tag)
                } else {
                    0
                }
            }

            fn merge(
                field: &mut $value,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                <$encoding as ValueOf<$value>>::merge(field, wire_type, buffer, context)
            }

            json!($value);
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> FieldOf<Option<$value>> for $encoding {
            const IS_OBJECT: bool = <$encoding as ValueOf<$value>>::IS_OBJECT;

            fn unset() -> Option<$value> {
                Default::default()
            }

            fn field_type(schema: &mut Schema) -> FieldType {
                let value = <$encoding as ValueOf<$value>>::value_type(schema);
                FieldType::new(Cardinality::Optional, value)
            }

            fn encode(field: &Option<$value>, tag: u32, buffer: &mut impl BufMut) {
                if let Some(value) = field {
                    <$encoding as ValueOf<$value>>::encode(value, tag, buffer);
                }
            }

            fn encoded_len(field: &Option<$value>, tag: u32) -> usize {
                let len = |value| <$encoding as ValueOf<$value>>::encoded_len(value, tag);
                field.as_ref().map_or(0, len)
            }

            fn merge(
                field: &mut Option<$value>,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                let value = field.get_or_insert_with(Default::default);
                <$encoding as ValueOf<$value>>::merge(value, wire_type, buffer, context)
            }

            json!(Option<$value>);
        }

        #[diagnostic::do_not_recommend]
        impl<$($generics)*> FieldOf<Vec<$value>> for $encoding {
            const IS_OBJECT: bool = false;

            fn unset() -> Vec<$value> {
                Default::default()
            }

            fn field_type(schema: &mut Schema) -> FieldType {
                let value = <$encoding as ValueOf<$value>>::value_type(schema);
                FieldType::new(Cardinality::Repeated, value)
            }

            fn encode(field: &Vec<$value>, tag: u32, buffer: &mut impl BufMut) {
                <$encoding as ValueOf<$value>>::encode_repeated(field, tag, buffer);
            }

            fn encoded_len(field: &Vec<$value>, tag: u32) -> usize {
                <$encoding as ValueOf<$value>>::encoded_len_repeated(field, tag)
            }

            fn merge(
                field: &mut Vec<$value>,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                <$encoding as ValueOf<$value>>::merge_repeated(field, wire_type, buffer, context)
            }

            json!(Vec<$value>);
        }
    };
}

/// Implements the JSON methods, which do not depend on the encoding.
macro_rules! json {
    ($type:ty) => {
        #[cfg(feature = "jsonrpc")]
        fn read_json<R: $crate::json::FieldReader>(field: &mut $type, reader: R) -> Result<(), R::Error> {
            reader.read(field)
        }

        #[cfg(feature = "jsonrpc")]
        fn write_json<W: $crate::json::FieldWriter>(field: &$type, index: usize, writer: &mut W) {
            writer.write(index, field);
        }
    };
}
pub(super) use json;

fields!(Plain, [T: Value], T);
fields!(Sint32, [], i32);
fields!(Sint64, [], i64);
fields!(Fixed32, [], u32);
fields!(Fixed64, [], u64);
fields!(Sfixed32, [], i32);
fields!(Sfixed64, [], i64);

//! Single values: scalars, enums and messages.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, message};

use super::Plain;
use super::json_support::HasJson;
#[cfg(feature = "jsonrpc")]
use crate::json::{FieldReader, FieldWriter};
use crate::schema::{Cardinality, Describe, FieldType, Schema, ValueType};

/// A message with a schema: derived with `#[derive(Message)]`, generated, or defined by prost-types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "expected a message",
    note = "a message is a struct with #[derive(rsrpc_runtime::Message)], a message that was generated from a .proto \
            file, or one of prost_types"
)]
pub trait MessageType: prost::Message + HasJson + Describe + 'static {
    /// Full name, such as `greet.v1.HelloRequest`.
    const FULL_NAME: &'static str;
}

/// Field presence of a type outside `Option`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Default values are not encoded: scalars and enums.
    Implicit,
    /// Always encoded: messages.
    Explicit,
}

/// The type of a field's single value.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a field",
    label = "protobuf does not support this type",
    note = "a value is a bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, bytes::Bytes, a message, optionally in a \
            Box, or an enum of #[derive(rsrpc_runtime::Enum)]"
)]
pub trait Value: HasJson + Send + Sync + Sized + 'static {
    /// Field presence of the bare type.
    const PRESENCE: Presence = Presence::Implicit;

    /// Set if the JSON may be an object.
    const IS_OBJECT: bool = false;

    /// Returns the protobuf type, and adds its definition to the schema.
    fn value_type(schema: &mut Schema) -> ValueType;

    /// Appends a field with this value.
    fn encode(value: &Self, tag: u32, buffer: &mut impl BufMut);

    /// Returns the number of bytes that [`encode`](Self::encode) appends.
    fn encoded_len(value: &Self, tag: u32) -> usize;

    /// Reads a field's value into `value`.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn merge(
        value: &mut Self,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Returns whether this is the default, which is not encoded.
    fn is_zero(value: &Self) -> bool;

    /// Appends a repeated field.
    fn encode_repeated(values: &[Self], tag: u32, buffer: &mut impl BufMut) {
        for value in values {
            Self::encode(value, tag, buffer);
        }
    }

    /// Returns the number of bytes that [`encode_repeated`](Self::encode_repeated) appends.
    fn encoded_len_repeated(values: &[Self], tag: u32) -> usize {
        values.iter().map(|value| Self::encoded_len(value, tag)).sum()
    }

    /// Reads a value, or packed values, and appends them.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn merge_repeated(
        values: &mut Vec<Self>,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        let mut value = Self::default();
        Self::merge(&mut value, wire_type, buffer, context)?;
        values.push(value);
        Ok(())
    }
}

#[diagnostic::do_not_recommend]
impl<M: MessageType> Value for M {
    const PRESENCE: Presence = Presence::Explicit;

    const IS_OBJECT: bool = super::json_support::is_object::<M>();

    fn value_type(schema: &mut Schema) -> ValueType {
        M::describe(schema);
        ValueType::message(M::FULL_NAME)
    }

    fn encode(value: &Self, tag: u32, buffer: &mut impl BufMut) {
        message::encode(tag, value, buffer);
    }

    fn encoded_len(value: &Self, tag: u32) -> usize {
        message::encoded_len(tag, value)
    }

    fn merge(
        value: &mut Self,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        message::merge(wire_type, value, buffer, context)
    }

    /// On the wire, a message equals its default if its encoding is empty.
    fn is_zero(value: &Self) -> bool {
        prost::Message::encoded_len(value) == 0
    }
}

/// Returns the type of a oneof's member.
pub fn member_type(value: ValueType) -> FieldType {
    FieldType::new(Cardinality::Singular, value)
}

/// Adds the message and field to a decoding error.
#[cold]
pub fn at(mut error: DecodeError, message: &'static str, field: &'static str) -> DecodeError {
    error.push(message, field);
    error
}

/// An encoding (`Self`) of one value of type `T`. [`Plain`] is the type's default encoding.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be a member of a oneof",
    label = "protobuf does not support this member type, or not with this encoding",
    note = "a member is a bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, bytes::Bytes, a message, optionally in a \
            Box, or an enum of #[derive(rsrpc_runtime::Enum)], but not an Option, Vec or map",
    note = "the encodings sint32 and sfixed32 are for i32, sint64 and sfixed64 for i64, fixed32 for u32, fixed64 for u64"
)]
pub trait ValueOf<T> {
    /// Returns the default value.
    fn unset() -> T;

    /// See [`Value::PRESENCE`].
    const PRESENCE: Presence = Presence::Implicit;

    /// See [`Value::IS_OBJECT`].
    const IS_OBJECT: bool = false;

    /// See [`Value::value_type`].
    fn value_type(schema: &mut Schema) -> ValueType;

    /// See [`Value::encode`].
    fn encode(value: &T, tag: u32, buffer: &mut impl BufMut);

    /// See [`Value::encoded_len`].
    fn encoded_len(value: &T, tag: u32) -> usize;

    /// See [`Value::merge`].
    ///
    /// # Errors
    /// The input is not a valid value.
    fn merge(
        value: &mut T,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// See [`Value::is_zero`].
    fn is_zero(value: &T) -> bool;

    /// See [`Value::encode_repeated`].
    fn encode_repeated(values: &[T], tag: u32, buffer: &mut impl BufMut);

    /// See [`Value::encoded_len_repeated`].
    fn encoded_len_repeated(values: &[T], tag: u32) -> usize;

    /// See [`Value::merge_repeated`].
    ///
    /// # Errors
    /// The input is not a valid value.
    fn merge_repeated(
        values: &mut Vec<T>,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Reads the JSON of a member of a oneof.
    ///
    /// # Errors
    /// The input is not a valid value, or another member is set.
    #[cfg(feature = "jsonrpc")]
    fn read_member<R: FieldReader, O>(
        slot: &mut Option<O>,
        member: impl FnOnce(T) -> O,
        reader: R,
    ) -> Result<(), R::Error>;

    /// Writes the JSON of a member of a oneof. `index` refers to the message's fields.
    #[cfg(feature = "jsonrpc")]
    fn write_member<W: FieldWriter>(value: &T, index: usize, writer: &mut W);
}

/// Implements the JSON methods, which do not depend on the encoding.
macro_rules! member {
    ($type:ty) => {
        fn unset() -> $type {
            Default::default()
        }

        #[cfg(feature = "jsonrpc")]
        fn read_member<R: $crate::json::FieldReader, O>(
            slot: &mut Option<O>,
            member: impl FnOnce($type) -> O,
            reader: R,
        ) -> Result<(), R::Error> {
            reader.read_member(slot, member)
        }

        #[cfg(feature = "jsonrpc")]
        fn write_member<W: $crate::json::FieldWriter>(value: &$type, index: usize, writer: &mut W) {
            writer.write_member(index, value);
        }
    };
}
pub(super) use member;

#[diagnostic::do_not_recommend]
impl<T: Value> ValueOf<T> for Plain {
    member!(T);

    const PRESENCE: Presence = T::PRESENCE;
    const IS_OBJECT: bool = T::IS_OBJECT;

    fn value_type(schema: &mut Schema) -> ValueType {
        T::value_type(schema)
    }

    fn encode(value: &T, tag: u32, buffer: &mut impl BufMut) {
        T::encode(value, tag, buffer);
    }

    fn encoded_len(value: &T, tag: u32) -> usize {
        T::encoded_len(value, tag)
    }

    fn merge(
        value: &mut T,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        T::merge(value, wire_type, buffer, context)
    }

    fn is_zero(value: &T) -> bool {
        T::is_zero(value)
    }

    fn encode_repeated(values: &[T], tag: u32, buffer: &mut impl BufMut) {
        T::encode_repeated(values, tag, buffer);
    }

    fn encoded_len_repeated(values: &[T], tag: u32) -> usize {
        T::encoded_len_repeated(values, tag)
    }

    fn merge_repeated(
        values: &mut Vec<T>,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        T::merge_repeated(values, wire_type, buffer, context)
    }
}

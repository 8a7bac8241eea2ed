//! One value: a scalar, an enum or a message.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, message};

use super::Plain;
#[cfg(feature = "jsonrpc")]
use crate::json::{FieldReader, FieldWriter};
use crate::schema::{Cardinality, Describe, FieldType, Schema, ValueType};

/// A message that has a schema: of `#[derive(Message)]`, of generated code, or of prost-types.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a message",
    label = "expected a message",
    note = "a message is a struct with #[derive(rsrpc_runtime::Message)], a message that was generated from a .proto \
            file, or one of prost_types"
)]
pub trait MessageType: prost::Message + HasJson + Describe + 'static {
    /// The full name, such as `greet.v1.HelloRequest`.
    const FULL_NAME: &'static str;
}

/// A type with canonical JSON; every type, if the runtime is built without.
#[cfg(feature = "jsonrpc")]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON form",
    label = "this type cannot be written as JSON",
    note = "generate its code with json=on, or build rsrpc-runtime without its feature `jsonrpc`"
)]
pub trait HasJson: crate::json::Json {}

#[cfg(feature = "jsonrpc")]
impl<T: crate::json::Json> HasJson for T {}

/// A type with canonical JSON; every type, if the runtime is built without.
#[cfg(not(feature = "jsonrpc"))]
pub trait HasJson: Default {}

#[cfg(not(feature = "jsonrpc"))]
impl<T: Default> HasJson for T {}

/// Items for a runtime with JSON.
#[macro_export]
#[doc(hidden)]
#[cfg(feature = "jsonrpc")]
macro_rules! when_json {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Items for a runtime with JSON.
#[macro_export]
#[doc(hidden)]
#[cfg(not(feature = "jsonrpc"))]
macro_rules! when_json {
    ($($tokens:tt)*) => {};
}

/// Whether a field without `Option` tells a default value from none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// The default value is not sent: scalars and enums.
    Implicit,
    /// Always sent: messages.
    Explicit,
}

/// What a field can hold one of.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the value of a field",
    label = "protobuf has no such value",
    note = "a value is a bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, bytes::Bytes, a message, perhaps in a \
            Box, or an enum of #[derive(rsrpc_runtime::Enum)]"
)]
pub trait Value: HasJson + Send + Sync + Sized + 'static {
    /// Whether a field holds the default value or nothing.
    const PRESENCE: Presence = Presence::Implicit;

    /// Whether its JSON may be an object.
    const IS_OBJECT: bool = false;

    /// Its proto type; adds its definition to the schema.
    fn value_type(schema: &mut Schema) -> ValueType;

    /// Appends a field with this value.
    fn encode(value: &Self, tag: u32, buffer: &mut impl BufMut);

    /// The length of what [`encode`](Self::encode) appends.
    fn encoded_len(value: &Self, tag: u32) -> usize;

    /// Reads a field's value over this one.
    ///
    /// # Errors
    /// The input is no such value.
    fn merge(
        value: &mut Self,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Whether this is the default, which needs no bytes.
    fn is_zero(value: &Self) -> bool;

    /// Appends a field with all values.
    fn encode_repeated(values: &[Self], tag: u32, buffer: &mut impl BufMut) {
        for value in values {
            Self::encode(value, tag, buffer);
        }
    }

    /// The length of what [`encode_repeated`](Self::encode_repeated) appends.
    fn encoded_len_repeated(values: &[Self], tag: u32) -> usize {
        values.iter().map(|value| Self::encoded_len(value, tag)).sum()
    }

    /// Reads a value, or packed ones, behind those that are there.
    ///
    /// # Errors
    /// The input is no such value.
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

    #[cfg(feature = "jsonrpc")]
    const IS_OBJECT: bool = {
        use crate::json::Shape;
        matches!(
            M::SHAPE,
            Shape::Message | Shape::Empty | Shape::Object | Shape::Value
        )
    };

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

    /// A message equals its default as far as the wire is concerned when it encodes to nothing.
    fn is_zero(value: &Self) -> bool {
        prost::Message::encoded_len(value) == 0
    }
}

/// The type of a member of a oneof.
pub fn member_type(value: ValueType) -> FieldType {
    FieldType::new(Cardinality::Singular, value)
}

/// The error with the message and the field that it happened in.
#[cold]
pub fn at(mut error: DecodeError, message: &'static str, field: &'static str) -> DecodeError {
    error.push(message, field);
    error
}

/// How an encoding (`Self`) writes one value of type `T`: [`Plain`] what the type says itself, the others their own.
#[diagnostic::on_unimplemented(
    message = "`{T}` cannot be a member of a oneof",
    label = "protobuf has no such member, or not with this encoding",
    note = "a member is a bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, bytes::Bytes, a message, perhaps in a \
            Box, or an enum of #[derive(rsrpc_runtime::Enum)]; no Option, Vec or map",
    note = "the encodings sint32 and sfixed32 are for i32, sint64 and sfixed64 for i64, fixed32 for u32, fixed64 for u64"
)]
pub trait ValueOf<T> {
    /// The default value.
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
    /// The input is no such value.
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
    /// The input is no such value.
    fn merge_repeated(
        values: &mut Vec<T>,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Reads the JSON of a member of a oneof.
    ///
    /// # Errors
    /// The input is no such value, or another member is set.
    #[cfg(feature = "jsonrpc")]
    fn read_member<R: FieldReader, O>(
        slot: &mut Option<O>,
        member: impl FnOnce(T) -> O,
        reader: R,
    ) -> Result<(), R::Error>;

    /// Writes the JSON of a member of a oneof; `index` is one into the message's fields.
    #[cfg(feature = "jsonrpc")]
    fn write_member<W: FieldWriter>(value: &T, index: usize, writer: &mut W);
}

/// JSON does not depend on the encoding.
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

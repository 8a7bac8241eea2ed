//! Open enums, which preserve unknown numbers from newer peers.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{
    self, DecodeContext, WireType, encode_key, encode_varint, encoded_len_varint, key_len,
};

use crate::schema::Describe;

/// An enum; implemented by `#[derive(Enum)]`.
pub trait Enumeration: Default + Describe + Send + Sync + 'static {
    /// Full name, such as `greet.v1.Color`.
    const FULL_NAME: &'static str;

    /// Returns the value with this number. Numbers without a name become an unknown value.
    fn from_number(number: i32) -> Self;

    /// Returns the value's number.
    fn number(&self) -> i32;

    /// Returns the number of a name in the `.proto` file.
    fn number_of(name: &str) -> Option<i32>;

    /// Returns the name of a number.
    fn name_of(number: i32) -> Option<&'static str>;
}

/// Returns the `int32` varint, which takes ten bytes if negative.
fn varint<E: Enumeration>(value: &E) -> u64 {
    i64::from(value.number()).cast_unsigned()
}

fn packed_len<E: Enumeration>(values: &[E]) -> usize {
    values.iter().map(|value| encoded_len_varint(varint(value))).sum()
}

/// Appends a packed field. Appends nothing if `values` is empty.
pub fn encode_packed<E: Enumeration>(values: &[E], tag: u32, buffer: &mut impl BufMut) {
    if values.is_empty() {
        return;
    }
    encode_key(tag, WireType::LengthDelimited, buffer);
    encode_varint(packed_len(values) as u64, buffer);
    for value in values {
        encode_varint(varint(value), buffer);
    }
}

/// Returns the number of bytes that [`encode_packed`] appends.
pub fn encoded_len_packed<E: Enumeration>(values: &[E], tag: u32) -> usize {
    if values.is_empty() {
        return 0;
    }
    let len = packed_len(values);
    key_len(tag) + encoded_len_varint(len as u64) + len
}

/// Reads packed or unpacked values and appends them.
///
/// # Errors
/// The input is not a valid value.
pub fn merge_packed<E: Enumeration>(
    values: &mut Vec<E>,
    wire_type: WireType,
    buffer: &mut impl Buf,
    context: DecodeContext,
) -> Result<(), DecodeError> {
    let mut numbers = Vec::new();
    encoding::int32::merge_repeated(wire_type, &mut numbers, buffer, context)?;
    values.extend(numbers.into_iter().map(E::from_number));
    Ok(())
}

/// Implements the value traits for an enum. A blanket implementation would overlap with the one for messages.
#[macro_export]
#[doc(hidden)]
macro_rules! __enumeration {
    ($type:ident) => {
        impl $crate::message::Value for $type {
            fn value_type(schema: &mut $crate::schema::Schema) -> $crate::schema::ValueType {
                <Self as $crate::schema::Describe>::describe(schema);
                $crate::schema::ValueType::enumeration(<Self as $crate::message::Enumeration>::FULL_NAME)
            }

            fn encode(value: &Self, tag: u32, buffer: &mut impl $crate::message::prost::bytes::BufMut) {
                let number = $crate::message::Enumeration::number(value);
                $crate::message::prost::encoding::int32::encode(tag, &number, buffer);
            }

            fn encoded_len(value: &Self, tag: u32) -> usize {
                let number = $crate::message::Enumeration::number(value);
                $crate::message::prost::encoding::int32::encoded_len(tag, &number)
            }

            fn merge(
                value: &mut Self,
                wire_type: $crate::message::prost::encoding::WireType,
                buffer: &mut impl $crate::message::prost::bytes::Buf,
                context: $crate::message::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::message::prost::DecodeError> {
                let mut number = 0;
                $crate::message::prost::encoding::int32::merge(wire_type, &mut number, buffer, context)?;
                *value = $crate::message::Enumeration::from_number(number);
                ::core::result::Result::Ok(())
            }

            fn is_zero(value: &Self) -> bool {
                $crate::message::Enumeration::number(value) == 0
            }

            fn encode_repeated(values: &[Self], tag: u32, buffer: &mut impl $crate::message::prost::bytes::BufMut) {
                $crate::message::encode_packed(values, tag, buffer);
            }

            fn encoded_len_repeated(values: &[Self], tag: u32) -> usize {
                $crate::message::encoded_len_packed(values, tag)
            }

            fn merge_repeated(
                values: &mut $crate::message::prost::alloc::vec::Vec<Self>,
                wire_type: $crate::message::prost::encoding::WireType,
                buffer: &mut impl $crate::message::prost::bytes::Buf,
                context: $crate::message::prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), $crate::message::prost::DecodeError> {
                $crate::message::merge_packed(values, wire_type, buffer, context)
            }
        }

        impl $crate::message::Payload for $type {
            const CODEC: $crate::MessageCodec<Self> = $crate::message::wrapped();

            fn describe(name: &'static str, schema: &mut $crate::schema::Schema) {
                $crate::message::describe_wrapped::<Self>(name, schema);
            }
        }

        $crate::when_json! {
            impl $crate::json::JsonEnum for $type {
                fn name(number: i32) -> ::core::option::Option<&'static str> {
                    <Self as $crate::message::Enumeration>::name_of(number)
                }

                fn number(name: &str) -> ::core::option::Option<i32> {
                    <Self as $crate::message::Enumeration>::number_of(name)
                }
            }

            impl $crate::json::Json for $type {
                const SHAPE: $crate::json::Shape = $crate::json::Shape::Single;

                fn read<'de, D: $crate::json::Deserializer<'de>>(
                    &mut self,
                    scope: $crate::json::Scope<'_>,
                    input: D,
                ) -> ::core::result::Result<$crate::json::Parsed, D::Error> {
                    let mut number = 0;
                    let parsed = <$crate::json::EnumCodec<Self> as $crate::json::ValueCodec<i32>>::read(&mut number, scope, input)?;
                    if ::core::matches!(parsed, $crate::json::Parsed::Value) {
                        *self = $crate::message::Enumeration::from_number(number);
                    }
                    ::core::result::Result::Ok(parsed)
                }

                fn write<S: $crate::json::Serializer>(
                    &self,
                    scope: $crate::json::Scope<'_>,
                    output: S,
                ) -> ::core::result::Result<S::Ok, S::Error> {
                    let number = $crate::message::Enumeration::number(self);
                    <$crate::json::EnumCodec<Self> as $crate::json::ValueCodec<i32>>::write(&number, scope, output)
                }

                fn is_default(&self) -> bool {
                    $crate::message::Enumeration::number(self) == 0
                }
            }
        }
    };
}

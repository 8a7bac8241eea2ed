//! Integer encodings.

use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};
use prost_types::field_descriptor_proto::Type;

use super::ValueOf;
use super::value::member;
use crate::schema::{Schema, ValueType};

/// The default encoding of a Rust type, such as `int32` for `i32`.
#[derive(Debug)]
pub enum Plain {}

/// A map with the encoding `K` for its keys and `V` for its values.
#[derive(Debug)]
pub struct MapOf<K, V>(PhantomData<(K, V)>);

macro_rules! integer {
    ($($(#[$docs:meta])* $name:ident: $type:ty, $module:ident;)*) => {$(
        $(#[$docs])*
        #[derive(Debug)]
        pub enum $name {}

        impl ValueOf<$type> for $name {
            member!($type);

            fn value_type(_: &mut Schema) -> ValueType {
                ValueType::scalar(Type::$name)
            }

            fn encode(value: &$type, tag: u32, buffer: &mut impl BufMut) {
                encoding::$module::encode(tag, value, buffer);
            }

            fn encoded_len(value: &$type, tag: u32) -> usize {
                encoding::$module::encoded_len(tag, value)
            }

            fn merge(
                value: &mut $type,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge(wire_type, value, buffer, context)
            }

            fn is_zero(value: &$type) -> bool {
                *value == 0
            }

            fn encode_repeated(values: &[$type], tag: u32, buffer: &mut impl BufMut) {
                encoding::$module::encode_packed(tag, values, buffer);
            }

            fn encoded_len_repeated(values: &[$type], tag: u32) -> usize {
                encoding::$module::encoded_len_packed(tag, values)
            }

            fn merge_repeated(
                values: &mut Vec<$type>,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge_repeated(wire_type, values, buffer, context)
            }
        }
    )*};
}

integer! {
    /// Zigzag encoding, for an `i32` that is often negative.
    Sint32: i32, sint32;
    /// Zigzag encoding, for an `i64` that is often negative.
    Sint64: i64, sint64;
    /// Four bytes, for a `u32` that is often large.
    Fixed32: u32, fixed32;
    /// Eight bytes, for a `u64` that is often large.
    Fixed64: u64, fixed64;
    /// Four bytes, for an `i32` that is often large.
    Sfixed32: i32, sfixed32;
    /// Eight bytes, for an `i64` that is often large.
    Sfixed64: i64, sfixed64;
}

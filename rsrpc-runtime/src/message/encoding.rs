//! The ways to write an integer.

use std::marker::PhantomData;

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};
use prost_types::field_descriptor_proto::Type;

use super::ValueOf;
use super::value::member;
use crate::schema::{Schema, ValueType};

/// What the Rust type says by itself: `int32` for `i32`, and so on.
#[derive(Debug)]
pub enum Plain {}

/// A map whose keys are written as `K` says, its values as `V` says.
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
    /// An `i32` that is often negative: zigzag.
    Sint32: i32, sint32;
    /// An `i64` that is often negative: zigzag.
    Sint64: i64, sint64;
    /// A `u32` that is often large: four bytes.
    Fixed32: u32, fixed32;
    /// A `u64` that is often large: eight bytes.
    Fixed64: u64, fixed64;
    /// An `i32` that is often large: four bytes.
    Sfixed32: i32, sfixed32;
    /// An `i64` that is often large: eight bytes.
    Sfixed64: i64, sfixed64;
}

//! Scalar types in their default protobuf encoding.

use bytes::{Buf, BufMut, Bytes};
use prost::DecodeError;
use prost::encoding::{self, DecodeContext, WireType};
use prost_types::field_descriptor_proto::Type;

use super::Value;
use crate::schema::{Schema, ValueType};

/// Implements `Value` for scalars with prost's encoding modules.
macro_rules! scalar {
    ($($type:ty: $module:ident, $kind:ident, $is_zero:expr, $encode:ident, $len:ident;)*) => {$(
        impl Value for $type {
            fn value_type(_: &mut Schema) -> ValueType {
                ValueType::scalar(Type::$kind)
            }

            fn encode(value: &Self, tag: u32, buffer: &mut impl BufMut) {
                encoding::$module::encode(tag, value, buffer);
            }

            fn encoded_len(value: &Self, tag: u32) -> usize {
                encoding::$module::encoded_len(tag, value)
            }

            fn merge(
                value: &mut Self,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge(wire_type, value, buffer, context)
            }

            fn is_zero(value: &Self) -> bool {
                let is_zero: fn(&Self) -> bool = $is_zero;
                is_zero(value)
            }

            fn encode_repeated(values: &[Self], tag: u32, buffer: &mut impl BufMut) {
                encoding::$module::$encode(tag, values, buffer);
            }

            fn encoded_len_repeated(values: &[Self], tag: u32) -> usize {
                encoding::$module::$len(tag, values)
            }

            fn merge_repeated(
                values: &mut Vec<Self>,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                encoding::$module::merge_repeated(wire_type, values, buffer, context)
            }
        }
    )*};
}

scalar! {
    bool: bool, Bool, |value| !*value, encode_packed, encoded_len_packed;
    i32: int32, Int32, |value| *value == 0, encode_packed, encoded_len_packed;
    i64: int64, Int64, |value| *value == 0, encode_packed, encoded_len_packed;
    u32: uint32, Uint32, |value| *value == 0, encode_packed, encoded_len_packed;
    u64: uint64, Uint64, |value| *value == 0, encode_packed, encoded_len_packed;
    // Compared by bits, because -0.0 is not the default, as in JSON.
    f32: float, Float, |value| value.to_bits() == 0, encode_packed, encoded_len_packed;
    f64: double, Double, |value| value.to_bits() == 0, encode_packed, encoded_len_packed;
    String: string, String, |value| value.is_empty(), encode_repeated, encoded_len_repeated;
    Vec<u8>: bytes, Bytes, |value| value.is_empty(), encode_repeated, encoded_len_repeated;
    Bytes: bytes, Bytes, |value| value.is_empty(), encode_repeated, encoded_len_repeated;
}

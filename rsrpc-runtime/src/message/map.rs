//! Maps. Each entry is encoded as a message with a key and a value.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType, check_wire_type, encode_key, encode_varint};
use prost::encoding::{encoded_len_varint, key_len};

use super::field::json;
use super::json_support::{HasJson, JsonKey};
use super::{FieldOf, MapOf, Plain, Value, ValueOf};
use crate::schema::{Cardinality, FieldType, Schema};

/// A type that can be the key of a map.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be the key of a map",
    label = "protobuf does not support this key type",
    note = "a key is a bool, i32, i64, u32, u64 or String"
)]
pub trait Key: HasJson + JsonKey + Eq + Hash + Ord + Send + Sync + 'static {}

impl Key for bool {}
impl Key for i32 {}
impl Key for i64 {}
impl Key for u32 {}
impl Key for u64 {}
impl Key for String {}

/// Returns the encoded length of an entry's message.
fn entry_len<EK, EV, K, V>(key: &K, value: &V) -> usize
where
    EK: ValueOf<K>,
    EV: ValueOf<V>,
    K: HasJson,
    V: HasJson,
{
    let key = if EK::is_zero(key) {
        0
    } else {
        EK::encoded_len(key, 1)
    };
    let value = if EV::is_zero(value) {
        0
    } else {
        EV::encoded_len(value, 2)
    };
    key + value
}

macro_rules! map {
    ($map:ident, $module:ident) => {
        #[diagnostic::do_not_recommend]
        impl<EK, EV, K, V> FieldOf<$map<K, V>> for MapOf<EK, EV>
        where
            EK: ValueOf<K>,
            EV: ValueOf<V>,
            K: Key,
            V: HasJson,
        {
            const IS_OBJECT: bool = true;

            fn unset() -> $map<K, V> {
                $map::new()
            }

            fn field_type(schema: &mut Schema) -> FieldType {
                let key = EK::value_type(schema);
                let value = EV::value_type(schema);
                FieldType::new(Cardinality::Map(key), value)
            }

            fn encode(field: &$map<K, V>, tag: u32, buffer: &mut impl BufMut) {
                for (key, value) in field {
                    encode_key(tag, WireType::LengthDelimited, buffer);
                    encode_varint(entry_len::<EK, EV, K, V>(key, value) as u64, buffer);
                    if !EK::is_zero(key) {
                        EK::encode(key, 1, buffer);
                    }
                    if !EV::is_zero(value) {
                        EV::encode(value, 2, buffer);
                    }
                }
            }

            fn encoded_len(field: &$map<K, V>, tag: u32) -> usize {
                let entry = |(key, value): (&K, &V)| {
                    let len = entry_len::<EK, EV, K, V>(key, value);
                    key_len(tag) + encoded_len_varint(len as u64) + len
                };
                field.iter().map(entry).sum()
            }

            fn merge(
                field: &mut $map<K, V>,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                check_wire_type(WireType::LengthDelimited, wire_type)?;
                prost::encoding::$module::merge(
                    |wire_type, key: &mut K, buffer, context| EK::merge(key, wire_type, buffer, context),
                    |wire_type, value: &mut V, buffer, context| EV::merge(value, wire_type, buffer, context),
                    field,
                    buffer,
                    context,
                )
            }

            json!($map<K, V>);
        }

        #[diagnostic::do_not_recommend]
        impl<K: Key + Value, V: Value> FieldOf<$map<K, V>> for Plain {
            const IS_OBJECT: bool = true;

            fn unset() -> $map<K, V> {
                $map::new()
            }

            fn field_type(schema: &mut Schema) -> FieldType {
                <MapOf<Plain, Plain> as FieldOf<$map<K, V>>>::field_type(schema)
            }

            fn encode(field: &$map<K, V>, tag: u32, buffer: &mut impl BufMut) {
                <MapOf<Plain, Plain> as FieldOf<$map<K, V>>>::encode(field, tag, buffer);
            }

            fn encoded_len(field: &$map<K, V>, tag: u32) -> usize {
                <MapOf<Plain, Plain> as FieldOf<$map<K, V>>>::encoded_len(field, tag)
            }

            fn merge(
                field: &mut $map<K, V>,
                wire_type: WireType,
                buffer: &mut impl Buf,
                context: DecodeContext,
            ) -> Result<(), DecodeError> {
                <MapOf<Plain, Plain> as FieldOf<$map<K, V>>>::merge(field, wire_type, buffer, context)
            }

            json!($map<K, V>);
        }
    };
}

map!(HashMap, hash_map);
map!(BTreeMap, btree_map);

//! `google.protobuf.Struct`, `Value` and `ListValue`: arbitrary JSON.

use prost_types::value::Kind;
use prost_types::{ListValue, Struct, Value};
use serde_core::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_core::ser::Error as _;
use serde_core::{Serializer, de};

use super::container::{MapVisitor, SeqVisitor, write_map, write_seq};
use super::scope::Scope;
use super::value::{DirectCodec, Json, Parsed, Shape};

struct ValueVisitor<'a>(Scope<'a>);

fn value<E>(kind: Kind) -> Result<Value, E> {
    Ok(Value { kind: Some(kind) })
}

impl<'de> Visitor<'de> for ValueVisitor<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        value(Kind::NullValue(0))
    }

    fn visit_bool<E: de::Error>(self, boolean: bool) -> Result<Self::Value, E> {
        value(Kind::BoolValue(boolean))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        value(Kind::NumberValue(number as f64))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        value(Kind::NumberValue(number as f64))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        value(Kind::NumberValue(number))
    }

    fn visit_str<E: de::Error>(self, string: &str) -> Result<Self::Value, E> {
        value(Kind::StringValue(string.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Self::Value, A::Error> {
        let mut list = ListValue::default();
        SeqVisitor::<DirectCodec, Value>::new(&mut list.values, self.0).visit_seq(seq)?;
        value(Kind::ListValue(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        let mut object = Struct::default();
        let insert = |key, value| object.fields.insert(key, value).is_some();
        MapVisitor::<DirectCodec, String, Value, _>::new(self.0, insert).visit_map(map)?;
        value(Kind::StructValue(object))
    }
}

impl Json for Value {
    const SHAPE: Shape = Shape::Value;

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        *self = input.deserialize_any(ValueVisitor(scope))?;
        Ok(Parsed::Value)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        match &self.kind {
            // struct.proto: "Absence of any variant indicates an error."
            None => Err(S::Error::custom("google.protobuf.Value has no value")),
            Some(Kind::NullValue(_)) => output.serialize_unit(),
            Some(Kind::NumberValue(number)) if !number.is_finite() => Err(S::Error::custom(format_args!(
                "a google.protobuf.Value cannot be {number}"
            ))),
            Some(Kind::NumberValue(number)) => number.write(scope, output),
            Some(Kind::StringValue(string)) => output.serialize_str(string),
            Some(Kind::BoolValue(boolean)) => output.serialize_bool(*boolean),
            Some(Kind::StructValue(object)) => object.write(scope, output),
            Some(Kind::ListValue(list)) => list.write(scope, output),
        }
    }
}

impl Json for Struct {
    const SHAPE: Shape = Shape::Object;

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        let insert = |key, value| self.fields.insert(key, value).is_some();
        input.deserialize_any(MapVisitor::<DirectCodec, String, Value, _>::new(scope, insert))
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_map::<DirectCodec, _, _, S>(self.fields.iter(), scope, output)
    }
}

impl Json for ListValue {
    const SHAPE: Shape = Shape::Array;

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        input.deserialize_any(SeqVisitor::<DirectCodec, Value>::new(&mut self.values, scope))
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_seq::<DirectCodec, Value, S>(&self.values, scope, output)
    }
}

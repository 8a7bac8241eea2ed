//! A message described by a table, with its reader and writer.

use std::collections::BTreeMap;

use bytes::BytesMut;
use prost::DecodeError;
use prost::encoding::{
    DecodeContext, WireType, btree_map, check_wire_type, decode_key, encode_key, encode_varint, int64,
    merge_loop, message, skip_field, string,
};
use prost_types::Duration;
use serde_core::de::{self, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde_core::ser::SerializeSeq;
use serde_core::{Serialize, Serializer};

use super::{DetailType, FieldKind};
use crate::call::{AnyType, JsonContext, JsonError};
use crate::json::any::{AnyPayload, EncodedInput, parse_payload, payload_to_json};
use crate::json::codec::{TextInput, TextOutput};
use crate::json::container::NO_NULL;
use crate::json::field::{FieldReader, FieldWriter as _, ObjectWriter};
use crate::json::field_value::FieldValue;
use crate::json::message::{Field, ReadFields, read_object};
use crate::json::scope::Scope;
use crate::json::value::{DirectCodec, Parsed};

impl AnyType for DetailType {
    fn to_json(&self, bytes: &[u8], cx: &JsonContext) -> Result<String, JsonError> {
        payload_to_json(&mut DetailRecord::new(self), self.name, bytes, cx)
    }

    fn parse_json(&self, text: &str, cx: &JsonContext) -> Result<Vec<u8>, JsonError> {
        parse_payload(&mut DetailRecord::new(self), text, cx)
    }

    fn has_special_json(&self) -> bool {
        false
    }
}

/// A message: one value per field of its type.
pub(super) struct DetailRecord {
    name: &'static str,
    fields: &'static [Field],
    values: Vec<RecordValue>,
}

/// The value of a field.
enum RecordValue {
    Text(String),
    Texts(Vec<String>),
    Map(BTreeMap<String, String>),
    Integer(i64),
    OptionalInteger(Option<i64>),
    Duration(Option<Duration>),
    Message(&'static DetailType, Option<DetailRecord>),
    Messages(&'static DetailType, Vec<DetailRecord>),
}

impl DetailRecord {
    fn new(detail: &DetailType) -> Self {
        let unset = |kind: &FieldKind| match *kind {
            FieldKind::Text => RecordValue::Text(String::new()),
            FieldKind::Texts => RecordValue::Texts(Vec::new()),
            FieldKind::Map => RecordValue::Map(BTreeMap::new()),
            FieldKind::Integer => RecordValue::Integer(0),
            FieldKind::OptionalInteger => RecordValue::OptionalInteger(None),
            FieldKind::Duration => RecordValue::Duration(None),
            FieldKind::Message(detail) => RecordValue::Message(detail, None),
            FieldKind::Messages(detail) => RecordValue::Messages(detail, Vec::new()),
        };
        Self {
            name: detail.name,
            fields: detail.fields,
            values: detail.kinds.iter().map(unset).collect(),
        }
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        let inner = scope.deeper()?;
        let mut object = ObjectWriter::new(output.serialize_map(None)?, self.fields, inner);
        for (index, value) in self.values.iter().enumerate() {
            object.write(index, value);
        }
        object.end()
    }
}

impl ReadFields for DetailRecord {
    fn fields(&self) -> &'static [Field] {
        self.fields
    }

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match self.values.get_mut(index) {
            Some(value) => reader.read(value),
            None => reader.skip(),
        }
    }
}

impl AnyPayload for DetailRecord {
    fn merge(
        &mut self,
        tag: u32,
        wire_type: WireType,
        input: &mut EncodedInput<'_>,
        cx: DecodeContext,
    ) -> Result<(), DecodeError> {
        let Some(index) = self.fields.iter().position(|field| field.number == tag) else {
            return skip_field(wire_type, tag, input, cx);
        };
        let merged = match &mut self.values[index] {
            RecordValue::Text(text) => string::merge(wire_type, text, input, cx),
            RecordValue::Texts(texts) => string::merge_repeated(wire_type, texts, input, cx),
            RecordValue::Map(map) => btree_map::merge(string::merge, string::merge, map, input, cx),
            RecordValue::Integer(number) => int64::merge(wire_type, number, input, cx),
            RecordValue::OptionalInteger(number) => {
                int64::merge(wire_type, number.get_or_insert_default(), input, cx)
            }
            RecordValue::Duration(duration) => {
                message::merge(wire_type, duration.get_or_insert_default(), input, cx)
            }
            RecordValue::Message(detail, record) => record
                .get_or_insert_with(|| Self::new(detail))
                .merge_nested(wire_type, input, cx),
            RecordValue::Messages(detail, records) => {
                let mut record = Self::new(detail);
                let merged = record.merge_nested(wire_type, input, cx);
                records.push(record);
                merged
            }
        };
        merged.map_err(|mut error| {
            error.push(self.name, self.fields[index].name);
            error
        })
    }

    fn encode(&self, output: &mut BytesMut) {
        for (field, value) in self.fields.iter().zip(&self.values) {
            let tag = field.number;
            match value {
                unset if unset.is_unset() => {}
                RecordValue::Text(text) => string::encode(tag, text, output),
                RecordValue::Texts(texts) => string::encode_repeated(tag, texts, output),
                RecordValue::Map(map) => btree_map::encode(
                    string::encode,
                    string::encoded_len,
                    string::encode,
                    string::encoded_len,
                    tag,
                    map,
                    output,
                ),
                RecordValue::Integer(number) => int64::encode(tag, number, output),
                RecordValue::OptionalInteger(number) => {
                    number
                        .iter()
                        .for_each(|number| int64::encode(tag, number, output));
                }
                RecordValue::Duration(duration) => duration
                    .iter()
                    .for_each(|duration| message::encode(tag, duration, output)),
                RecordValue::Message(_, record) => {
                    record.iter().for_each(|record| record.encode_nested(tag, output));
                }
                RecordValue::Messages(_, records) => {
                    records
                        .iter()
                        .for_each(|record| record.encode_nested(tag, output));
                }
            }
        }
    }

    fn read<'de>(
        &mut self,
        scope: Scope<'_>,
        input: &mut TextInput<'de>,
    ) -> Result<Parsed, serde_json::Error> {
        read_object(self, scope, input)
    }

    fn write(&self, scope: Scope<'_>, output: &mut TextOutput<'_>) -> Result<(), serde_json::Error> {
        self.write(scope, output)
    }
}

impl DetailRecord {
    // The tables are not recursive, so the nesting depth needs no limit.
    fn merge_nested(
        &mut self,
        wire_type: WireType,
        input: &mut EncodedInput<'_>,
        cx: DecodeContext,
    ) -> Result<(), DecodeError> {
        check_wire_type(WireType::LengthDelimited, wire_type)?;
        merge_loop(self, input, cx, |record, input, cx| {
            let (tag, wire_type) = decode_key(input)?;
            record.merge(tag, wire_type, input, cx)
        })
    }

    fn encode_nested(&self, tag: u32, output: &mut BytesMut) {
        let mut nested = BytesMut::new();
        self.encode(&mut nested);
        encode_key(tag, WireType::LengthDelimited, output);
        encode_varint(nested.len() as u64, output);
        output.extend_from_slice(&nested);
    }
}

impl FieldValue<DirectCodec> for RecordValue {
    fn is_unset(&self) -> bool {
        match self {
            Self::Text(text) => text.is_empty(),
            Self::Texts(texts) => texts.is_empty(),
            Self::Map(map) => map.is_empty(),
            Self::Integer(number) => *number == 0,
            Self::OptionalInteger(number) => number.is_none(),
            Self::Duration(duration) => duration.is_none(),
            Self::Message(_, record) => record.is_none(),
            Self::Messages(_, records) => records.is_empty(),
        }
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        match self {
            Self::Text(text) => FieldValue::<DirectCodec>::read(text, scope, input),
            Self::Texts(texts) => FieldValue::<DirectCodec>::read(texts, scope, input),
            Self::Map(map) => FieldValue::<DirectCodec>::read(map, scope, input),
            Self::Integer(number) => FieldValue::<DirectCodec>::read(number, scope, input),
            Self::OptionalInteger(number) => FieldValue::<DirectCodec>::read(number, scope, input),
            Self::Duration(duration) => FieldValue::<DirectCodec>::read(duration, scope, input),
            Self::Message(detail, slot) => {
                let record = slot.insert(DetailRecord::new(detail));
                if read_object(record, scope, input)? != Parsed::Value {
                    *slot = None;
                }
                Ok(())
            }
            Self::Messages(detail, records) => input.deserialize_any(RecordsVisitor {
                detail,
                records,
                scope,
            }),
        }
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => FieldValue::<DirectCodec>::write(text, scope, output),
            Self::Texts(texts) => FieldValue::<DirectCodec>::write(texts, scope, output),
            Self::Map(map) => FieldValue::<DirectCodec>::write(map, scope, output),
            Self::Integer(number) => FieldValue::<DirectCodec>::write(number, scope, output),
            Self::OptionalInteger(number) => FieldValue::<DirectCodec>::write(number, scope, output),
            Self::Duration(duration) => FieldValue::<DirectCodec>::write(duration, scope, output),
            Self::Message(_, record) => match record {
                Some(record) => record.write(scope, output),
                None => output.serialize_unit(),
            },
            Self::Messages(_, records) => {
                let inner = scope.deeper()?;
                let mut seq = output.serialize_seq(None)?;
                for (index, record) in records.iter().enumerate() {
                    seq.serialize_element(&SerializeRecord(record, inner))
                        .map_err(|error| scope.at_index(index, error))?;
                }
                seq.end()
            }
        }
    }
}

/// A record that serde writes.
struct SerializeRecord<'a>(&'a DetailRecord, Scope<'a>);

impl Serialize for SerializeRecord<'_> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        self.0.write(self.1, output)
    }
}

/// A visitor of an array of records.
struct RecordsVisitor<'a, 's> {
    detail: &'static DetailType,
    records: &'a mut Vec<DetailRecord>,
    scope: Scope<'s>,
}

impl<'de> Visitor<'de> for RecordsVisitor<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self {
            detail,
            records,
            scope,
        } = self;
        loop {
            let mut record = DetailRecord::new(detail);
            match seq.next_element_seed(RecordSeed(&mut record, scope)) {
                Ok(Some(Parsed::Value | Parsed::Ignored)) => records.push(record),
                Ok(Some(Parsed::Null)) => {
                    return Err(scope.at_index(records.len(), de::Error::custom(NO_NULL)));
                }
                Ok(None) => return Ok(()),
                Err(error) => return Err(scope.at_index(records.len(), error)),
            }
        }
    }
}

struct RecordSeed<'a, 's>(&'a mut DetailRecord, Scope<'s>);

impl<'de> DeserializeSeed<'de> for RecordSeed<'_, '_> {
    type Value = Parsed;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Parsed, D::Error> {
        read_object(self.0, self.1, input)
    }
}

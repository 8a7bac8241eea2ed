//! `google.protobuf.Any`: the JSON of the contained message, with its type URL.
//!
//! ProtoJSON: `{"@type": url, …the message's members}`, or `{"@type": url, "value": …}` if the message's JSON is not an
//! object with its fields. As an extension, a message of an unknown type is `{"@type": url, "value": base64}` in both
//! directions, so error details can pass through a server that does not know their type.

use std::collections::HashMap;
use std::marker::PhantomData;

use bytes::buf::Take;
use bytes::{Buf as _, Bytes, BytesMut};
use prost::encoding::{DecodeContext, WireType, decode_key};
use prost_types::{Any, Duration, FieldMask, ListValue, Struct, Timestamp, Value};
use serde_core::de::{self, Deserializer, MapAccess, Visitor};
use serde_core::ser::{Error as _, SerializeMap};
use serde_core::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::bytes::decode;
use super::codec::{TextInput, TextOutput, parse, text};
use super::details;
use super::scope::{MAX_DEPTH, Scope, invalid, truncate_name};
use super::value::{Json, Parsed, Shape};
use crate::call::{AnyType, JsonContext, JsonError, MessageCodec, TypeRegistry};

const TYPE_MEMBER: &str = "@type";
const VALUE_MEMBER: &str = "value";
const EMPTY_FULL_NAME: &str = "google.protobuf.Empty";

/// A set of message types that `Any` may hold, for [`JsonContext::types`]. The types of `google.protobuf` with a
/// special JSON form (such as `Timestamp` and `Struct`) and the error [`details`](crate::call::details) are always
/// known.
#[derive(Default)]
pub struct Types {
    types: HashMap<&'static str, Box<dyn AnyType>>,
}

impl Types {
    /// Creates an empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a type under its codec's name, replacing any of the same name.
    #[must_use]
    pub fn with<M: 'static>(mut self, codec: MessageCodec<M>) -> Self {
        self.types.insert(codec.name(), Box::new(codec));
        self
    }
}

impl TypeRegistry for Types {
    fn find(&self, full_name: &str) -> Option<&dyn AnyType> {
        self.types.get(full_name).map(Box::as_ref)
    }
}

impl std::fmt::Debug for Types {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.types.keys()).finish()
    }
}

fn find<'a>(context: &'a JsonContext, full_name: &str) -> Option<&'a dyn AnyType> {
    let builtin = || match full_name.rsplit_once('.')? {
        ("google.protobuf", name) => builtin(name),
        ("google.rpc", name) => details::builtin(name),
        _ => None,
    };
    context.find_type(full_name).or_else(builtin)
}

fn builtin(name: &str) -> Option<&'static dyn AnyType> {
    macro_rules! find {
        ($($name:literal $type:ty,)*) => {
            match name {
                $($name => Some(const { &BuiltinType::<$type>::new(concat!("google.protobuf.", $name)) }),)*
                _ => None,
            }
        };
    }
    find! {
        "Any" Any, "Duration" Duration, "Empty" (), "FieldMask" FieldMask, "Timestamp" Timestamp,
        "ListValue" ListValue, "Struct" Struct, "Value" Value,
        "BoolValue" bool, "BytesValue" Vec<u8>, "DoubleValue" f64, "FloatValue" f32, "Int32Value" i32,
        "Int64Value" i64, "StringValue" String, "UInt32Value" u32, "UInt64Value" u64,
    }
}

/// A type that is known without registration. Every program contains these, so unlike a [`MessageCodec`] they omit the
/// code for `params`.
struct BuiltinType<M> {
    name: &'static str,
    message: PhantomData<fn() -> M>,
}

impl<M> BuiltinType<M> {
    const fn new(name: &'static str) -> Self {
        Self {
            name,
            message: PhantomData,
        }
    }
}

impl<M: prost::Message + Default + Json> AnyType for BuiltinType<M> {
    fn to_json(&self, bytes: &[u8], cx: &JsonContext) -> Result<String, JsonError> {
        payload_to_json(&mut M::default(), self.name, bytes, cx)
    }

    fn parse_json(&self, text: &str, cx: &JsonContext) -> Result<Vec<u8>, JsonError> {
        parse_payload(&mut M::default(), text, cx)
    }

    fn has_special_json(&self) -> bool {
        M::SHAPE.is_special()
    }
}

/// The buffer type that calls use for decoding, so its code is not compiled again.
pub(super) type EncodedInput<'a> = Take<&'a mut Bytes>;

/// An object-safe message of a built-in type. The code around its conversions is compiled once for all types.
pub(super) trait AnyPayload {
    /// Reads a field of the protobuf encoding.
    fn merge(
        &mut self,
        tag: u32,
        wire_type: WireType,
        input: &mut EncodedInput<'_>,
        cx: DecodeContext,
    ) -> Result<(), prost::DecodeError>;

    /// Appends the protobuf encoding.
    fn encode(&self, output: &mut BytesMut);

    /// Reads the JSON into a default message.
    fn read<'de>(
        &mut self,
        scope: Scope<'_>,
        input: &mut TextInput<'de>,
    ) -> Result<Parsed, serde_json::Error>;

    /// Writes the JSON.
    fn write(&self, scope: Scope<'_>, output: &mut TextOutput<'_>) -> Result<(), serde_json::Error>;
}

impl<M: prost::Message + Json> AnyPayload for M {
    fn merge(
        &mut self,
        tag: u32,
        wire_type: WireType,
        input: &mut EncodedInput<'_>,
        cx: DecodeContext,
    ) -> Result<(), prost::DecodeError> {
        self.merge_field(tag, wire_type, input, cx)
    }

    fn encode(&self, output: &mut BytesMut) {
        self.encode_raw(output);
    }

    fn read<'de>(
        &mut self,
        scope: Scope<'_>,
        input: &mut TextInput<'de>,
    ) -> Result<Parsed, serde_json::Error> {
        Json::read(self, scope, input)
    }

    fn write(&self, scope: Scope<'_>, output: &mut TextOutput<'_>) -> Result<(), serde_json::Error> {
        Json::write(self, scope, output)
    }
}

/// Converts an encoded message to JSON; `message` must be the default.
pub(super) fn payload_to_json(
    message: &mut dyn AnyPayload,
    name: &str,
    bytes: &[u8],
    cx: &JsonContext,
) -> Result<String, JsonError> {
    let mut buffer = Bytes::copy_from_slice(bytes);
    let mut input = (&mut buffer).take(bytes.len());
    while input.has_remaining() {
        decode_key(&mut input)
            .and_then(|(tag, wire_type)| message.merge(tag, wire_type, &mut input, DecodeContext::default()))
            .map_err(|error| invalid_payload(name, &error))?;
    }
    text(cx, &mut |scope, output| message.write(scope, output))
}

/// Converts JSON to an encoded message; `message` must be the default.
pub(super) fn parse_payload(
    message: &mut dyn AnyPayload,
    text: &str,
    cx: &JsonContext,
) -> Result<Vec<u8>, JsonError> {
    parse(text, cx, &mut |scope, input| message.read(scope, input))?;
    let mut buffer = BytesMut::new();
    message.encode(&mut buffer);
    Ok(buffer.into())
}

/// Returns the error for an `Any` whose bytes do not match its type.
#[cold]
pub(super) fn invalid_payload(name: &str, error: &prost::DecodeError) -> JsonError {
    JsonError::new(format!(
        "google.protobuf.Any does not contain a valid {name}: {error}"
    ))
}

/// Returns the part of a type URL after its last slash (any.proto: "must contain at least one '/'").
fn full_name(type_url: &str) -> Option<&str> {
    type_url
        .rsplit_once('/')
        .map(|(_, name)| name)
        .filter(|name| !name.is_empty())
}

impl Json for Any {
    const SHAPE: Shape = Shape::Object;

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, input.deserialize_any(AnyVisitor(scope))?))
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        let inner = scope.deeper()?;
        if self.type_url.is_empty() && self.value.is_empty() {
            return output.serialize_map(Some(0))?.end();
        }
        let Some(name) = full_name(&self.type_url) else {
            return Err(S::Error::custom(format_args!(
                "`{}` is not a type URL",
                truncate_name(&self.type_url)
            )));
        };
        let Some(any_type) = find(scope.context(), name) else {
            let mut map = output.serialize_map(None)?;
            map.serialize_entry(TYPE_MEMBER, &self.type_url)?;
            map.serialize_entry(
                VALUE_MEMBER,
                &super::value::SerializeWith::<super::DirectCodec, _>::new(&self.value, inner),
            )?;
            return map.end();
        };
        let context = scope
            .any_context()
            .ok_or_else(|| S::Error::custom("google.protobuf.Any is nested too deeply"))?;
        let json = any_type
            .to_json(&self.value, &context)
            .map_err(S::Error::custom)?;
        let json = RawValue::from_string(json).map_err(S::Error::custom)?;
        if any_type.has_special_json() {
            let mut map = output.serialize_map(None)?;
            map.serialize_entry(TYPE_MEMBER, &self.type_url)?;
            map.serialize_entry(VALUE_MEMBER, &json)?;
            map.end()
        } else {
            with_type(&self.type_url, &json)
                .map_err(S::Error::custom)?
                .serialize(output)
        }
    }
}

/// Inserts `@type` as the first member of a JSON object.
fn with_type(type_url: &str, json: &RawValue) -> Result<Box<RawValue>, serde_json::Error> {
    let members = json.get().trim_start().strip_prefix('{').unwrap_or_default();
    let comma = if members.trim_start().starts_with('}') {
        ""
    } else {
        ","
    };
    let type_url = serde_json::to_string(type_url)?;
    RawValue::from_string(format!("{{\"{TYPE_MEMBER}\":{type_url}{comma}{members}"))
}

struct AnyVisitor<'a>(Scope<'a>);

impl<'de> Visitor<'de> for AnyVisitor<'_> {
    type Value = Option<Any>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object with `@type`")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut type_url = None;
        let mut members = AnyMembers::default();
        // `@type` may come last, so the other members are kept as text.
        while let Some(key) = map.next_key::<String>()? {
            if key == TYPE_MEMBER {
                if type_url.replace(map.next_value::<String>()?).is_some() {
                    return Err(de::Error::custom("`@type` appears twice"));
                }
            } else {
                members.push(&key, map.next_value()?)?;
            }
        }
        match type_url {
            Some(type_url) => members.into_any(type_url, self.0).map(Some),
            None if members.is_empty() => Ok(Some(Any::default())),
            None => Err(de::Error::custom("`@type` is missing")),
        }
    }
}

/// The members of an `Any` other than `@type`.
#[derive(Default)]
struct AnyMembers<'de> {
    /// All members, separated by commas, after an opening brace.
    text: String,
    value: Option<&'de RawValue>,
    /// Name of a member other than `value`.
    other: Option<String>,
}

impl<'de> AnyMembers<'de> {
    fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    fn push<E: de::Error>(&mut self, key: &str, value: &'de RawValue) -> Result<(), E> {
        self.text.push(if self.text.is_empty() { '{' } else { ',' });
        self.text
            .push_str(&serde_json::to_string(key).map_err(E::custom)?);
        self.text.push(':');
        self.text.push_str(value.get());
        if key != VALUE_MEMBER {
            self.other.get_or_insert_with(|| truncate_name(key).into_owned());
        } else if self.value.replace(value).is_some() {
            return Err(E::custom("`value` appears twice"));
        }
        Ok(())
    }

    fn into_any<E: de::Error>(mut self, type_url: String, scope: Scope<'_>) -> Result<Any, E> {
        let Some(name) = full_name(&type_url) else {
            return Err(invalid(&type_url, "is not a type URL"));
        };
        let Some(any_type) = find(scope.context(), name) else {
            let encoded = self.only_value(scope)?;
            let base64 = serde_json::from_str::<String>(encoded).ok();
            let value = base64
                .and_then(|text| decode(&text))
                .ok_or_else(|| invalid(name, "is not a known type"))?;
            return Ok(Any { type_url, value });
        };
        let context = scope
            .any_context()
            .ok_or_else(|| E::custom("google.protobuf.Any is nested too deeply"))?;
        if !scope.inside_any() && nesting_depth(&self.text) > usize::from(MAX_DEPTH) {
            return Err(E::custom("google.protobuf.Any is nested too deeply"));
        }
        // Go's implementation writes `Empty` with a member `value`; C++'s does not.
        let is_special = any_type.has_special_json() || (name == EMPTY_FULL_NAME && self.value.is_some());
        let value = if is_special {
            any_type.parse_json(self.only_value(scope)?, &context)
        } else {
            self.text.push_str(if self.text.is_empty() { "{}" } else { "}" });
            any_type.parse_json(&self.text, &context)
        };
        Ok(Any {
            type_url,
            value: value.map_err(E::custom)?,
        })
    }

    /// Returns the text of the member `value`, which must be the only member.
    fn only_value<E: de::Error>(&self, scope: Scope<'_>) -> Result<&'de str, E> {
        match (&self.other, self.value) {
            (Some(other), _) if !scope.context().ignores_unknown() => {
                Err(E::custom(format_args!("unknown field `{other}`")))
            }
            (_, Some(value)) => Ok(value.get()),
            (_, None) => Err(E::custom("`value` is missing")),
        }
    }
}

/// Returns the nesting depth of arrays and objects in a JSON text. Each message in an `Any` is parsed separately, so
/// the limits of those parsers would add up.
fn nesting_depth(text: &str) -> usize {
    let (mut depth, mut deepest) = (0usize, 0);
    let mut in_string = false;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => in_string = !in_string,
            b'\\' => drop(bytes.next()),
            _ if in_string => {}
            b'{' | b'[' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b'}' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

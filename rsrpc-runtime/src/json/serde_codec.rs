//! JSON of types without a protobuf form, converted by serde. Used by `#[service(codec = "json")]`.

use serde_core::Serialize;
use serde_core::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::scope::error_text;
use crate::call::{JsonCodec, JsonContext, JsonError, MessageCodec};

/// A type that serde can read and write: an argument or result of a service with `codec = "json"`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent by a service with `codec = \"json\"`",
    label = "does not implement serde's `Serialize` and `Deserialize`",
    note = "derive both: `#[derive(serde::Serialize, serde::Deserialize)]`"
)]
pub trait SerdeValue: Serialize + DeserializeOwned {}

#[diagnostic::do_not_recommend]
impl<T: Serialize + DeserializeOwned> SerdeValue for T {}

/// Creates the codec of a type with serde support. As `params` it is an object, or the only element of an array.
///
/// Errors refer to the type as `name`, the name of its method.
pub const fn serde_codec<T: SerdeValue>(name: &'static str) -> MessageCodec<T> {
    MessageCodec::json_only(
        name,
        JsonCodec {
            encode: |value, _, output| encode(value, output),
            decode,
            decode_params,
            encode_params,
            special: true,
        },
    )
}

/// Creates the codec of a method without arguments: `params` are absent or empty.
pub const fn no_arguments_codec(name: &'static str) -> MessageCodec<()> {
    MessageCodec::json_only(
        name,
        JsonCodec {
            encode: |value, _, output| encode(value, output),
            decode,
            decode_params: |params, _| match classify_params(params) {
                RawParams::Absent => Ok(()),
                RawParams::Array(text) => match elements(text)?.as_slice() {
                    [] => Ok(()),
                    _ => Err(JsonError::new("the method takes no arguments")),
                },
                RawParams::Object(text) => match members(text)?.as_slice() {
                    [] => Ok(()),
                    _ => Err(JsonError::new("the method takes no arguments")),
                },
            },
            encode_params: |(), _, output| {
                output.extend_from_slice(b"[]");
                Ok(())
            },
            special: true,
        },
    )
}

pub(super) fn encode<T: Serialize>(value: &T, output: &mut Vec<u8>) -> Result<(), JsonError> {
    let start = output.len();
    serde_json::to_writer(&mut *output, value).map_err(|error| {
        output.truncate(start);
        JsonError::new(error.to_string())
    })
}

fn decode<T: DeserializeOwned>(text: &str, _: &JsonContext) -> Result<T, JsonError> {
    serde_json::from_str(text).map_err(|error| JsonError::new(error_text(&error)))
}

fn decode_params<T: DeserializeOwned>(params: Option<&str>, context: &JsonContext) -> Result<T, JsonError> {
    match classify_params(params) {
        RawParams::Object(text) => decode(text, context),
        RawParams::Absent => decode("{}", context),
        RawParams::Array(text) => match elements(text)?.as_slice() {
            [] => decode("{}", context),
            [only] => decode(only.get(), context),
            _ => Err(too_many_positions(1)),
        },
    }
}

fn encode_params<T: Serialize>(value: &T, _: &JsonContext, output: &mut Vec<u8>) -> Result<(), JsonError> {
    let start = output.len();
    encode(value, output)?;
    if output.get(start) != Some(&b'{') {
        output.insert(start, b'[');
        output.push(b']');
    }
    Ok(())
}

/// The form of `params`.
pub(super) enum RawParams<'a> {
    /// Absent or `null`.
    Absent,
    Array(&'a str),
    Object(&'a str),
}

pub(super) fn classify_params(params: Option<&str>) -> RawParams<'_> {
    let text = params.unwrap_or("null").trim();
    match text.as_bytes().first() {
        Some(b'[') => RawParams::Array(text),
        Some(b'{') => RawParams::Object(text),
        _ => RawParams::Absent,
    }
}

/// Returns the texts of an array's elements.
pub(super) fn elements(text: &str) -> Result<Vec<&RawValue>, JsonError> {
    serde_json::from_str(text).map_err(|error| JsonError::new(error.to_string()))
}

/// Returns the keys and texts of an object's members, in order.
pub(super) fn members(text: &str) -> Result<Vec<(String, &RawValue)>, JsonError> {
    let members: RawMembers<'_> =
        serde_json::from_str(text).map_err(|error| JsonError::new(error.to_string()))?;
    Ok(members.0)
}

pub(super) fn too_many_positions(count: usize) -> JsonError {
    JsonError::new(format!("too many positional params: the method has {count}"))
}

/// The members of an object in order, including repeated keys, of which serde_json's maps keep only the last.
struct RawMembers<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> serde_core::Deserialize<'de> for RawMembers<'a> {
    fn deserialize<D: serde_core::Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_map(RawMembersVisitor).map(RawMembers)
    }
}

struct RawMembersVisitor;

impl<'de> serde_core::de::Visitor<'de> for RawMembersVisitor {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde_core::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

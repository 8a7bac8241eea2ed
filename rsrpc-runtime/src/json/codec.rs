//! Conversion of whole JSON texts, for a [`MessageCodec`] and for callers.

use super::any::invalid_payload;
use super::params::{params_from_str, write_params};
use super::scope::{Conversion, Scope};
use super::value::{Json, Parsed};
use crate::call::{AnyType, JsonCodec, JsonContext, JsonError, MessageCodec};

/// Reads a message from a JSON text.
///
/// # Errors
/// The text is not valid JSON for this message: a syntax error, an unknown or repeated member, or a value of another
/// type.
pub fn from_str<M: Json>(text: &str, context: &JsonContext) -> Result<M, JsonError> {
    let mut message = M::default();
    parse(text, context, &mut |scope, input| message.read(scope, input))?;
    Ok(message)
}

/// Writes a message as a JSON text.
///
/// # Errors
/// A value has no JSON form, such as a timestamp after the year 9999, or messages are nested more than 127 levels deep.
pub fn to_string<M: Json>(message: &M, context: &JsonContext) -> Result<String, JsonError> {
    text(context, &mut |scope, output| message.write(scope, output))
}

/// serde_json's deserializer of a text. All reading code is compiled for this type only.
pub(super) type TextInput<'de> = serde_json::Deserializer<serde_json::de::StrRead<'de>>;

/// Reads a whole text. Compiled once for all message types, whose code is behind a reference.
#[inline(never)]
pub(super) fn parse<'de>(
    text: &'de str,
    context: &JsonContext,
    read: &mut dyn FnMut(Scope<'_>, &mut TextInput<'de>) -> Result<Parsed, serde_json::Error>,
) -> Result<(), JsonError> {
    let root = Conversion::new(context);
    let mut input = serde_json::Deserializer::from_str(text);
    let read = read(root.scope(), &mut input).and_then(|parsed| match parsed {
        Parsed::Value => input.end(),
        Parsed::Null | Parsed::Ignored => Err(serde_core::de::Error::custom("null is not a message")),
    });
    read.map_err(|error| root.error(&error))
}

pub(super) fn write<M: Json>(
    message: &M,
    context: &JsonContext,
    output: &mut Vec<u8>,
) -> Result<(), JsonError> {
    write_with(context, output, &mut |scope, output| message.write(scope, output))
}

/// serde_json's serializer. All writing code is compiled for this type only.
pub(super) type TextOutput<'a> = serde_json::Serializer<&'a mut Vec<u8>>;

/// Writes a whole text.
#[inline(never)]
pub(super) fn text(
    context: &JsonContext,
    write: &mut dyn FnMut(Scope<'_>, &mut TextOutput<'_>) -> Result<(), serde_json::Error>,
) -> Result<String, JsonError> {
    let mut output = Vec::with_capacity(128);
    write_with(context, &mut output, write)?;
    String::from_utf8(output).map_err(|error| JsonError::new(error.to_string()))
}

/// Appends a text. On an error, appends nothing.
#[inline(never)]
fn write_with(
    context: &JsonContext,
    output: &mut Vec<u8>,
    write: &mut dyn FnMut(Scope<'_>, &mut TextOutput<'_>) -> Result<(), serde_json::Error>,
) -> Result<(), JsonError> {
    let root = Conversion::new(context);
    let start = output.len();
    write(root.scope(), &mut serde_json::Serializer::new(&mut *output)).map_err(|error| {
        output.truncate(start);
        root.error(&error)
    })
}

impl<M: Json> MessageCodec<M> {
    /// Adds canonical proto3 JSON to the codec.
    #[must_use]
    pub const fn json(self) -> Self {
        self.with_json(JsonCodec {
            encode: write,
            decode: from_str,
            decode_params: params_from_str,
            encode_params: write_params,
            special: M::SHAPE.is_special(),
        })
    }
}

/// An `Any` can hold a type with both encodings. Conversion fails if one is missing.
impl<M> AnyType for MessageCodec<M> {
    fn to_json(&self, bytes: &[u8], cx: &JsonContext) -> Result<String, JsonError> {
        let (Some(protobuf), Some(json)) = (self.as_protobuf(), self.as_json()) else {
            return Err(self.lacks_encoding());
        };
        let mut buffer = bytes::Bytes::copy_from_slice(bytes);
        let message = (protobuf.decode)(&mut buffer, bytes.len())
            .map_err(|error| invalid_payload(self.name(), &error))?;
        let mut output = Vec::new();
        (json.encode)(&message, cx, &mut output)?;
        String::from_utf8(output).map_err(|error| JsonError::new(error.to_string()))
    }

    fn parse_json(&self, text: &str, cx: &JsonContext) -> Result<Vec<u8>, JsonError> {
        let (Some(protobuf), Some(json)) = (self.as_protobuf(), self.as_json()) else {
            return Err(self.lacks_encoding());
        };
        let message = (json.decode)(text, cx)?;
        let mut buffer = bytes::BytesMut::with_capacity((protobuf.encoded_len)(&message));
        (protobuf.encode)(&message, &mut buffer);
        Ok(buffer.into())
    }

    fn has_special_json(&self) -> bool {
        self.as_json().is_some_and(|json| json.special)
    }
}

impl<M> MessageCodec<M> {
    fn lacks_encoding(&self) -> JsonError {
        JsonError::new(format!(
            "{} cannot be held by google.protobuf.Any: it lacks an encoding",
            self.name()
        ))
    }
}

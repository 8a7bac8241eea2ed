//! JSON-RPC `params` as a message: an object with its fields, or an array of them in ascending order of their numbers.
//!
//! If the first field cannot be an object, an array with a single object is read as the message, for clients that send
//! only arrays. The schema alone decides, so the interpretation never depends on the content.

use serde_core::de::{self, Deserializer, IgnoredAny, SeqAccess, Visitor};

use super::codec::{parse, write};
use super::message::{FieldSeed, JsonMessage, name_at};
use super::scope::Scope;
use super::value::{CodecSeed, DirectCodec, Json, Parsed, Shape};
use crate::call::{JsonContext, JsonError};

/// Reads a message from a JSON-RPC request's `params`, which may be absent.
///
/// # Errors
/// The `params` are not valid for this message, or have more elements than it has fields.
pub fn params_from_str<M: Json>(params: Option<&str>, context: &JsonContext) -> Result<M, JsonError> {
    let mut message = M::default();
    match params_form(M::SHAPE, M::FIRST_IS_OBJECT, params)? {
        ParamsForm::Absent => {}
        ParamsForm::Whole(text) => parse(text, context, &mut |scope, input| message.read(scope, input))?,
        ParamsForm::Positions(text) => parse(text, context, &mut |scope, input| {
            message.read_positions(scope, input)?;
            Ok(Parsed::Value)
        })?,
        ParamsForm::One(text) => parse(text, context, &mut |scope, input| {
            read_one(&mut message, scope, input)?;
            Ok(Parsed::Value)
        })?,
    }
    Ok(message)
}

/// The form in which `params` hold a message.
enum ParamsForm<'a> {
    /// Absent: the default message.
    Absent,
    /// The message itself.
    Whole(&'a str),
    /// An array of the message's fields.
    Positions(&'a str),
    /// An array with the message as its only element.
    One(&'a str),
}

fn params_form(
    shape: Shape,
    first_is_object: bool,
    params: Option<&str>,
) -> Result<ParamsForm<'_>, JsonError> {
    let is_blank = |character| matches!(character, ' ' | '\t' | '\n' | '\r');
    let text = params.map_or("null", |text| text.trim_matches(is_blank));
    if text == "null" {
        return Ok(if shape == Shape::Value {
            ParamsForm::Whole(text)
        } else {
            ParamsForm::Absent
        });
    }
    let elements = text
        .strip_prefix('[')
        .map(|rest| rest.trim_start_matches(is_blank));
    Ok(match (shape, elements) {
        (Shape::Message, Some(elements)) if first_is_object || !elements.starts_with('{') => {
            ParamsForm::Positions(text)
        }
        (Shape::Message | Shape::Single | Shape::Object | Shape::Empty, Some(_)) => ParamsForm::One(text),
        (Shape::Single | Shape::Array, None) => {
            return Err(JsonError::new("invalid params: this method requires an array"));
        }
        (Shape::Value | Shape::Array, Some(_)) | (_, None) => ParamsForm::Whole(text),
    })
}

/// Appends `params` that [`params_from_str`] reads back as the same message.
///
/// # Errors
/// A value has no JSON form, or the message is a `google.protobuf.Value` other than an array, an object or null, which
/// `params` cannot hold.
pub(super) fn write_params<M: Json>(
    message: &M,
    context: &JsonContext,
    output: &mut Vec<u8>,
) -> Result<(), JsonError> {
    let start = output.len();
    if M::SHAPE == Shape::Single {
        output.push(b'[');
        write(message, context, output).inspect_err(|_| output.truncate(start))?;
        output.push(b']');
        return Ok(());
    }
    write(message, context, output)?;
    if M::SHAPE == Shape::Value && !matches!(output.get(start), Some(b'{' | b'[' | b'n')) {
        output.truncate(start);
        return Err(JsonError::new(
            "invalid params: a google.protobuf.Value must be an array, an object or null",
        ));
    }
    Ok(())
}

/// Reads an array of at most one value into a default message.
pub(super) fn read_one<'de, M: Json, D: Deserializer<'de>>(
    message: &mut M,
    scope: Scope<'_>,
    input: D,
) -> Result<(), D::Error> {
    input.deserialize_seq(SingleElementVisitor { message, scope })
}

struct SingleElementVisitor<'a, 's, M> {
    message: &'a mut M,
    scope: Scope<'s>,
}

impl<'de, M: Json> Visitor<'de> for SingleElementVisitor<'_, '_, M> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array of one value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let seed = CodecSeed::<DirectCodec, M>::new(self.message, self.scope);
        if seq.next_element_seed(seed)? == Some(Parsed::Null) && M::SHAPE == Shape::Empty {
            return Err(too_many_elements(0));
        }
        end(seq, 1)
    }
}

/// Reads an array of a message's fields.
pub(super) fn read_fields<'de, M: JsonMessage, D: Deserializer<'de>>(
    message: &mut M,
    scope: Scope<'_>,
    input: D,
) -> Result<(), D::Error> {
    input.deserialize_seq(PositionalVisitor { message, scope })
}

struct PositionalVisitor<'a, 's, M> {
    message: &'a mut M,
    scope: Scope<'s>,
}

impl<'de, M: JsonMessage> Visitor<'de> for PositionalVisitor<'_, '_, M> {
    type Value = ();

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { message, scope } = self;
        for index in 0..M::FIELDS.len() {
            match seq.next_element_seed(FieldSeed {
                message,
                index,
                scope,
            }) {
                Ok(Some(())) => {}
                Ok(None) => return Ok(()),
                Err(error) => return Err(scope.at_member(name_at(M::FIELDS, index), error)),
            }
        }
        end(seq, M::FIELDS.len())
    }
}

/// Rejects further elements.
fn end<'de, A: SeqAccess<'de>>(mut seq: A, count: usize) -> Result<(), A::Error> {
    match seq.next_element::<IgnoredAny>()? {
        Some(_) => Err(too_many_elements(count)),
        None => Ok(()),
    }
}

#[cold]
fn too_many_elements<E: de::Error>(count: usize) -> E {
    E::custom(format_args!(
        "too many positional params: the message has {count}"
    ))
}

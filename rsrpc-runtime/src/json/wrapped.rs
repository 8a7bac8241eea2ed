//! A value as the only member of an object, without a message type around it: `{"value": …}`.

use serde_core::Serializer;

use super::codec::from_str;
use super::field::{FieldReader, FieldWriter, Object};
use super::message::{Field, JsonMessage};
use super::params::params_from_str;
use super::scope::Root;
use super::slot::Slot;
use super::value::Plain;
use crate::call::{JsonCodec, JsonContext, JsonError};

const FIELDS: &[Field] = &[Field::new(1, "value", "value")];

/// The JSON functions of a type that is the member `value` of an object.
pub(crate) const fn wrapped<T: Slot<Plain> + Default>() -> JsonCodec<T> {
    JsonCodec {
        encode: write,
        decode: |text, context| from_str(text, context).map(|Wrapped(value)| value),
        decode_params: |params, context| params_from_str(params, context).map(|Wrapped(value)| value),
        encode_params: write,
        special: false,
    }
}

/// What is read.
#[derive(Default)]
struct Wrapped<T>(T);

impl<T: Slot<Plain> + Default> JsonMessage for Wrapped<T> {
    const FIELDS: &'static [Field] = FIELDS;

    fn read_field<R: FieldReader>(&mut self, _: usize, reader: R) -> Result<(), R::Error> {
        reader.read(&mut self.0)
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.0);
    }
}

/// What is written is borrowed, so it cannot be in a [`Wrapped`].
fn write<T: Slot<Plain>>(value: &T, context: &JsonContext, output: &mut Vec<u8>) -> Result<(), JsonError> {
    let root = Root::new(context);
    let start = output.len();
    let mut serializer = serde_json::Serializer::new(&mut *output);
    let written = root.scope().deeper().and_then(|inner| {
        let mut object = Object::new(serializer.serialize_map(None)?, FIELDS, inner);
        object.write(0, value);
        object.end()
    });
    written.map_err(|error| {
        output.truncate(start);
        root.error(&error)
    })
}

//! A value as the only member of an object, without a Rust message type: `{"value": …}`.

use serde_core::Serializer;

use super::codec::from_str;
use super::field::{FieldReader, FieldWriter, ObjectWriter};
use super::field_value::FieldValue;
use super::message::{Field, JsonMessage};
use super::params::params_from_str;
use super::scope::Conversion;
use super::value::DirectCodec;
use crate::call::{JsonCodec, JsonContext, JsonError};

const FIELDS: &[Field] = &[Field::new(1, "value", "value")];

/// Returns the JSON functions of a type that is the member `value` of an object.
pub(crate) const fn wrapped<T: FieldValue<DirectCodec> + Default>() -> JsonCodec<T> {
    JsonCodec {
        encode: write,
        decode: |text, context| from_str(text, context).map(|ValueWrapper(value)| value),
        decode_params: |params, context| params_from_str(params, context).map(|ValueWrapper(value)| value),
        encode_params: write,
        special: false,
    }
}

/// The target of reading.
#[derive(Default)]
struct ValueWrapper<T>(T);

impl<T: FieldValue<DirectCodec> + Default> JsonMessage for ValueWrapper<T> {
    const FIELDS: &'static [Field] = FIELDS;

    fn read_field<R: FieldReader>(&mut self, _: usize, reader: R) -> Result<(), R::Error> {
        reader.read(&mut self.0)
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.0);
    }
}

/// Writes a value. It is borrowed, so it cannot be moved into a [`ValueWrapper`].
fn write<T: FieldValue<DirectCodec>>(
    value: &T,
    context: &JsonContext,
    output: &mut Vec<u8>,
) -> Result<(), JsonError> {
    let root = Conversion::new(context);
    let start = output.len();
    let mut serializer = serde_json::Serializer::new(&mut *output);
    let written = root.scope().deeper().and_then(|inner| {
        let mut object = ObjectWriter::new(serializer.serialize_map(None)?, FIELDS, inner);
        object.write(0, value);
        object.end()
    });
    written.map_err(|error| {
        output.truncate(start);
        root.error(&error)
    })
}

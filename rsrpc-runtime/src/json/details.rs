//! The JSON of `google.rpc`'s error details, which every server and client knows.

use super::any::Known;
use super::{Field, FieldReader, FieldWriter, JsonMessage};
use crate::call::AnyType;
use crate::call::details::ErrorInfo;

/// A type of `google.rpc` by its name there.
pub(super) fn builtin(name: &str) -> Option<&'static dyn AnyType> {
    match name {
        "ErrorInfo" => Some(const { &Known::<ErrorInfo>::new("google.rpc.ErrorInfo") }),
        _ => None,
    }
}

impl JsonMessage for ErrorInfo {
    const FIELDS: &'static [Field] = &[
        Field::new(1, "reason", "reason"),
        Field::new(2, "domain", "domain"),
        Field::object(3, "metadata", "metadata"),
    ];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match index {
            0 => reader.read(&mut self.reason),
            1 => reader.read(&mut self.domain),
            2 => reader.read(&mut self.metadata),
            _ => reader.skip(),
        }
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.reason);
        writer.write(1, &self.domain);
        writer.write(2, &self.metadata);
    }
}

//! Messages: the visitor shared by all generated implementations.

use serde_core::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_core::{Serializer, de};

use super::field::{FieldInput, FieldReader, FieldWriter, ObjectWriter};
use super::scope::{Scope, truncate_name};
use super::value::{Json, Parsed, Shape};

/// A message whose JSON is an object with its fields. Implemented by generated code. The provided methods fit a message
/// without fields.
pub trait JsonMessage: Default {
    /// Fields in ascending order of their numbers. Indexes below refer to this slice.
    #[doc(hidden)]
    const FIELDS: &'static [Field] = &[];

    /// Reads one field into the message.
    ///
    /// # Errors
    /// The input is not a valid value of that field.
    #[doc(hidden)]
    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        let _ = index;
        reader.skip()
    }

    /// Writes the fields that are set.
    #[doc(hidden)]
    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        let _ = writer;
    }
}

/// Number and names of a field.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) json_name: &'static str,
    pub(super) is_object: bool,
}

impl Field {
    /// Creates a field whose JSON is never an object: a scalar, an enum, a repeated field, a wrapper, `ListValue`,
    /// `Timestamp`, `Duration` or `FieldMask`.
    pub const fn new(number: u32, name: &'static str, json_name: &'static str) -> Self {
        Self {
            number,
            name,
            json_name,
            is_object: false,
        }
    }

    /// Creates a field whose JSON may be an object: a message, a map, `Struct`, `Value`, `Any` or `Empty`.
    pub const fn object(number: u32, name: &'static str, json_name: &'static str) -> Self {
        Self {
            number,
            name,
            json_name,
            is_object: true,
        }
    }

    /// Returns the field's number.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// Returns the name in the .proto file.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the JSON name.
    pub const fn json_name(&self) -> &'static str {
        self.json_name
    }

    fn is_called(&self, key: &str) -> bool {
        self.json_name == key || self.name == key
    }
}

/// Recursive messages are boxed.
impl<M: JsonMessage> JsonMessage for Box<M> {
    const FIELDS: &'static [Field] = M::FIELDS;

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        (**self).read_field(index, reader)
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        (**self).write_fields(writer);
    }
}

impl<M: JsonMessage> Json for M {
    const SHAPE: Shape = Shape::Message;
    const FIRST_IS_OBJECT: bool = matches!(M::FIELDS, [first, ..] if first.is_object);

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        read_object(self, scope, input)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        let inner = scope.deeper()?;
        let mut object = ObjectWriter::new(output.serialize_map(None)?, M::FIELDS, inner);
        self.write_fields(&mut object);
        object.end()
    }

    fn read_positions<'de, D: Deserializer<'de>>(
        &mut self,
        scope: Scope<'_>,
        input: D,
    ) -> Result<(), D::Error> {
        super::params::read_fields(self, scope, input)
    }
}

/// A value that is read field by field: a generated message, or a message described by a table.
pub(super) trait ReadFields {
    fn fields(&self) -> &'static [Field];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error>;
}

impl<M: JsonMessage> ReadFields for M {
    fn fields(&self) -> &'static [Field] {
        M::FIELDS
    }

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        JsonMessage::read_field(self, index, reader)
    }
}

/// Reads an object into a default message.
pub(super) fn read_object<'de, M: ReadFields, D: Deserializer<'de>>(
    message: &mut M,
    scope: Scope<'_>,
    input: D,
) -> Result<Parsed, D::Error> {
    input.deserialize_any(MessageVisitor { message, scope })
}

struct MessageVisitor<'a, 's, M> {
    message: &'a mut M,
    scope: Scope<'s>,
}

impl<'de, M: ReadFields> Visitor<'de> for MessageVisitor<'_, '_, M> {
    type Value = Parsed;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Parsed::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let scope = self.scope;
        let fields = self.message.fields();
        let mut seen = FieldSet::default();
        let mut expected = 0;
        while let Some(index) = map.next_key_seed(FieldKeySeed {
            fields,
            expected,
            scope,
        })? {
            let Some(index) = index else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            expected = index + 1;
            let result = if seen.insert(index) {
                map.next_value_seed(FieldSeed {
                    message: &mut *self.message,
                    index,
                    scope,
                })
            } else {
                Err(de::Error::custom("the field appears twice"))
            };
            result.map_err(|error| scope.at_member(name_at(fields, index), error))?;
        }
        Ok(Parsed::Value)
    }
}

pub(super) fn name_at(fields: &[Field], index: usize) -> &'static str {
    fields.get(index).map_or("", |field| field.json_name)
}

/// A set of field indexes, to detect repeated fields.
#[derive(Default)]
struct FieldSet {
    /// Bits of the first 64 fields. Few messages have more.
    first: u64,
    rest: Vec<u64>,
}

impl FieldSet {
    /// Adds an index. Returns `false` if it was already present.
    fn insert(&mut self, index: usize) -> bool {
        let bit = 1 << (index % 64);
        let word = match index / 64 {
            0 => &mut self.first,
            word => {
                if self.rest.len() < word {
                    self.rest.resize(word, 0);
                }
                &mut self.rest[word - 1]
            }
        };
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// Looks up the field of a key: its index, or `None` for an unknown key that is skipped.
struct FieldKeySeed<'a> {
    fields: &'static [Field],
    /// Index after the previous field. Writers usually keep the order, so this is tried first.
    expected: usize,
    scope: Scope<'a>,
}

impl FieldKeySeed<'_> {
    fn find(&self, key: &str) -> Option<usize> {
        match self.fields.get(self.expected) {
            Some(field) if field.is_called(key) => Some(self.expected),
            _ => self.fields.iter().position(|field| field.is_called(key)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for FieldKeySeed<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Self::Value, D::Error> {
        input.deserialize_str(self)
    }
}

impl Visitor<'_> for FieldKeySeed<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<Self::Value, E> {
        match self.find(key) {
            None if !self.scope.context().ignores_unknown() => {
                Err(E::custom(format_args!("unknown field `{}`", truncate_name(key))))
            }
            found => Ok(found),
        }
    }
}

/// A seed that reads one field of a message.
pub(super) struct FieldSeed<'a, 's, M> {
    pub(super) message: &'a mut M,
    pub(super) index: usize,
    pub(super) scope: Scope<'s>,
}

impl<'de, M: ReadFields> DeserializeSeed<'de> for FieldSeed<'_, '_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<(), D::Error> {
        self.message
            .read_field(self.index, FieldInput::new(self.scope, input))
    }
}

//! Fields and their types.

use prost_types::FieldDescriptorProto;
use prost_types::FieldOptions;
use prost_types::field_descriptor_proto::{Label, Type};

use super::names;

/// The type of a field's single value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ValueType {
    kind: Type,
    /// Full name of a message or enum.
    full_name: Option<&'static str>,
}

impl ValueType {
    /// Creates a scalar type, such as `sint32`.
    pub const fn scalar(kind: Type) -> Self {
        Self {
            kind,
            full_name: None,
        }
    }

    /// Creates a message type from its full name.
    pub const fn message(full_name: &'static str) -> Self {
        Self {
            kind: Type::Message,
            full_name: Some(full_name),
        }
    }

    /// Creates an enum type from its full name.
    pub const fn enumeration(full_name: &'static str) -> Self {
        Self {
            kind: Type::Enum,
            full_name: Some(full_name),
        }
    }

    fn set(self, field: &mut FieldDescriptorProto) {
        field.set_type(self.kind);
        field.type_name = self.full_name.map(|name| format!(".{name}"));
    }
}

/// The number of values of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    /// One value. Messages have presence; default values of scalars are not encoded.
    Singular,
    /// One value with presence, distinct from the default.
    Optional,
    /// Any number of values.
    Repeated,
    /// One value per key.
    Map(ValueType),
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FieldType {
    /// The number of values.
    pub cardinality: Cardinality,
    /// The type of each value.
    pub value: ValueType,
}

impl FieldType {
    /// Creates a field type.
    pub const fn new(cardinality: Cardinality, value: ValueType) -> Self {
        Self { cardinality, value }
    }
}

/// A field.
#[derive(Debug, Clone)]
pub struct FieldSchema {
    number: u32,
    name: &'static str,
    json_name: &'static str,
    field_type: FieldType,
    docs: &'static str,
    deprecated: bool,
}

impl FieldSchema {
    /// Creates a field without a comment.
    pub fn new(number: u32, name: &'static str, json_name: &'static str, field_type: FieldType) -> Self {
        Self {
            number,
            name,
            json_name,
            field_type,
            docs: "",
            deprecated: false,
        }
    }

    /// Sets the comment. Lines have no leading blank.
    #[must_use]
    pub fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Marks the field as deprecated.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    pub(super) fn comment(&self) -> &'static str {
        self.docs
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    pub(super) fn cardinality(&self) -> Cardinality {
        self.field_type.cardinality
    }

    pub(super) fn is_scalar(&self) -> bool {
        self.field_type.value.kind != Type::Message
    }

    pub(super) fn value(&self) -> ValueType {
        self.field_type.value
    }

    /// Returns the descriptor. For a map, the caller sets the type.
    pub(super) fn descriptor(&self) -> FieldDescriptorProto {
        let mut field = FieldDescriptorProto {
            name: Some(self.name.to_owned()),
            json_name: Some(self.json_name.to_owned()),
            ..number_and_type(self.number, self.field_type.value)
        };
        if matches!(
            self.field_type.cardinality,
            Cardinality::Repeated | Cardinality::Map(_)
        ) {
            field.set_label(Label::Repeated);
        }
        if self.deprecated {
            field.options = Some(FieldOptions {
                deprecated: Some(true),
                ..FieldOptions::default()
            });
        }
        field
    }
}

/// Creates the key or value field of a map entry.
pub(super) fn entry_field(number: u32, name: &str, value: ValueType) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        json_name: Some(names::json(name)),
        ..number_and_type(number, value)
    }
}

fn number_and_type(number: u32, value: ValueType) -> FieldDescriptorProto {
    let mut field = FieldDescriptorProto {
        number: i32::try_from(number).ok(),
        ..FieldDescriptorProto::default()
    };
    field.set_label(Label::Optional);
    value.set(&mut field);
    field
}

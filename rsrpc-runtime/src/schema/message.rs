//! Messages and enums.

use prost_types::descriptor_proto::ReservedRange;
use prost_types::enum_descriptor_proto::EnumReservedRange;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumOptions, EnumValueDescriptorProto, EnumValueOptions,
    MessageOptions, OneofDescriptorProto,
};

use super::field::{Cardinality, FieldSchema, entry_field};
use super::file::Comments;
use super::names;

/// Field numbers in `DescriptorProto` and `EnumDescriptorProto`, used in the paths of comments.
const MESSAGE_FIELD_TAG: i32 = 2;
const MESSAGE_ONEOF_TAG: i32 = 8;
const ENUM_VALUE_TAG: i32 = 2;

/// A message.
#[derive(Debug, Clone)]
pub struct MessageSchema {
    pub(super) package: String,
    pub(super) place: usize,
    pub(super) descriptor: DescriptorProto,
    pub(super) comments: Comments,
    /// Indexes of `optional` fields. proto3 puts each of them into a synthetic oneof after all others.
    optional: Vec<usize>,
}

impl MessageSchema {
    pub(super) fn new(package: &str, name: &str, place: usize) -> Self {
        Self {
            package: package.to_owned(),
            place,
            descriptor: DescriptorProto {
                name: Some(name.to_owned()),
                ..DescriptorProto::default()
            },
            comments: Comments::default(),
            optional: Vec::new(),
        }
    }

    /// Sets the comment. Lines have no leading blank.
    pub fn docs(&mut self, docs: &str) {
        self.comments.add(&[], docs);
    }

    /// Marks the message as deprecated.
    pub fn deprecated(&mut self) {
        let options = self
            .descriptor
            .options
            .get_or_insert_with(MessageOptions::default);
        options.deprecated = Some(true);
    }

    /// Adds a field.
    pub fn field(&mut self, field: FieldSchema) {
        self.push(field, None);
    }

    /// Adds a oneof with its members.
    pub fn oneof(&mut self, name: &str, docs: &str, members: Vec<FieldSchema>) {
        let index = self.descriptor.oneof_decl.len();
        self.descriptor.oneof_decl.push(OneofDescriptorProto {
            name: Some(name.to_owned()),
            options: None,
        });
        self.comments.add(&[MESSAGE_ONEOF_TAG, position(index)], docs);
        for member in members {
            self.push(member, Some(position(index)));
        }
    }

    /// Reserves the field numbers `first..=last`.
    pub fn reserve_numbers(&mut self, first: u32, last: u32) {
        let end = last.saturating_add(1);
        self.descriptor.reserved_range.push(ReservedRange {
            start: i32::try_from(first).ok(),
            end: i32::try_from(end).ok(),
        });
    }

    /// Reserves the name of a field.
    pub fn reserve_name(&mut self, name: &str) {
        self.descriptor.reserved_name.push(name.to_owned());
    }

    fn push(&mut self, field: FieldSchema, oneof: Option<i32>) {
        let index = self.descriptor.field.len();
        self.comments
            .add(&[MESSAGE_FIELD_TAG, position(index)], field.comment());
        let mut descriptor = field.descriptor();
        descriptor.oneof_index = oneof;
        match field.cardinality() {
            Cardinality::Map(key) => {
                let entry = names::entry(field.name());
                let scope = names::join(&self.package, self.descriptor.name());
                descriptor.type_name = Some(format!(".{}", names::join(&scope, &entry)));
                descriptor.set_type(prost_types::field_descriptor_proto::Type::Message);
                self.descriptor.nested_type.push(DescriptorProto {
                    name: Some(entry),
                    field: vec![entry_field(1, "key", key), entry_field(2, "value", field.value())],
                    options: Some(MessageOptions {
                        map_entry: Some(true),
                        ..MessageOptions::default()
                    }),
                    ..DescriptorProto::default()
                });
            }
            // Messages have presence without `optional`.
            Cardinality::Optional if oneof.is_none() && field.is_scalar() => self.optional.push(index),
            Cardinality::Optional | Cardinality::Singular | Cardinality::Repeated => {}
        }
        self.descriptor.field.push(descriptor);
    }

    /// Adds the synthetic oneofs of `optional` fields.
    pub(super) fn finish(mut self) -> Self {
        for index in std::mem::take(&mut self.optional) {
            let field = &mut self.descriptor.field[index];
            field.proto3_optional = Some(true);
            field.oneof_index = Some(position(self.descriptor.oneof_decl.len()));
            self.descriptor.oneof_decl.push(OneofDescriptorProto {
                name: Some(format!("_{}", field.name())),
                options: None,
            });
        }
        self
    }
}

/// An enum.
#[derive(Debug, Clone)]
pub struct EnumSchema {
    pub(super) package: String,
    pub(super) descriptor: EnumDescriptorProto,
    pub(super) comments: Comments,
}

impl EnumSchema {
    pub(super) fn new(package: &str, name: &str) -> Self {
        Self {
            package: package.to_owned(),
            descriptor: EnumDescriptorProto {
                name: Some(name.to_owned()),
                ..EnumDescriptorProto::default()
            },
            comments: Comments::default(),
        }
    }

    /// Sets the comment. Lines have no leading blank.
    pub fn docs(&mut self, docs: &str) {
        self.comments.add(&[], docs);
    }

    /// Marks the enum as deprecated.
    pub fn deprecated(&mut self) {
        let options = self.descriptor.options.get_or_insert_with(EnumOptions::default);
        options.deprecated = Some(true);
    }

    /// Adds a value.
    pub fn value(&mut self, number: i32, name: &str, docs: &str) {
        let index = self.descriptor.value.len();
        self.comments.add(&[ENUM_VALUE_TAG, position(index)], docs);
        self.descriptor.value.push(EnumValueDescriptorProto {
            name: Some(name.to_owned()),
            number: Some(number),
            options: None,
        });
    }

    /// Marks the most recently added value as deprecated.
    pub fn deprecate_value(&mut self) {
        if let Some(value) = self.descriptor.value.last_mut() {
            value.options = Some(EnumValueOptions {
                deprecated: Some(true),
                ..EnumValueOptions::default()
            });
        }
    }

    /// Reserves the numbers `first..=last`.
    pub fn reserve_numbers(&mut self, first: i32, last: i32) {
        self.descriptor.reserved_range.push(EnumReservedRange {
            start: Some(first),
            end: Some(last),
        });
    }

    /// Reserves the name of a value.
    pub fn reserve_name(&mut self, name: &str) {
        self.descriptor.reserved_name.push(name.to_owned());
    }
}

/// Converts an index to an element of a descriptor path.
pub(super) fn position(index: usize) -> i32 {
    i32::try_from(index).unwrap_or(i32::MAX)
}

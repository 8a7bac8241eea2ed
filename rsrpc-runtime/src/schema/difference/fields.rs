//! Messages and their fields.

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto};

use super::{FileComparison, FileVersion, contains, is_deprecated};
use crate::schema::names;
use crate::schema::text::scalar_name;

impl FileComparison<'_> {
    pub(super) fn message(&mut self, name: &str, old: &DescriptorProto, new: &DescriptorProto) {
        let (old_ranges, new_ranges) = (ranges(old), ranges(new));
        for field in &old.field {
            let same_number = new.field.iter().find(|other| other.number == field.number);
            let same_name = new.field.iter().find(|other| other.name == field.name);
            match (same_number, same_name) {
                (Some(other), _) if other.name == field.name => self.field(name, (old, field), (new, other)),
                (_, Some(moved)) => self.breaking(format!(
                    "field `{}` of {name} changed its number from {} to {}",
                    field.name(),
                    field.number(),
                    moved.number()
                )),
                (Some(other), None) => self.reused(name, (old, field), (new, other)),
                (None, None) if contains(&new_ranges, field.number()) => self.compatible(format!(
                    "field `{}` of {name} was removed, and its number {} is reserved",
                    field.name(),
                    field.number()
                )),
                (None, None) => self.breaking(format!(
                    "field `{}` of {name} was removed without reserving its number {n}: add \
                     #[rpc(reserved({n}))]",
                    field.name(),
                    n = field.number()
                )),
            }
        }
        for field in &new.field {
            let is_known =
                |other: &FieldDescriptorProto| other.number == field.number || other.name == field.name;
            if old.field.iter().any(is_known) {
                continue;
            }
            let (field, number) = (field.name(), field.number());
            if contains(&old_ranges, number) {
                self.breaking(format!(
                    "field `{field}` of {name} has the number {number}, which was reserved"
                ));
            } else {
                self.compatible(format!(
                    "field `{field}` of {name} was added with the number {number}"
                ));
            }
        }
        let deprecated = |message: &DescriptorProto| {
            let options = message.options.as_ref();
            options.is_some_and(|options| is_deprecated(options.deprecated, &options.uninterpreted_option))
        };
        self.deprecation(&format!("message {name}"), deprecated(old), deprecated(new));
        let names = [old.reserved_name.as_slice(), new.reserved_name.as_slice()];
        self.reserved(&format!("message {name}"), [&old_ranges, &new_ranges], names);
    }

    /// Compares fields with the same number and name.
    fn field(
        &mut self,
        of: &str,
        (old_message, old): (&DescriptorProto, &FieldDescriptorProto),
        (new_message, new): (&DescriptorProto, &FieldDescriptorProto),
    ) {
        let name = format!("field `{}` of {of}", old.name());
        let (old_type, new_type) = (
            type_of(&self.old, of, old_message, old),
            type_of(&self.new, of, new_message, new),
        );
        if old_type != new_type {
            self.breaking(format!("{name} changed from {old_type} to {new_type}"));
        }
        let (old_count, new_count) = (cardinality(old), cardinality(new));
        if old_count != new_count {
            self.breaking(format!("{name} changed from {old_count} to {new_count}"));
        }
        match (oneof(old_message, old), oneof(new_message, new)) {
            (None, None) => {}
            (Some(old), Some(new)) if old == new => {}
            (None, Some(new)) => self.breaking(format!("{name} is now in the oneof `{new}`")),
            (Some(old), None) => self.breaking(format!("{name} is no longer in the oneof `{old}`")),
            (Some(old), Some(new)) => {
                self.compatible(format!("{name} moved from the oneof `{old}` to `{new}`"))
            }
        }
        let (old_json, new_json) = (json_name(old), json_name(new));
        if old_json != new_json {
            self.breaking(format!(
                "{name} changed its JSON name from `{old_json}` to `{new_json}`"
            ));
        }
        let deprecated = |field: &FieldDescriptorProto| {
            let options = field.options.as_ref();
            options.is_some_and(|options| is_deprecated(options.deprecated, &options.uninterpreted_option))
        };
        self.deprecation(&name, deprecated(old), deprecated(new));
    }

    /// Compares fields with the same number and different names.
    fn reused(
        &mut self,
        of: &str,
        (old_message, old): (&DescriptorProto, &FieldDescriptorProto),
        (new_message, new): (&DescriptorProto, &FieldDescriptorProto),
    ) {
        let (old_type, new_type) = (
            type_of(&self.old, of, old_message, old),
            type_of(&self.new, of, new_message, new),
        );
        let (old_name, new_name, number) = (old.name(), new.name(), old.number());
        if old_type == new_type && cardinality(old) == cardinality(new) {
            if json_name(old) == json_name(new) {
                self.compatible(format!(
                    "field {number} of {of} was renamed from `{old_name}` to `{new_name}`"
                ));
            } else {
                self.breaking(format!(
                    "field {number} of {of} was renamed from `{old_name}` to `{new_name}`, which changes its JSON name"
                ));
            }
        } else {
            self.breaking(format!(
                "field number {number} of {of} was reused: it was `{old_name}` ({old_type}) and is now `{new_name}` ({new_type})"
            ));
        }
    }

    pub(super) fn deprecation(&mut self, of: &str, old: bool, new: bool) {
        match (old, new) {
            (false, true) => self.compatible(format!("{of} is deprecated")),
            (true, false) => self.compatible(format!("{of} is no longer deprecated")),
            _ => {}
        }
    }
}

/// Returns the reserved ranges, which include both ends.
fn ranges(message: &DescriptorProto) -> Vec<(i32, i32)> {
    let ranges = message.reserved_range.iter();
    ranges.map(|range| (range.start(), range.end() - 1)).collect()
}

fn cardinality(field: &FieldDescriptorProto) -> &'static str {
    match field.label() {
        Label::Repeated => "repeated",
        Label::Required => "required",
        Label::Optional if field.proto3_optional() => "optional",
        Label::Optional => "singular",
    }
}

/// Returns the name of the field's oneof; `None` for the synthetic oneof of an `optional` field.
fn oneof<'a>(message: &'a DescriptorProto, field: &FieldDescriptorProto) -> Option<&'a str> {
    let index = field.oneof_index.filter(|_| !field.proto3_optional())?;
    let oneof = message.oneof_decl.get(usize::try_from(index).ok()?)?;
    Some(oneof.name())
}

fn json_name(field: &FieldDescriptorProto) -> String {
    match field.json_name() {
        "" => names::json(field.name()),
        given => given.to_owned(),
    }
}

/// Formats a field's type: `int32`, `greet.v1.User` or `map<string, greet.v1.User>`.
fn type_of(
    side: &FileVersion<'_>,
    scope: &str,
    message: &DescriptorProto,
    field: &FieldDescriptorProto,
) -> String {
    let value = |field: &FieldDescriptorProto| {
        if field.type_name().is_empty() {
            scalar_name(field.r#type()).to_owned()
        } else {
            side.resolve(field.type_name(), scope)
        }
    };
    let last = names::split(field.type_name()).1;
    let mut entries = message.nested_type.iter();
    let entry = entries.find(|nested| {
        nested.name() == last && nested.options.as_ref().is_some_and(|options| options.map_entry())
    });
    match entry.map(|entry| entry.field.as_slice()) {
        Some([key, of, ..]) if field.label() == Label::Repeated && field.r#type() != Type::Enum => {
            format!("map<{}, {}>", value(key), value(of))
        }
        _ => value(field),
    }
}

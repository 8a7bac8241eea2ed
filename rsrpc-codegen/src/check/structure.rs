//! Checks that descriptors are well formed. Those of protoc always are, but a descriptor set may come from any tool,
//! and prost-build panics on malformed input.

use std::collections::HashSet;

use crate::Diagnostic;
use crate::input::definitions::{self, Located};
use crate::input::descriptor::{self, path};
use crate::input::{ElementKind, Files, SourceFile, to_i32};
use crate::naming::{self, is_identifier};
use crate::types::RustTypes;

pub(super) fn check(files: &Files, types: &RustTypes<'_>, errors: &mut Vec<Diagnostic>) {
    let generated: HashSet<usize> = files.generated().map(|(index, _)| index).collect();
    let values = values_of_defaults(files);
    for (index, source) in files.all().iter().enumerate() {
        let mut check = StructureCheck {
            files,
            values: &values,
            types,
            source,
            errors,
        };
        check.file(generated.contains(&index));
        for message in definitions::messages(&source.file) {
            check.message(&message);
        }
        for item in definitions::enums(&source.file) {
            check.enumeration(&item);
        }
        check.services();
    }
}

/// Returns the full names of all values of enums that occur in a default value.
fn values_of_defaults(files: &Files) -> HashSet<String> {
    let mut enums = HashSet::new();
    for source in files.all() {
        for at in definitions::messages(&source.file) {
            let fields = at
                .item
                .field
                .iter()
                .filter(|field| !field.default_value.is_empty());
            enums.extend(fields.map(|field| field.type_name.trim_start_matches('.')));
        }
    }
    let mut values = HashSet::new();
    for source in files.all().iter().filter(|_| !enums.is_empty()) {
        for at in definitions::enums(&source.file) {
            if enums.contains(at.full_name.as_str()) {
                values.extend(
                    at.item
                        .value
                        .iter()
                        .map(|value| naming::join(&at.full_name, &value.name)),
                );
            }
        }
    }
    values
}

struct StructureCheck<'a> {
    files: &'a Files,
    values: &'a HashSet<String>,
    types: &'a RustTypes<'a>,
    source: &'a SourceFile,
    errors: &'a mut Vec<Diagnostic>,
}

impl StructureCheck<'_> {
    fn report(&mut self, place: &[i32], element: &str, message: impl Into<String>) {
        self.errors.push(self.source.error(place, element, message));
    }

    fn file(&mut self, generated: bool) {
        let file = &self.source.file;
        if file.name.is_empty() {
            self.errors
                .push(Diagnostic::error("a file descriptor has no name"));
        } else if file.name.contains(char::is_control) {
            // The name is written into comments of generated code.
            self.errors.push(Diagnostic::error(format!(
                "the file name {:?} has a control character",
                file.name
            )));
        }
        if !file.package.is_empty() {
            for segment in file.package.split('.') {
                self.name(&[path::FILE_PACKAGE], &file.package, segment);
            }
        }
        match file.syntax.as_str() {
            "" | "proto2" | "proto3" => {}
            _ if !generated => {}
            other => self.report(
                &[path::FILE_SYNTAX],
                &file.package,
                format!("unknown syntax `{other}`"),
            ),
        }
        for (index, import) in file.dependency.iter().enumerate() {
            if self.files.named(import).is_none() {
                let message = format!(
                    "the descriptor of the import `{}` is missing",
                    naming::for_display(import)
                );
                self.report(&[path::FILE_DEPENDENCY, to_i32(index)], &file.package, message);
            }
        }
    }

    fn name(&mut self, place: &[i32], element: &str, name: &str) {
        if !is_identifier(name) {
            self.report(
                place,
                element,
                format!("`{}` is not a protobuf identifier", naming::for_display(name)),
            );
        }
    }

    fn message(&mut self, at: &Located<'_, descriptor::MessageDescriptor>) {
        self.name(&at.place, &at.full_name, &at.item.name);
        if at.item.is_map_entry() && !is_map_entry(at.item) {
            self.report(
                &at.place,
                &at.full_name,
                "a map entry must have exactly the fields `key` and `value`",
            );
        }
        for (index, oneof) in at.item.oneof_decl.iter().enumerate() {
            self.name(&at.inside(path::MESSAGE_ONEOF, index), &at.full_name, &oneof.name);
        }
        let entries = at.item.map_entries();
        let mut numbers = HashSet::new();
        for (index, field) in at.item.field.iter().enumerate() {
            let place = at.inside(path::MESSAGE_FIELD, index);
            let full_name = naming::join(&at.full_name, &field.name);
            self.name(&place, &full_name, &field.name);
            if !(1..=0x1FFF_FFFF).contains(&field.number) {
                self.report(
                    &place,
                    &full_name,
                    format!("{} is not a field number (1 to 536870911)", field.number),
                );
            } else if !numbers.insert(field.number) {
                self.report(
                    &place,
                    &full_name,
                    format!("field number {} is used twice", field.number),
                );
            }
            let oneofs = to_i32(at.item.oneof_decl.len());
            match field.oneof_index {
                Some(oneof) if !(0..oneofs).contains(&oneof) => {
                    self.report(
                        &place,
                        &full_name,
                        format!("the oneof index {oneof} is out of range"),
                    );
                }
                Some(_) if field.label == descriptor::LABEL_REPEATED => {
                    self.report(&place, &full_name, "a oneof member cannot be repeated");
                }
                _ => {}
            }
            let entry = field
                .type_name
                .strip_prefix('.')
                .and_then(|name| name.rsplit_once('.'));
            let is_map =
                entry.is_some_and(|(scope, name)| scope == at.full_name && entries.contains_key(name));
            self.field_type(&place, &full_name, field, is_map);
            self.default_value(&place, &full_name, field);
        }
    }

    fn field_type(
        &mut self,
        place: &[i32],
        full_name: &str,
        field: &descriptor::FieldDescriptor,
        is_map: bool,
    ) {
        if !(1..=descriptor::LABEL_REPEATED).contains(&field.label) {
            self.report(place, full_name, format!("unknown label {}", field.label));
        }
        match field.r#type {
            // Only a map field may refer to its entry message.
            descriptor::TYPE_MESSAGE if field.label == descriptor::LABEL_REPEATED && is_map => {}
            descriptor::TYPE_MESSAGE | descriptor::TYPE_GROUP => {
                self.reference(place, full_name, &field.type_name, ElementKind::Message);
            }
            descriptor::TYPE_BYTES if !is_c_escaped(field.default_value.as_bytes()) => {
                self.report(
                    place,
                    full_name,
                    format!(
                        "the default value {:?} has an invalid escape",
                        field.default_value
                    ),
                );
            }
            descriptor::TYPE_ENUM => self.reference(place, full_name, &field.type_name, ElementKind::Enum),
            other if !descriptor::TYPES.contains(&other) => {
                self.report(place, full_name, format!("unknown type {other}"));
            }
            _ => {}
        }
    }

    fn default_value(&mut self, place: &[i32], full_name: &str, field: &descriptor::FieldDescriptor) {
        let default = field.default_value.as_str();
        let is_good = match field.r#type {
            _ if default.is_empty() => true,
            1 | 2 => default.parse::<f64>().is_ok(),
            3 | 16 | 18 => default.parse::<i64>().is_ok(),
            4 | 6 => default.parse::<u64>().is_ok(),
            5 | 15 | 17 => default.parse::<i32>().is_ok(),
            7 | 13 => default.parse::<u32>().is_ok(),
            8 => matches!(default, "true" | "false"),
            descriptor::TYPE_ENUM => self
                .values
                .contains(&format!("{}.{default}", field.type_name.trim_start_matches('.'))),
            descriptor::TYPE_MESSAGE | descriptor::TYPE_GROUP => false,
            _ => true,
        };
        if !is_good {
            let message = format!(
                "`{}` is not a valid default value for the field's type",
                naming::for_display(default)
            );
            self.report(place, full_name, message);
        }
    }

    fn reference(&mut self, place: &[i32], full_name: &str, type_name: &str, expected: ElementKind) {
        let found = type_name.strip_prefix('.').and_then(|name| self.types.kind(name));
        if found != Some(expected) {
            let kind = match expected {
                ElementKind::Message | ElementKind::MapEntry => "message",
                ElementKind::Enum => "enum",
            };
            self.report(
                place,
                full_name,
                format!("`{}` is not a known {kind}", naming::for_display(type_name)),
            );
        }
    }

    fn enumeration(&mut self, at: &Located<'_, descriptor::EnumDescriptor>) {
        self.name(&at.place, &at.full_name, &at.item.name);
        if at.item.value.is_empty() {
            self.report(&at.place, &at.full_name, "an enum must have at least one value");
        }
        for (index, value) in at.item.value.iter().enumerate() {
            self.name(&at.inside(path::ENUM_VALUE, index), &at.full_name, &value.name);
        }
    }

    fn services(&mut self) {
        let source = self.source;
        for (index, service) in source.file.service.iter().enumerate() {
            let place = [path::FILE_SERVICE, to_i32(index)];
            let full_name = naming::join(&source.file.package, &service.name);
            self.name(&place, &full_name, &service.name);
            for (index, method) in service.method.iter().enumerate() {
                let place = [place.as_slice(), &[path::SERVICE_METHOD, to_i32(index)]].concat();
                let full_name = naming::join(&full_name, &method.name);
                self.name(&place, &full_name, &method.name);
                self.reference(&place, &full_name, &method.input_type, ElementKind::Message);
                self.reference(&place, &full_name, &method.output_type, ElementKind::Message);
            }
        }
    }
}

/// Returns whether every escape of a `bytes` default is a valid C escape of one byte.
fn is_c_escaped(mut text: &[u8]) -> bool {
    while let Some((&first, rest)) = text.split_first() {
        text = match (first, rest) {
            (
                b'\\',
                [
                    b'a' | b'b' | b'f' | b'n' | b'r' | b't' | b'v' | b'\\' | b'?' | b'\'' | b'"',
                    rest @ ..,
                ],
            ) => rest,
            (b'\\', [b'x' | b'X', high, low, rest @ ..])
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                rest
            }
            (b'\\', [b'4'..=b'7', b'0'..=b'7', b'0'..=b'7', ..]) => return false,
            (b'\\', [b'0'..=b'7', rest @ ..]) => rest,
            (b'\\', _) => return false,
            _ => rest,
        };
    }
    true
}

fn is_map_entry(message: &descriptor::MessageDescriptor) -> bool {
    match message.field.as_slice() {
        [key, value] => {
            (key.name.as_str(), key.number, value.name.as_str(), value.number) == ("key", 1, "value", 2)
                && matches!(key.r#type, 3..=9 | 13 | 15..=18)
                && value.r#type != descriptor::TYPE_GROUP
                && [key, value]
                    .iter()
                    .all(|field| field.label == descriptor::LABEL_OPTIONAL && field.oneof_index.is_none())
                && message.nested_type.is_empty()
                && message.enum_type.is_empty()
                && message.oneof_decl.is_empty()
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::is_c_escaped;

    #[test]
    fn escapes_are_of_one_byte() {
        for good in ["", "plain", r#"\001\x7f\n\\\""#, r"\377", r"\7x", "é"] {
            assert!(is_c_escaped(good.as_bytes()), "{good}");
        }
        for bad in ["\\", r"\x", r"\x1", r"\xg0", r"\777", r"\400", r"\q", "\\x1é"] {
            assert!(!is_c_escaped(bad.as_bytes()), "{bad}");
        }
    }
}

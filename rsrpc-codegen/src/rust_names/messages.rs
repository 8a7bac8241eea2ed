//! Names nested types, fields, oneofs and variants.

use std::collections::{HashMap, HashSet};

use super::packages::Definitions;
use super::scope::{Scope, camel_number, snake_number};
use super::{NamingInput, RustNames, record_rename};
use crate::input::definitions::{self, Located};
use crate::input::descriptor::{self, EnumDescriptor, FieldDescriptor, MessageDescriptor};
use crate::input::{SourceFile, to_i32};
use crate::naming;

/// Returns whether the message has a module of nested types.
pub(super) fn has_module(message: &MessageDescriptor) -> bool {
    !message.enum_type.is_empty()
        || message.nested_type.iter().any(|nested| !nested.is_map_entry())
        || real_oneofs(message).next().is_some()
}

/// Returns the indices of oneofs other than the synthetic ones of `optional` fields.
fn real_oneofs(message: &MessageDescriptor) -> impl Iterator<Item = i32> {
    let members = message.field.iter().filter(|field| !field.proto3_optional);
    members.filter_map(|field| field.oneof_index)
}

/// Returns the enums that generated fields use in default values.
pub(super) fn enums_of_defaults(input: &NamingInput<'_>) -> HashSet<String> {
    let mut found = HashSet::new();
    for (_, source) in input.files.generated() {
        if source.file.syntax == "proto3" {
            continue;
        }
        for at in definitions::messages(&source.file) {
            let defaults = at
                .item
                .field
                .iter()
                .filter(|field| !field.default_value.is_empty());
            found.extend(defaults.map(|field| field.type_name.trim_start_matches('.').to_owned()));
        }
    }
    found
}

impl RustNames {
    /// Names the content of a file's messages and enums. For imported files, only elements that other files may use.
    pub(super) fn nested_items(
        &mut self,
        input: &NamingInput<'_>,
        source: &SourceFile,
        defaults: &HashSet<String>,
    ) {
        let generated = input.is_generated(source);
        for at in definitions::messages(&source.file) {
            if at.item.is_map_entry() || (input.is_external)(&at.full_name) {
                continue;
            }
            let mut scope = Scope::default();
            let definitions = Definitions {
                scope: &at.full_name,
                messages: at.item.nested_type.iter().collect(),
                enums: at.item.enum_type.iter().collect(),
            };
            if has_module(at.item) {
                self.types_and_modules(input, &definitions, &mut scope);
            }
            if generated {
                self.fields(&at, source.file.syntax == "proto3", &mut scope);
            }
        }
        for at in definitions::enums(&source.file) {
            if (generated || defaults.contains(&at.full_name)) && !(input.is_external)(&at.full_name) {
                self.values(&at);
            }
        }
    }

    /// Names fields and variants. Lower numbers keep their names; a oneof yields to fields and nested types.
    fn fields(&mut self, at: &Located<'_, MessageDescriptor>, proto3: bool, module: &mut Scope) {
        let message = at.item;
        let mut fields: Vec<_> = message.field.iter().collect();
        fields.sort_by_key(|field| field.number);
        let full = |name: &str| naming::join(&at.full_name, name);

        let mut structure = Scope::default();
        let mut variants = HashMap::<i32, Scope>::new();
        let (mut plain_fields, mut renumbered) = (Vec::new(), Vec::new());
        for field in fields {
            match field.oneof_index.filter(|_| !field.proto3_optional) {
                None if structure.take(&naming::snake(&field.name)) => {
                    plain_fields.push((field, naming::snake(&field.name)));
                }
                Some(oneof)
                    if variants
                        .entry(oneof)
                        .or_default()
                        .take(&naming::camel(&field.name)) =>
                {
                    let plain = naming::camel(&field.name);
                    record_rename(&mut self.variants, full(&field.name), &plain, plain.clone());
                }
                _ => renumbered.push(field),
            }
        }
        for field in renumbered {
            match field.oneof_index.filter(|_| !field.proto3_optional) {
                None => {
                    let ident = structure.take_numbered(&field_number(field), snake_number);
                    plain_fields.push((field, ident));
                }
                Some(oneof) => {
                    let plain = naming::camel(&field.name);
                    let scope = variants.entry(oneof).or_default();
                    let base = format!("{}{}", plain.trim_end_matches('_'), field.number);
                    let ident = scope.take_numbered(&base, camel_number);
                    record_rename(&mut self.variants, full(&field.name), &plain, ident);
                }
            }
        }
        plain_fields.sort_by_key(|(field, _)| field.number);
        let entries = message.map_entries();
        let mut accessors = Accessors::default();
        for (field, ident) in plain_fields {
            let entry = entries.get(field.type_name.rsplit('.').next().unwrap_or_default());
            let kinds = AccessorPrefixes::of(field, entry.copied(), proto3);
            let ident = if accessors.take(&kinds, &ident) {
                ident
            } else {
                let mut number = 2;
                let base = field_number(field);
                let mut ident = base.clone();
                while !structure.is_free(&ident) || !accessors.take(&kinds, &ident) {
                    ident = snake_number(&base, number);
                    number += 1;
                }
                structure.take(&ident);
                ident
            };
            let plain = naming::snake(&field.name);
            record_rename(&mut self.fields, full(&field.name), &plain, ident);
        }
        self.oneofs(at, &mut structure, module);
    }

    fn oneofs(&mut self, at: &Located<'_, MessageDescriptor>, structure: &mut Scope, module: &mut Scope) {
        let real: HashSet<i32> = real_oneofs(at.item).collect();
        if real.is_empty() {
            return;
        }
        // Matches prost-build's own conflict rule, which also compares with map entries.
        let nested = at
            .item
            .nested_type
            .iter()
            .map(|nested| naming::camel(&nested.name));
        let enums = at.item.enum_type.iter().map(|item| naming::camel(&item.name));
        let nested: HashSet<String> = nested.chain(enums).collect();
        for (index, oneof) in at.item.oneof_decl.iter().enumerate() {
            if !real.contains(&to_i32(index)) {
                continue;
            }
            let full_name = naming::join(&at.full_name, &oneof.name);
            let plain = naming::snake(&oneof.name);
            let ident = if structure.take(&plain) {
                plain.clone()
            } else {
                let base = plain.trim_start_matches("r#").trim_end_matches('_');
                structure.take_numbered(&format!("{base}_one_of"), snake_number)
            };
            record_rename(&mut self.fields, full_name.clone(), &plain, ident);
            let camel = naming::camel(&oneof.name);
            let longer = format!("{camel}OneOf");
            let plain = if nested.contains(&camel) { &longer } else { &camel };
            let ident = if module.take(plain) {
                plain.clone()
            } else {
                module.take_numbered(&longer, camel_number)
            };
            if ident != *plain || self.fields.contains_key(&full_name) {
                self.types.insert(full_name, ident);
            }
        }
    }

    /// Names enum values. The first of several with one name keeps it.
    fn values(&mut self, at: &Located<'_, EnumDescriptor>) {
        let type_name = naming::camel(&at.item.name);
        let renamed = self.types.contains_key(&at.full_name);
        let mut scope = Scope::default();
        let mut numbers = HashSet::new();
        let mut renumbered = Vec::new();
        // Aliases have no variant.
        for value in at.item.value.iter().filter(|value| numbers.insert(value.number)) {
            let full_name = naming::join(&at.full_name, &value.name);
            let plain = naming::variant(&type_name, &value.name);
            if !scope.take(&plain) {
                renumbered.push((full_name, plain, value.number));
            } else if renamed {
                // prost-build would not recognize the enum's name as the value's prefix.
                self.variants.insert(full_name, plain);
            } else {
                record_rename(&mut self.variants, full_name, &plain, plain.clone());
            }
        }
        for (full_name, plain, number) in renumbered {
            let plain = plain.trim_end_matches('_');
            let base = match number {
                0.. => format!("{plain}{number}"),
                _ => format!("{plain}Minus{}", number.unsigned_abs()),
            };
            let ident = scope.take_numbered(&base, camel_number);
            self.variants.insert(full_name, ident);
        }
    }
}

fn field_number(field: &FieldDescriptor) -> String {
    let plain = naming::snake(&field.name);
    let plain = plain.trim_start_matches("r#").trim_end_matches('_');
    format!("{plain}_{}", field.number)
}

/// The methods that prost derives from fields, such as `kind()` and `set_kind()`.
#[derive(Default)]
struct Accessors {
    taken: HashSet<String>,
}

/// The prefixes of a field's methods.
struct AccessorPrefixes {
    prefixes: &'static [&'static str],
    /// Set if prost appends the field's identifier unchanged, even if it is raw.
    raw: bool,
}

impl AccessorPrefixes {
    fn of(field: &FieldDescriptor, entry: Option<&MessageDescriptor>, proto3: bool) -> Self {
        let is_enum = |field: &FieldDescriptor| field.r#type == descriptor::TYPE_ENUM;
        let value = entry.and_then(|entry| entry.field.iter().find(|field| field.number == 2));
        let repeated = field.label == descriptor::LABEL_REPEATED;
        let optional = match field.label {
            _ if matches!(field.r#type, descriptor::TYPE_MESSAGE | descriptor::TYPE_GROUP) => false,
            descriptor::LABEL_REPEATED | descriptor::LABEL_REQUIRED => false,
            _ => !proto3 || field.proto3_optional,
        };
        let (prefixes, raw): (&[_], _) = match value {
            Some(value) if repeated && is_enum(value) => (&["get_", "insert_"], true),
            _ if is_enum(field) && repeated => (&["", "push_"], false),
            _ if is_enum(field) => (&["", "set_"], false),
            _ if optional => (&[""], false),
            _ => (&[], false),
        };
        Self { prefixes, raw }
    }
}

impl Accessors {
    /// Takes all method names of a field, if all are free.
    fn take(&mut self, kinds: &AccessorPrefixes, ident: &str) -> bool {
        if kinds.raw && ident.starts_with("r#") {
            return false;
        }
        let ident = ident.trim_start_matches("r#");
        let idents: Vec<_> = kinds
            .prefixes
            .iter()
            .map(|prefix| format!("{prefix}{ident}"))
            .collect();
        let free = idents.iter().all(|ident| !self.taken.contains(ident));
        if free {
            self.taken.extend(idents);
        }
        free
    }
}

//! Collects every reference to a message or enum in the generated files.

use crate::input::definitions::{self, Located};
use crate::input::descriptor::{self, path};
use crate::input::{Files, SourceFile, to_i32};
use crate::options::Messages;
use crate::types::RustTypes;
use crate::{Options, naming};

/// A reference to a type.
pub(super) struct Reference<'a> {
    pub(super) source: &'a SourceFile,
    /// The source path of the field or rpc.
    pub(super) place: Vec<i32>,
    /// The full name of the field or rpc.
    pub(super) element: String,
    /// The full name of the type.
    pub(super) name: &'a str,
}

/// Returns the references of generated messages' fields, then those of rpcs, file by file.
pub(super) fn all<'a>(files: &'a Files, types: &RustTypes<'_>, options: &Options) -> Vec<Reference<'a>> {
    let mut found = Vec::new();
    for (_, source) in files.generated() {
        for message in definitions::messages(&source.file) {
            // External messages are not generated, and map entries are reported at the map field.
            let written = options.messages == Messages::Prost && types.external(&message.full_name).is_none();
            if written && !message.item.is_map_entry() {
                add_fields(source, &message, &mut found);
            }
        }
        add_services(source, &mut found);
    }
    found
}

fn add_fields<'a>(
    source: &'a SourceFile,
    at: &Located<'a, descriptor::MessageDescriptor>,
    found: &mut Vec<Reference<'a>>,
) {
    let entries = at.item.map_entries();
    let scope = format!(".{}.", at.full_name);
    for (index, field) in at.item.field.iter().enumerate() {
        let mut add = |type_name: &'a str| {
            found.extend(type_name.strip_prefix('.').map(|name| Reference {
                source,
                place: at.inside(path::MESSAGE_FIELD, index),
                element: naming::join(&at.full_name, &field.name),
                name,
            }));
        };
        let name = field.type_name.strip_prefix(&scope);
        match name.and_then(|name| entries.get(name)) {
            Some(entry) => entry.field.iter().for_each(|part| add(&part.type_name)),
            None => add(&field.type_name),
        }
    }
}

fn add_services<'a>(source: &'a SourceFile, found: &mut Vec<Reference<'a>>) {
    for (service_index, service) in source.file.service.iter().enumerate() {
        let service_name = naming::join(&source.file.package, &service.name);
        for (index, method) in service.method.iter().enumerate() {
            let mut add = |type_name: &'a str| {
                found.extend(type_name.strip_prefix('.').map(|name| Reference {
                    source,
                    place: vec![
                        path::FILE_SERVICE,
                        to_i32(service_index),
                        path::SERVICE_METHOD,
                        to_i32(index),
                    ],
                    element: naming::join(&service_name, &method.name),
                    name,
                }));
            };
            add(&method.input_type);
            if method.output_type != method.input_type {
                add(&method.output_type);
            }
        }
    }
}

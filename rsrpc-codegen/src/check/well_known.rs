//! Whether generated code would name a type of `google.protobuf` that prost-types does not have.

use std::collections::HashMap;

use crate::input::descriptor::{self, path};
use crate::input::walk::{self, At};
use crate::input::{Files, Source, to_i32};
use crate::types::Types;
use crate::{Diagnostic, naming};

pub(super) fn check(files: &Files, types: &Types<'_>, errors: &mut Vec<Diagnostic>) {
    let mut check = Check { types, errors };
    for (_, source) in files.generated() {
        for message in walk::messages(&source.file) {
            // No code is generated for a message whose code exists already, and a map is its field's.
            if !message.item.is_map_entry() && types.external(&message.full_name).is_none() {
                check.fields(source, &message);
            }
        }
        check.services(source);
    }
}

struct Check<'a> {
    types: &'a Types<'a>,
    errors: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn fields(&mut self, source: &Source, at: &At<'_, descriptor::Message>) {
        let entries = at.item.map_entries().into_values();
        let entries: HashMap<_, _> = entries
            .map(|entry| (format!(".{}.{}", at.full_name, entry.name), entry))
            .collect();
        for (index, field) in at.item.field.iter().enumerate() {
            let place = at.inside(path::MESSAGE_FIELD, index);
            let full_name = naming::join(&at.full_name, &field.name);
            match entries.get(field.type_name.as_str()) {
                Some(entry) => {
                    for part in &entry.field {
                        self.reference(source, &place, &full_name, &part.type_name);
                    }
                }
                None => self.reference(source, &place, &full_name, &field.type_name),
            }
        }
    }

    fn services(&mut self, source: &Source) {
        for (index, service) in source.file.service.iter().enumerate() {
            let service_name = naming::join(&source.file.package, &service.name);
            let place = [path::FILE_SERVICE, to_i32(index)];
            for (index, method) in service.method.iter().enumerate() {
                let place = [place.as_slice(), &[path::SERVICE_METHOD, to_i32(index)]].concat();
                let full_name = naming::join(&service_name, &method.name);
                self.reference(source, &place, &full_name, &method.input_type);
                if method.output_type != method.input_type {
                    self.reference(source, &place, &full_name, &method.output_type);
                }
            }
        }
    }

    fn reference(&mut self, source: &Source, place: &[i32], element: &str, type_name: &str) {
        let Some(name) = type_name.strip_prefix('.') else {
            return;
        };
        if self.types.is_missing(name) {
            let message = format!(
                "`{element}` uses `{name}`, which the crate prost-types does not have; name a Rust type for it with \
                 extern_path=.{name}=::rust::path"
            );
            self.errors.push(source.error(place, element, message));
        }
    }
}

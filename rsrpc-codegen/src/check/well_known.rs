//! Reports types of `google.protobuf` that are used but that prost-types lacks.

use super::references;
use crate::input::Files;
use crate::types::RustTypes;
use crate::{Diagnostic, Options};

pub(super) fn check(files: &Files, types: &RustTypes<'_>, options: &Options, errors: &mut Vec<Diagnostic>) {
    for reference in references::all(files, types, options) {
        let (element, name) = (&reference.element, reference.name);
        if types.is_missing(name) {
            let message = format!(
                "`{element}` uses `{name}`, which the crate prost-types does not have; name a Rust type for it with \
                 extern_path=.{name}=::rust::path"
            );
            errors.push(reference.source.error(&reference.place, element, message));
        }
    }
}

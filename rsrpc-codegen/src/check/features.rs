//! Reports edition features that generated Rust code cannot express.

use std::collections::HashSet;

use crate::input::definitions::{self, Located};
use crate::input::descriptor::{self, path};
use crate::input::{Files, SourceFile};
use crate::{Diagnostic, Severity, naming};

pub(super) fn check(files: &Files, errors: &mut Vec<Diagnostic>, warnings: &mut Vec<Diagnostic>) {
    let closed: HashSet<String> = files
        .all()
        .iter()
        .flat_map(|source| definitions::enums(&source.file))
        .filter(|at| at.item.is_closed())
        .map(|at| format!(".{}", at.full_name))
        .collect();
    for (_, source) in files.generated() {
        for finding in &source.findings {
            match finding.severity() {
                Severity::Error => errors.push(finding.clone()),
                Severity::Warning => warnings.push(finding.clone()),
            }
        }
        for message in definitions::messages(&source.file) {
            if !message.item.is_map_entry() {
                closed_enums(source, &message, &closed, errors);
            }
        }
    }
}

/// Reports fields without presence that hold a closed enum. Such a field is unset when zero, but a closed enum may lack
/// a value of zero.
fn closed_enums(
    source: &SourceFile,
    at: &Located<'_, descriptor::MessageDescriptor>,
    closed: &HashSet<String>,
    errors: &mut Vec<Diagnostic>,
) {
    for (index, field) in at.item.field.iter().enumerate() {
        let implicit = source.file.syntax == "proto3"
            && field.label == descriptor::LABEL_OPTIONAL
            && !field.proto3_optional
            && field.oneof_index.is_none();
        if !implicit || !closed.contains(&field.type_name) {
            continue;
        }
        let item = field.type_name.trim_start_matches('.');
        let message = if source.file.edition == 0 {
            format!("a proto3 field cannot hold the closed enum `{item}`; make the field `optional`")
        } else {
            format!(
                "feature `field_presence` is IMPLICIT, which a field of the closed enum `{item}` cannot have; set it \
                 to EXPLICIT, or the enum's `enum_type` to OPEN"
            )
        };
        let full_name = naming::join(&at.full_name, &field.name);
        errors.push(source.error(&at.inside(path::MESSAGE_FIELD, index), &full_name, message));
    }
}

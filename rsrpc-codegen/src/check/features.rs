//! What the features of editions, and the labels of proto2, ask that cannot be had in Rust.

use std::collections::{HashMap, HashSet};

use crate::input::descriptor::{self, path};
use crate::input::walk::{self, At};
use crate::input::{Files, Source};
use crate::{Diagnostic, Severity, circles::circles, naming};

pub(super) fn check(files: &Files, errors: &mut Vec<Diagnostic>, warnings: &mut Vec<Diagnostic>) {
    let closed: HashSet<String> = files
        .all()
        .iter()
        .flat_map(|source| walk::enums(&source.file))
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
        let messages = walk::messages(&source.file);
        for message in messages.iter().filter(|message| !message.item.is_map_entry()) {
            closed_enums(source, message, &closed, errors);
        }
        required_circles(source, &messages, errors);
    }
}

/// A field without presence is unset when it is zero, which a closed enum need not have.
fn closed_enums(
    source: &Source,
    at: &At<'_, descriptor::Message>,
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

/// A message that requires itself has no value. Imports are never circular, so one file is enough to look at.
fn required_circles(source: &Source, messages: &[At<'_, descriptor::Message>], errors: &mut Vec<Diagnostic>) {
    let numbers: HashMap<_, _> = messages
        .iter()
        .enumerate()
        .map(|(index, at)| (at.full_name.as_str(), index))
        .collect();
    let target = |field: &descriptor::Field| {
        let required = field.label == descriptor::LABEL_REQUIRED;
        numbers
            .get(field.type_name.strip_prefix('.').filter(|_| required)?)
            .copied()
    };
    let edges: Vec<Vec<_>> = messages
        .iter()
        .map(|at| at.item.field.iter().filter_map(target).collect())
        .collect();
    let circles = circles(&edges);
    for (number, at) in messages.iter().enumerate() {
        for (index, field) in at.item.field.iter().enumerate() {
            if target(field).is_some_and(|target| circles.get(target) == circles.get(number)) {
                let message = format!(
                    "the required field `{}` makes `{}` require itself, so that no message is complete; make the field \
                     optional",
                    field.name, at.full_name
                );
                let full_name = naming::join(&at.full_name, &field.name);
                errors.push(source.error(&at.inside(path::MESSAGE_FIELD, index), &full_name, message));
            }
        }
    }
}

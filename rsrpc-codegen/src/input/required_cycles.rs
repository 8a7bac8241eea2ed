//! Makes required fields optional where a message requires itself. proto2 allows such messages although no instance can
//! be complete. The Rust default value would be infinite. Peers cannot observe the change.

use std::collections::HashMap;

use super::definitions;
use super::descriptor::{self, FieldDescriptor, FileDescriptor, MessageDescriptor, path};
use super::finding::EditionFinding;
use crate::Severity;
use crate::cycles::cycles;
use crate::naming::join;

/// Makes required fields of cycles optional. Imports are acyclic, so one file is enough.
pub(super) fn make_optional(file: &mut FileDescriptor) -> Vec<EditionFinding> {
    let mut findings = Vec::new();
    for (place, full_name, index) in in_cycles(file) {
        let syntax = file.syntax.clone();
        let message = message_mut(&mut file.message_type, place.get(1..).unwrap_or_default());
        let Some(field) = message.and_then(|message| message.field.get_mut(index)) else {
            continue;
        };
        field.label = descriptor::LABEL_OPTIONAL;
        field.proto3_optional = syntax == "proto3";
        findings.push(EditionFinding {
            severity: Severity::Warning,
            place: [place.as_slice(), &[path::MESSAGE_FIELD, path::to_i32(index)]].concat(),
            element: join(&full_name, &field.name),
            message: format!(
                "the required field `{}` makes `{full_name}` require itself, so no message could be complete; \
                 the field is treated as optional",
                field.name
            ),
        });
    }
    findings
}

/// Returns the fields in cycles: source path and full name of the message, and the field's index.
fn in_cycles(file: &FileDescriptor) -> Vec<(Vec<i32>, String, usize)> {
    let messages = definitions::messages(file);
    let mut fields = messages.iter().flat_map(|at| &at.item.field);
    if !fields.any(is_required) {
        return Vec::new();
    }
    let numbers = messages.iter().enumerate();
    let numbers: HashMap<_, _> = numbers
        .map(|(number, at)| (at.full_name.as_str(), number))
        .collect();
    let target = |field: &FieldDescriptor| {
        let name = field.type_name.strip_prefix('.').filter(|_| is_required(field))?;
        numbers.get(name).copied()
    };
    let edges = messages
        .iter()
        .map(|at| at.item.field.iter().filter_map(target).collect());
    let cycles = cycles(&edges.collect::<Vec<_>>());
    let mut found = Vec::new();
    for (number, at) in messages.iter().enumerate() {
        for (index, field) in at.item.field.iter().enumerate() {
            if target(field).is_some_and(|target| cycles.get(target) == cycles.get(number)) {
                found.push((at.place.clone(), at.full_name.clone(), index));
            }
        }
    }
    found
}

fn is_required(field: &FieldDescriptor) -> bool {
    field.label == descriptor::LABEL_REQUIRED
}

/// Returns the message at a source path of indices, which alternate with the number of `nested_type`.
fn message_mut<'a>(
    messages: &'a mut [MessageDescriptor],
    place: &[i32],
) -> Option<&'a mut MessageDescriptor> {
    let (&index, inner) = place.split_first()?;
    let message = messages.get_mut(usize::try_from(index).ok()?)?;
    match inner {
        [] => Some(message),
        [_, inner @ ..] => message_mut(&mut message.nested_type, inner),
    }
}

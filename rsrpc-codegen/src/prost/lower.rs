//! Makes of a file what prost-build can express. It decides by a file's syntax alone what a field is, takes the options
//! of a proto3 field for a wish not to pack it, and knows neither editions nor the default value that is an alias.

use std::collections::HashMap;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorProto};

use crate::graph;
use crate::input::{Files, descriptor, walk};
use crate::naming::join;

/// Takes over what the file was lowered to, see [`crate::input`].
pub(super) fn lower(copy: &mut FileDescriptorProto, file: &descriptor::File, aliases: &Aliases) {
    copy.syntax = Some(file.syntax.clone()).filter(|syntax| !syntax.is_empty());
    for (copy, message) in copy.message_type.iter_mut().zip(&file.message_type) {
        lower_message(copy, message, aliases);
    }
}

fn lower_message(copy: &mut DescriptorProto, message: &descriptor::Message, aliases: &Aliases) {
    for (copy, field) in copy.field.iter_mut().zip(&message.field) {
        copy.label = Some(field.label);
        copy.r#type = Some(field.r#type);
        if field.proto3_optional {
            copy.proto3_optional = Some(true);
        }
        if let Some(packed) = field.options.as_ref().and_then(|options| options.packed) {
            copy.options.get_or_insert_default().packed = Some(packed);
        }
        if let Some(name) = aliases.first_name(field) {
            copy.default_value = Some(name.to_owned());
        }
        if let Some(number) = floating_point(field) {
            copy.default_value = Some(number);
        }
    }
    for (copy, nested) in copy.nested_type.iter_mut().zip(&message.nested_type) {
        lower_message(copy, nested, aliases);
    }
}

/// The default value of a `float` or `double`, as Rust writes it: compilers write the same number in different ways.
fn floating_point(field: &descriptor::Field) -> Option<String> {
    let text = field.default_value.as_str();
    match field.r#type {
        // prost knows these words.
        _ if matches!(text, "" | "inf" | "-inf" | "nan") => None,
        descriptor::TYPE_DOUBLE => Some(format!("{:?}", text.parse::<f64>().ok()?)),
        descriptor::TYPE_FLOAT => Some(format!("{:?}", text.parse::<f32>().ok()?)),
        _ => None,
    }
}

/// The values of enums that have the number of an earlier one: prost-build makes a variant of the first only.
pub(super) struct Aliases {
    /// By the enum as a field names it, then by the alias.
    first_names: HashMap<String, HashMap<String, String>>,
}

impl Aliases {
    pub(super) fn of(files: &Files) -> Self {
        let enums = files.all().iter().flat_map(|source| walk::enums(&source.file));
        let first_names = enums.filter_map(|at| {
            let mut first = HashMap::new();
            let mut aliases = HashMap::new();
            for value in &at.item.value {
                match first.get(&value.number) {
                    None => drop(first.insert(value.number, &value.name)),
                    Some(name) => drop(aliases.insert(value.name.clone(), (*name).clone())),
                }
            }
            (!aliases.is_empty()).then(|| (format!(".{}", at.full_name), aliases))
        });
        Self {
            first_names: first_names.collect(),
        }
    }

    fn first_name(&self, field: &descriptor::Field) -> Option<&str> {
        let aliases = self.first_names.get(&field.type_name)?;
        aliases.get(&field.default_value).map(String::as_str)
    }
}

/// The paths of the fields that have to be boxed for a message to be of finite size, and that prost-build does not box
/// because it does not follow groups: those that a group closes a circle with.
pub(super) fn boxed_groups<'a>(files: impl IntoIterator<Item = &'a FileDescriptorProto>) -> Vec<String> {
    let mut messages = Vec::new();
    for file in files {
        for message in &file.message_type {
            add_messages(file.package(), message, &mut messages);
        }
    }
    let is_group = |field: &&FieldDescriptorProto| field.r#type() == Type::Group;
    if !messages
        .iter()
        .any(|(_, message)| message.field.iter().any(|field| is_group(&field)))
    {
        return Vec::new();
    }
    let numbers: HashMap<_, _> = messages
        .iter()
        .enumerate()
        .map(|(at, (name, _))| (name.as_str(), at))
        .collect();
    let target =
        |field: &FieldDescriptorProto| numbers.get(field.type_name().trim_start_matches('.')).copied();
    let edges: Vec<Vec<usize>> = messages
        .iter()
        .map(|(_, message)| {
            let fields = message.field.iter().filter(|field| is_direct(field));
            fields.filter_map(target).collect()
        })
        .collect();
    let components = graph::components(&edges);
    let mut paths = Vec::new();
    for (at, (name, message)) in messages.iter().enumerate() {
        for field in message
            .field
            .iter()
            .filter(|field| is_direct(field))
            .filter(is_group)
        {
            let Some(target) = target(field) else { continue };
            if components.get(at) == components.get(target) {
                let oneof = field.oneof_index.filter(|_| !field.proto3_optional());
                let oneof = oneof.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
                paths.push(match oneof {
                    Some(oneof) => format!(".{name}.{}.{}", oneof.name(), field.name()),
                    None => format!(".{name}.{}", field.name()),
                });
            }
        }
    }
    paths
}

/// Whether the struct of the message holds the struct of the field.
fn is_direct(field: &FieldDescriptorProto) -> bool {
    matches!(field.r#type(), Type::Message | Type::Group) && field.label() != Label::Repeated
}

fn add_messages<'a>(
    scope: &str,
    message: &'a DescriptorProto,
    found: &mut Vec<(String, &'a DescriptorProto)>,
) {
    let full_name = join(scope, message.name());
    for nested in &message.nested_type {
        add_messages(&full_name, nested, found);
    }
    found.push((full_name, message));
}

//! Adapts a file to prost-build. prost-build decides by syntax alone what a field is, treats options of proto3 fields
//! as a request not to pack them, and supports neither editions nor aliases as default values.

use std::collections::HashMap;

use prost_types::{DescriptorProto, FileDescriptorProto};

use crate::input::{Files, definitions, descriptor};

/// Applies the results of lowering, see [`crate::input`].
pub(super) fn adapt(
    copy: &mut FileDescriptorProto,
    file: &descriptor::FileDescriptor,
    aliases: &EnumAliases,
) {
    copy.syntax = Some(file.syntax.clone()).filter(|syntax| !syntax.is_empty());
    for (copy, message) in copy.message_type.iter_mut().zip(&file.message_type) {
        adapt_message(copy, message, aliases);
    }
}

fn adapt_message(copy: &mut DescriptorProto, message: &descriptor::MessageDescriptor, aliases: &EnumAliases) {
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
        adapt_message(copy, nested, aliases);
    }
}

/// Returns the default of a `float` or `double` in Rust syntax, because compilers write numbers differently.
fn floating_point(field: &descriptor::FieldDescriptor) -> Option<String> {
    let text = field.default_value.as_str();
    match field.r#type {
        // prost supports these words.
        _ if matches!(text, "" | "inf" | "-inf" | "nan") => None,
        descriptor::TYPE_DOUBLE => Some(format!("{:?}", text.parse::<f64>().ok()?)),
        descriptor::TYPE_FLOAT => Some(format!("{:?}", text.parse::<f32>().ok()?)),
        _ => None,
    }
}

/// Enum values that repeat an earlier number. prost-build makes a variant of the first only.
pub(super) struct EnumAliases {
    /// First names by enum, as fields refer to it, and by alias.
    first_names: HashMap<String, HashMap<String, String>>,
}

impl EnumAliases {
    pub(super) fn of(files: &Files) -> Self {
        let enums = files
            .all()
            .iter()
            .flat_map(|source| definitions::enums(&source.file));
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

    fn first_name(&self, field: &descriptor::FieldDescriptor) -> Option<&str> {
        let aliases = self.first_names.get(&field.type_name)?;
        aliases.get(&field.default_value).map(String::as_str)
    }
}

//! Limits the length of names before a file is processed. Full names repeat their scopes, so a long package with many
//! messages could exhaust memory.

use crate::Diagnostic;
use crate::input::descriptor::{FileDescriptor, MessageDescriptor};
use crate::naming;

/// Maximum length of a name or a package in bytes. Compilers set no limit.
const MAX_NAME_BYTES: usize = 1_000;
/// Maximum length of a message's full name in bytes.
const MAX_FULL_NAME_BYTES: usize = 4_000;
/// Maximum length of a file name in bytes, including directories.
const MAX_FILE_NAME_BYTES: usize = 4_000;

/// Returns an error for each name that is too long.
pub(crate) fn check(file: &FileDescriptor) -> Vec<Diagnostic> {
    let mut check = NameLengthCheck {
        file: naming::for_display(&file.name),
        errors: Vec::new(),
    };
    check.check_length("file name", &file.name, MAX_FILE_NAME_BYTES);
    for import in &file.dependency {
        check.check_length("file name", import, MAX_FILE_NAME_BYTES);
    }
    check.check_length("package", &file.package, MAX_NAME_BYTES);
    for message in &file.message_type {
        check.message(message, file.package.len());
    }
    for item in &file.enum_type {
        check.name(&item.name);
        item.value.iter().for_each(|value| check.name(&value.name));
    }
    for service in &file.service {
        check.name(&service.name);
        for method in &service.method {
            check.name(&method.name);
            check.check_length("type name", &method.input_type, MAX_FULL_NAME_BYTES + 1);
            check.check_length("type name", &method.output_type, MAX_FULL_NAME_BYTES + 1);
        }
    }
    check.errors
}

struct NameLengthCheck {
    file: String,
    errors: Vec<Diagnostic>,
}

impl NameLengthCheck {
    fn check_length(&mut self, what: &str, name: &str, longest: usize) {
        if name.len() > longest {
            let message = format!(
                "the {what} `{}` has {} bytes; the maximum is {longest}",
                naming::for_display(name),
                name.len()
            );
            self.errors.push(Diagnostic::error(message).in_file(&self.file));
        }
    }

    fn name(&mut self, name: &str) {
        self.check_length("name", name, MAX_NAME_BYTES);
    }

    /// Recursion is bounded by the nesting limit of the decoder.
    fn message(&mut self, message: &MessageDescriptor, scope: usize) {
        self.name(&message.name);
        let full_name = scope + 1 + message.name.len();
        if full_name > MAX_FULL_NAME_BYTES && message.name.len() <= MAX_NAME_BYTES {
            let text = format!(
                "the full name of `{}` has {full_name} bytes; the maximum is {MAX_FULL_NAME_BYTES}",
                naming::for_display(&message.name)
            );
            self.errors.push(Diagnostic::error(text).in_file(&self.file));
            return;
        }
        for field in &message.field {
            self.name(&field.name);
            self.check_length("type name", &field.type_name, MAX_FULL_NAME_BYTES + 1);
        }
        message.oneof_decl.iter().for_each(|oneof| self.name(&oneof.name));
        for item in &message.enum_type {
            self.name(&item.name);
            item.value.iter().for_each(|value| self.name(&value.name));
        }
        for nested in &message.nested_type {
            self.message(nested, full_name);
        }
    }
}

//! How long names may be. Looked at before anything is made of a file: full names repeat what is around an element, so
//! that a long package and many messages would fill the memory.

use crate::Diagnostic;
use crate::input::descriptor::{File, Message};
use crate::naming;

/// Of one segment, and of a whole package. No compiler sets a limit; nobody writes such names by hand.
const LONGEST_NAME: usize = 1_000;
/// Of a message with the messages and the package around it.
const LONGEST_FULL_NAME: usize = 4_000;
/// Of a file, with its folders.
const LONGEST_FILE_NAME: usize = 4_000;

/// Every name of a file that is too long.
pub(crate) fn check(file: &File) -> Vec<Diagnostic> {
    let mut check = Check {
        file: naming::shown(&file.name),
        errors: Vec::new(),
    };
    check.bound("file name", &file.name, LONGEST_FILE_NAME);
    for import in &file.dependency {
        check.bound("file name", import, LONGEST_FILE_NAME);
    }
    check.bound("package", &file.package, LONGEST_NAME);
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
            check.bound("type name", &method.input_type, LONGEST_FULL_NAME + 1);
            check.bound("type name", &method.output_type, LONGEST_FULL_NAME + 1);
        }
    }
    check.errors
}

struct Check {
    file: String,
    errors: Vec<Diagnostic>,
}

impl Check {
    fn bound(&mut self, what: &str, name: &str, longest: usize) {
        if name.len() > longest {
            let message = format!(
                "the {what} `{}` has {} bytes; at most {longest} are taken",
                naming::shown(name),
                name.len()
            );
            self.errors.push(Diagnostic::error(message).in_file(&self.file));
        }
    }

    fn name(&mut self, name: &str) {
        self.bound("name", name, LONGEST_NAME);
    }

    /// Recursive: decoding has bounded how deep messages nest.
    fn message(&mut self, message: &Message, scope: usize) {
        self.name(&message.name);
        let full_name = scope + 1 + message.name.len();
        if full_name > LONGEST_FULL_NAME && message.name.len() <= LONGEST_NAME {
            let text = format!(
                "the full name of `{}` has {full_name} bytes; at most {LONGEST_FULL_NAME} are taken",
                naming::shown(&message.name)
            );
            self.errors.push(Diagnostic::error(text).in_file(&self.file));
            return;
        }
        for field in &message.field {
            self.name(&field.name);
            self.bound("type name", &field.type_name, LONGEST_FULL_NAME + 1);
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

//! An index from full names to the files that define them.

use std::collections::{BTreeMap, HashMap};

use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto};

/// The names defined by files, which are identified by index. If two files define a name, the first one wins.
#[derive(Debug, Default)]
pub(super) struct SymbolTable {
    symbols: HashMap<String, Symbol>,
    /// File index by the full name of the extended message and the extension number.
    extensions: HashMap<String, BTreeMap<i32, usize>>,
}

#[derive(Debug, Clone, Copy)]
struct Symbol {
    file: usize,
    is_message: bool,
}

impl SymbolTable {
    /// Returns the file that defines a message, field, oneof, enum, enum value, extension, service or method.
    pub(super) fn file(&self, name: &str) -> Option<usize> {
        self.symbols.get(name).map(|symbol| symbol.file)
    }

    pub(super) fn is_message(&self, name: &str) -> bool {
        self.symbols.get(name).is_some_and(|symbol| symbol.is_message)
    }

    /// Returns the files that extend a message, by extension number.
    pub(super) fn extensions(&self, message: &str) -> Option<&BTreeMap<i32, usize>> {
        self.extensions.get(message)
    }

    /// Adds the definitions of a file.
    pub(super) fn add(&mut self, descriptor: &FileDescriptorProto, file: usize) {
        let package = descriptor.package();
        for message in &descriptor.message_type {
            self.add_message(package, message, file);
        }
        for item in &descriptor.enum_type {
            self.add_enum(package, item, file);
        }
        self.add_extensions(package, &descriptor.extension, file);
        for service in &descriptor.service {
            let name = self.add_symbol(package, service.name(), file);
            for method in &service.method {
                self.add_symbol(&name, method.name(), file);
            }
        }
    }

    fn add_message(&mut self, scope: &str, message: &DescriptorProto, file: usize) {
        let name = self.add_symbol(scope, message.name(), file);
        if let Some(symbol) = self.symbols.get_mut(&name) {
            symbol.is_message = true;
        }
        for field in &message.field {
            self.add_symbol(&name, field.name(), file);
        }
        for oneof in &message.oneof_decl {
            self.add_symbol(&name, oneof.name(), file);
        }
        for nested in &message.nested_type {
            self.add_message(&name, nested, file);
        }
        for item in &message.enum_type {
            self.add_enum(&name, item, file);
        }
        self.add_extensions(&name, &message.extension, file);
    }

    /// Adds an enum. Its values share the scope of the enum, as in C++, but are also found as its children.
    fn add_enum(&mut self, scope: &str, item: &EnumDescriptorProto, file: usize) {
        let name = self.add_symbol(scope, item.name(), file);
        for value in &item.value {
            self.add_symbol(scope, value.name(), file);
            self.add_symbol(&name, value.name(), file);
        }
    }

    fn add_extensions(&mut self, scope: &str, extensions: &[FieldDescriptorProto], file: usize) {
        for extension in extensions {
            self.add_symbol(scope, extension.name(), file);
            let extended = extension.extendee().trim_start_matches('.').to_owned();
            let numbers = self.extensions.entry(extended).or_default();
            numbers.entry(extension.number()).or_insert(file);
        }
    }

    /// Adds a name and returns the full name.
    fn add_symbol(&mut self, scope: &str, name: &str, file: usize) -> String {
        let name = if scope.is_empty() {
            name.to_owned()
        } else {
            format!("{scope}.{name}")
        };
        self.symbols.entry(name.clone()).or_insert(Symbol {
            file,
            is_message: false,
        });
        name
    }
}

//! Controls names in prost-build's output. In the copy of the descriptors for prost-build, an element with a
//! non-default Rust name gets a placeholder. prost-build writes it in three distinguishable forms: unchanged in
//! strings, in camel case for types and variants, and in snake case for fields and modules. Each form is then replaced
//! by the actual name.

use std::collections::HashMap;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto};

use crate::input::{Files, definitions};
use crate::naming::join;
use crate::types::RustTypes;

/// All placeholders of one run.
pub(crate) struct Placeholders<'a> {
    types: &'a RustTypes<'a>,
    /// Upper case, and not contained in any name of the input.
    mark: String,
    /// The replacements of each placeholder.
    forms: Vec<PlaceholderForms>,
    /// Placeholders by full name. A package and a message may have the same name.
    packages: HashMap<String, String>,
    elements: HashMap<String, String>,
}

struct PlaceholderForms {
    proto: String,
    camel: String,
    snake: String,
}

impl<'a> Placeholders<'a> {
    pub(crate) fn new(files: &Files, types: &'a RustTypes<'a>) -> Self {
        let mut placeholders = Self {
            types,
            mark: "RENAMED".to_owned(),
            forms: Vec::new(),
            packages: HashMap::new(),
            elements: HashMap::new(),
        };
        if types.names().is_plain() {
            return placeholders;
        }
        while is_mentioned(files, types, &placeholders.mark) {
            placeholders.mark.push('X');
        }
        for source in files.all() {
            placeholders.packages(&source.file.package);
            for at in definitions::messages(&source.file) {
                placeholders.element(&at.full_name, PlaceholderKind::Type);
                for field in &at.item.field {
                    placeholders.element(&join(&at.full_name, &field.name), PlaceholderKind::Field);
                }
                for oneof in &at.item.oneof_decl {
                    placeholders.element(&join(&at.full_name, &oneof.name), PlaceholderKind::Oneof);
                }
            }
            for at in definitions::enums(&source.file) {
                placeholders.element(&at.full_name, PlaceholderKind::Type);
                for value in &at.item.value {
                    placeholders.element(&join(&at.full_name, &value.name), PlaceholderKind::Value);
                }
            }
        }
        placeholders
    }

    fn packages(&mut self, package: &str) {
        let ends = package.match_indices('.').map(|(dot, _)| dot);
        for end in ends.chain([package.len()]) {
            let Some(prefix) = package.get(..end) else {
                continue;
            };
            if self.types.names().is_package_renamed(prefix) && !self.packages.contains_key(prefix) {
                let snake = self.types.names().package_module(prefix);
                let placeholder = self.add(prefix, String::new(), snake);
                self.packages.insert(prefix.to_owned(), placeholder);
            }
        }
    }

    fn element(&mut self, full_name: &str, shape: PlaceholderKind) {
        let names = self.types.names();
        if !names.is_renamed(full_name) {
            return;
        }
        let (camel, snake) = match shape {
            PlaceholderKind::Type => (names.type_ident(full_name), names.message_module(full_name)),
            PlaceholderKind::Field => (names.member_ident(full_name), names.field_ident(full_name)),
            PlaceholderKind::Oneof => (names.type_ident(full_name), names.field_ident(full_name)),
            PlaceholderKind::Value => (names.member_ident(full_name), String::new()),
        };
        let placeholder = self.add(full_name, camel, snake);
        self.elements.insert(full_name.to_owned(), placeholder);
    }

    fn add(&mut self, full_name: &str, camel: String, snake: String) -> String {
        let placeholder = format!("{}{}x", self.mark, self.forms.len());
        let proto = full_name.rsplit('.').next().unwrap_or_default().to_owned();
        self.forms.push(PlaceholderForms { proto, camel, snake });
        placeholder
    }

    /// Returns a full name or proto path, with or without a leading dot, with placeholders.
    pub(crate) fn path(&self, path: &str) -> String {
        let (dot, name) = match path.strip_prefix('.') {
            Some(name) => (".", name),
            None => ("", path),
        };
        if self.forms.is_empty() || name.is_empty() {
            return path.to_owned();
        }
        let mut copy = dot.to_owned();
        let mut start = 0;
        let ends = name.match_indices('.').map(|(dot, _)| dot);
        for end in ends.chain([name.len()]) {
            let (prefix, segment) = (name.get(..end), name.get(start..end));
            let (prefix, segment) = (prefix.unwrap_or_default(), segment.unwrap_or_default());
            let placeholder = self.elements.get(prefix).or_else(|| self.packages.get(prefix));
            copy.push_str(placeholder.map_or(segment, String::as_str));
            if end < name.len() {
                copy.push('.');
            }
            start = end + 1;
        }
        copy
    }

    /// Replaces names in a file by placeholders.
    pub(crate) fn put(&self, file: &mut FileDescriptorProto) {
        if self.forms.is_empty() {
            return;
        }
        let package = file.package().to_owned();
        if !package.is_empty() {
            // Only packages are looked up here, because a message may have the same name.
            let mut copy = Vec::new();
            let mut end = 0;
            for segment in package.split('.') {
                end += segment.len() + usize::from(end > 0);
                let prefix = package.get(..end).unwrap_or_default();
                copy.push(self.packages.get(prefix).map_or(segment, String::as_str));
            }
            file.package = Some(copy.join("."));
        }
        for message in &mut file.message_type {
            self.message(&package, message);
        }
        for item in &mut file.enum_type {
            self.enumeration(&package, item);
        }
    }

    fn message(&self, scope: &str, message: &mut DescriptorProto) {
        let full_name = join(scope, message.name());
        for field in &mut message.field {
            if let (Some(default), Some(item)) = (&mut field.default_value, &field.type_name) {
                let value = join(item.trim_start_matches('.'), default);
                if let Some(placeholder) = self.elements.get(&value) {
                    default.clone_from(placeholder);
                }
            }
            if let Some(name) = &mut field.type_name {
                *name = self.path(name);
            }
            self.rename(&full_name, &mut field.name);
        }
        for oneof in &mut message.oneof_decl {
            self.rename(&full_name, &mut oneof.name);
        }
        for nested in &mut message.nested_type {
            self.message(&full_name, nested);
        }
        for item in &mut message.enum_type {
            self.enumeration(&full_name, item);
        }
        self.rename(scope, &mut message.name);
    }

    fn enumeration(&self, scope: &str, item: &mut EnumDescriptorProto) {
        let full_name = join(scope, item.name());
        for value in &mut item.value {
            self.rename(&full_name, &mut value.name);
        }
        self.rename(scope, &mut item.name);
    }

    fn rename(&self, scope: &str, name: &mut Option<String>) {
        if let Some(name) = name
            && let Some(placeholder) = self.elements.get(&join(scope, name))
        {
            name.clone_from(placeholder);
        }
    }

    /// Replaces placeholders in prost-build's text by names.
    pub(crate) fn replace(&self, text: String) -> String {
        if self.forms.is_empty() {
            return text;
        }
        let (capitals, small) = (self.mark.as_str(), self.mark.to_ascii_lowercase());
        let camel = format!("{}{}", &capitals[..1], &small[1..]);
        let text = self.replace_form(&text, capitals, |forms| &forms.proto);
        let text = self.replace_form(&text, &camel, |forms| &forms.camel);
        self.replace_form(&text, &small, |forms| &forms.snake)
    }

    fn replace_form(&self, text: &str, mark: &str, form: fn(&PlaceholderForms) -> &String) -> String {
        let mut parts = text.split(mark);
        let mut replaced = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let found = part.split_once('x').and_then(|(number, rest)| {
                let forms = self.forms.get(number.parse::<usize>().ok()?)?;
                Some((form(forms), rest))
            });
            match found {
                Some((name, rest)) => {
                    replaced.push_str(name);
                    replaced.push_str(rest);
                }
                None => {
                    replaced.push_str(mark);
                    replaced.push_str(part);
                }
            }
        }
        replaced
    }
}

/// The kind of element that a placeholder represents.
enum PlaceholderKind {
    Type,
    Field,
    Oneof,
    Value,
}

/// Returns whether any text that prost-build may copy contains the mark, in any case.
fn is_mentioned(files: &Files, types: &RustTypes<'_>, mark: &str) -> bool {
    let has = |text: &str| {
        let text: String = text.chars().filter(|&c| c != '_').collect();
        text.to_ascii_uppercase().contains(mark)
    };
    let in_file = files.all().iter().any(|source| {
        let messages = definitions::messages(&source.file);
        let enums = definitions::enums(&source.file);
        has(&source.file.package)
            || messages.iter().any(|at| {
                let fields = at.item.field.iter();
                has(&at.item.name)
                    || fields
                        .clone()
                        .any(|field| has(&field.name) || has(&field.default_value))
                    || at.item.oneof_decl.iter().any(|oneof| has(&oneof.name))
            })
            || enums
                .iter()
                .any(|at| has(&at.item.name) || at.item.value.iter().any(|value| has(&value.name)))
    });
    in_file
        || types
            .all_external()
            .iter()
            .any(|(proto, rust)| has(proto) || has(rust))
}

//! Names packages, and the items of each package.

use std::collections::{BTreeMap, BTreeSet};

use super::scope::{Scope, camel_number, snake_number};
use super::{NamingInput, RustNames, last_segment, messages, record_rename};
use crate::input::SourceFile;
use crate::input::descriptor::{EnumDescriptor, MessageDescriptor};
use crate::naming;

/// The messages and enums of one scope.
pub(super) struct Definitions<'a> {
    pub(super) scope: &'a str,
    pub(super) messages: Vec<&'a MessageDescriptor>,
    pub(super) enums: Vec<&'a EnumDescriptor>,
}

impl RustNames {
    /// Names the modules of packages. Returns the modules inside each package.
    pub(super) fn packages<'a>(
        &mut self,
        input: &NamingInput<'_>,
        packages: impl Iterator<Item = &'a str>,
    ) -> BTreeMap<&'a str, Vec<String>> {
        let mut children = BTreeMap::<&str, BTreeSet<&str>>::new();
        for package in packages {
            let mut parent = "";
            let mut end = 0;
            for segment in package.split('.').filter(|segment| !segment.is_empty()) {
                end += segment.len() + usize::from(end > 0);
                let child = package.get(..end).unwrap_or_default();
                if !(input.is_external)(child) {
                    children.entry(parent).or_default().insert(child);
                }
                parent = child;
            }
        }
        let mut modules = BTreeMap::new();
        for (parent, children) in children {
            let mut scope = Scope::default();
            let mut children: Vec<_> = children.into_iter().collect();
            children.sort_by_key(|child| naming::snake(last_segment(child)) != last_segment(child));
            let mut renumbered = Vec::new();
            let mut idents = Vec::new();
            for child in children {
                let plain = naming::snake(last_segment(child));
                if scope.take(&plain) {
                    idents.push(plain.clone());
                    record_rename(&mut self.package_modules, child.to_owned(), &plain, plain.clone());
                } else {
                    renumbered.push((child, plain));
                }
            }
            for (child, plain) in renumbered {
                let ident = scope.take_numbered(&plain, snake_number);
                idents.push(ident.clone());
                record_rename(&mut self.package_modules, child.to_owned(), &plain, ident);
            }
            modules.insert(parent, idents);
        }
        modules
    }

    /// Names the top-level types and modules of a package; `modules` are those of packages inside it.
    pub(super) fn package_items(
        &mut self,
        input: &NamingInput<'_>,
        sources: &[&SourceFile],
        modules: &[String],
    ) -> Scope {
        let mut scope = Scope::default();
        for module in modules {
            scope.take(module);
        }
        let package = sources.first().map_or("", |source| source.file.package.as_str());
        let definitions = Definitions {
            scope: package,
            messages: sources
                .iter()
                .flat_map(|source| &source.file.message_type)
                .collect(),
            enums: sources.iter().flat_map(|source| &source.file.enum_type).collect(),
        };
        self.types_and_modules(input, &definitions, &mut scope);
        scope
    }

    /// Names types before modules of messages, and types in Rust spelling before others.
    pub(super) fn types_and_modules(
        &mut self,
        input: &NamingInput<'_>,
        definitions: &Definitions<'_>,
        scope: &mut Scope,
    ) {
        let messages = definitions
            .messages
            .iter()
            .filter(|message| !message.is_map_entry());
        let messages: Vec<_> = messages
            .map(|message| (naming::join(definitions.scope, &message.name), *message))
            .filter(|(full_name, _)| !(input.is_external)(full_name))
            .collect();
        let enums = definitions.enums.iter();
        let enums = enums
            .map(|item| naming::join(definitions.scope, &item.name))
            .filter(|full_name| !(input.is_external)(full_name));
        let mut types: Vec<_> = messages
            .iter()
            .map(|(full_name, _)| full_name.clone())
            .chain(enums)
            .map(|full_name| (naming::camel(last_segment(&full_name)), full_name))
            .collect();
        types.sort_by_key(|(plain, full_name)| plain != last_segment(full_name));
        let mut renumbered = Vec::new();
        for (plain, full_name) in types {
            if scope.take(&plain) {
                record_rename(&mut self.types, full_name, &plain, plain.clone());
            } else {
                renumbered.push((plain, full_name));
            }
        }
        for (plain, full_name) in renumbered {
            let ident = scope.take_numbered(&plain, camel_number);
            record_rename(&mut self.types, full_name, &plain, ident);
        }
        for (full_name, message) in messages {
            if messages::has_module(message) {
                self.message_module_of(&full_name, scope);
            }
        }
    }

    /// Names a message's module, which yields to that of a package.
    fn message_module_of(&mut self, full_name: &str, scope: &mut Scope) {
        let plain = naming::snake(last_segment(full_name));
        // A renumbered type shares its number with its module.
        let camel = naming::camel(last_segment(full_name));
        let number = self
            .types
            .get(full_name)
            .and_then(|ident| ident.strip_prefix(camel.trim_end_matches('_')));
        let wanted = match number {
            Some(number) if !number.is_empty() => {
                format!(
                    "{}_{number}",
                    plain.trim_start_matches("r#").trim_end_matches('_')
                )
            }
            _ => plain.clone(),
        };
        let ident = if scope.take(&wanted) {
            wanted
        } else {
            let wanted = wanted.trim_start_matches("r#").trim_end_matches('_');
            scope.take_numbered(&format!("{wanted}_types"), snake_number)
        };
        record_rename(&mut self.message_modules, full_name.to_owned(), &plain, ident);
    }
}

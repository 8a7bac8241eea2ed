//! Resolves Rust name conflicts. Elements without a conflict follow the rules of `naming`.
//!
//! The rules are in `docs/names.md`. They depend on definitions only, never on options, so that names do not depend on
//! other generated code. Where possible they use numbers and spelling rather than order. Names on the wire, in JSON and
//! in descriptors are unaffected.

mod messages;
mod packages;
mod scope;
mod services;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::input::{Files, SourceFile};
use crate::naming;

/// Names that differ from the default rules, by full name, such as `package.Message.field`.
#[derive(Debug, Default)]
pub(crate) struct RustNames {
    /// Types of messages, enums and oneofs.
    types: HashMap<String, String>,
    /// Modules of messages. Packages are kept apart, because a package and a message may have the same name.
    message_modules: HashMap<String, String>,
    package_modules: HashMap<String, String>,
    /// Struct fields of fields and oneofs.
    fields: HashMap<String, String>,
    /// Variants of oneof members and enum values.
    variants: HashMap<String, String>,
    /// Traits of services.
    services: HashMap<String, String>,
    /// Methods of rpcs.
    methods: HashMap<String, String>,
}

/// The input of name resolution.
struct NamingInput<'a> {
    files: &'a Files,
    /// Returns whether Rust code for a package, message or enum already exists.
    is_external: &'a dyn Fn(&str) -> bool,
    generated: HashSet<&'a str>,
}

impl RustNames {
    pub(crate) fn resolve(files: &Files, is_external: &dyn Fn(&str) -> bool) -> Self {
        let input = NamingInput {
            files,
            is_external,
            generated: files
                .generated()
                .map(|(_, source)| source.file.name.as_str())
                .collect(),
        };
        let mut packages = BTreeMap::<&str, Vec<&SourceFile>>::new();
        for source in files.all() {
            packages.entry(&source.file.package).or_default().push(source);
        }
        for sources in packages.values_mut() {
            sources.sort_by_key(|source| &source.file.name);
        }
        let mut names = Self::default();
        let children = names.packages(&input, packages.keys().copied());
        let defaults = messages::enums_of_defaults(&input);
        for (package, sources) in &packages {
            let modules = children.get(*package).map_or(&[][..], Vec::as_slice);
            let mut scope = names.package_items(&input, sources, modules);
            if sources.iter().any(|source| input.is_generated(source)) {
                names.services(sources, &mut scope);
            }
            for source in sources {
                names.nested_items(&input, source, &defaults);
            }
        }
        names
    }

    /// Returns the struct or enum identifier of a message or enum.
    pub(crate) fn type_ident(&self, full_name: &str) -> String {
        let plain = || naming::camel(last_segment(full_name));
        self.types.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// Returns the module of a message's nested types.
    pub(crate) fn message_module(&self, full_name: &str) -> String {
        let plain = || naming::snake(last_segment(full_name));
        self.message_modules.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// Returns the module of a package inside that of its parent.
    pub(crate) fn package_module(&self, package: &str) -> String {
        let plain = || naming::snake(last_segment(package));
        self.package_modules.get(package).cloned().unwrap_or_else(plain)
    }

    /// Returns the trait of a service, which prefixes its other items.
    pub(crate) fn service_ident(&self, full_name: &str) -> String {
        let plain = || naming::camel(last_segment(full_name));
        self.services.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// Returns the method of an rpc.
    pub(crate) fn method_ident(&self, full_name: &str) -> String {
        let plain = || naming::method(last_segment(full_name));
        self.methods.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// Returns whether all names that prost-build chooses follow the default rules.
    pub(crate) fn is_plain(&self) -> bool {
        self.types.is_empty()
            && self.message_modules.is_empty()
            && self.package_modules.is_empty()
            && self.fields.is_empty()
            && self.variants.is_empty()
    }

    pub(crate) fn is_package_renamed(&self, package: &str) -> bool {
        self.package_modules.contains_key(package)
    }

    pub(crate) fn is_renamed(&self, full_name: &str) -> bool {
        self.types.contains_key(full_name)
            || self.message_modules.contains_key(full_name)
            || self.fields.contains_key(full_name)
            || self.variants.contains_key(full_name)
    }

    /// Returns the struct field of a field or oneof.
    pub(crate) fn field_ident(&self, full_name: &str) -> String {
        let plain = || naming::snake(last_segment(full_name));
        self.fields.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// Returns the variant of a oneof member.
    pub(crate) fn member_ident(&self, full_name: &str) -> String {
        let plain = || naming::camel(last_segment(full_name));
        self.variants.get(full_name).cloned().unwrap_or_else(plain)
    }
}

impl NamingInput<'_> {
    fn is_generated(&self, source: &SourceFile) -> bool {
        self.generated.contains(source.file.name.as_str())
    }
}

/// Returns the last segment of a full name.
fn last_segment(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}

/// Records a name that differs from the default, or that prost-build cannot derive.
fn record_rename(names: &mut HashMap<String, String>, full_name: String, plain: &str, ident: String) {
    if ident != plain || !naming::has_letters_or_digits(last_segment(&full_name)) {
        names.insert(full_name, ident);
    }
}

//! The Rust names of elements whose plain names would fight: everything else is called by the rules of `naming` alone.
//!
//! The rules are in `docs/names.md`. They look at definitions only, never at options, so that a name does not depend on
//! what else is generated; where they can, they go by numbers and spelling rather than by order. Names on the wire, in
//! JSON and in descriptors are none of their business.

mod messages;
mod packages;
mod scope;
mod services;

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::input::{Files, SourceFile};
use crate::naming;

/// What is not called by the plain rules. All keys are full names, such as `package.Message.field`.
#[derive(Debug, Default)]
pub(crate) struct RustNames {
    /// Of messages, enums and oneofs: the type.
    types: HashMap<String, String>,
    /// Of packages and messages: the module. A package may be called as a message, so they are kept apart.
    message_modules: HashMap<String, String>,
    package_modules: HashMap<String, String>,
    /// Of fields and oneofs: the struct's field.
    fields: HashMap<String, String>,
    /// Of members of oneofs and values of enums: the variant.
    variants: HashMap<String, String>,
    /// Of services: the trait.
    services: HashMap<String, String>,
    /// Of rpcs.
    methods: HashMap<String, String>,
}

/// What names are made for.
struct NamingInput<'a> {
    files: &'a Files,
    /// Whether Rust code for a package, message or enum exists already: its names are not ours to choose.
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

    /// A message or enum by its full name: the identifier of its struct or enum.
    pub(crate) fn type_ident(&self, full_name: &str) -> String {
        let plain = || naming::camel(last_segment(full_name));
        self.types.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// The module of what is nested in a message.
    pub(crate) fn message_module(&self, full_name: &str) -> String {
        let plain = || naming::snake(last_segment(full_name));
        self.message_modules.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// The module of a package, inside that of the package around it.
    pub(crate) fn package_module(&self, package: &str) -> String {
        let plain = || naming::snake(last_segment(package));
        self.package_modules.get(package).cloned().unwrap_or_else(plain)
    }

    /// The trait of a service, and what its other items are called after.
    pub(crate) fn service_ident(&self, full_name: &str) -> String {
        let plain = || naming::camel(last_segment(full_name));
        self.services.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// The method of an rpc.
    pub(crate) fn method_ident(&self, full_name: &str) -> String {
        let plain = || naming::method(last_segment(full_name));
        self.methods.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// Whether everything that prost-build names is called by the plain rules.
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

    /// The struct's field of a field or oneof.
    pub(crate) fn field_ident(&self, full_name: &str) -> String {
        let plain = || naming::snake(last_segment(full_name));
        self.fields.get(full_name).cloned().unwrap_or_else(plain)
    }

    /// The variant of a oneof's member.
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

/// The last segment of a full name.
fn last_segment(full_name: &str) -> &str {
    full_name.rsplit('.').next().unwrap_or(full_name)
}

/// Notes a name that the plain rules do not give, or that prost-build cannot make.
fn record_rename(names: &mut HashMap<String, String>, full_name: String, plain: &str, ident: String) {
    if ident != plain || !naming::has_letters_or_digits(last_segment(&full_name)) {
        names.insert(full_name, ident);
    }
}

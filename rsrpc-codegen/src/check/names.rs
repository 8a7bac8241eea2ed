//! Whether two elements of an input become one Rust name.

use std::collections::{HashMap, HashSet};

use crate::input::descriptor::{self, path};
use crate::input::walk::{self, At};
use crate::input::{Files, Source, to_i32};
use crate::types::Types;
use crate::{Diagnostic, Options, naming};

pub(super) fn check(files: &Files, types: &Types<'_>, options: &Options, errors: &mut Vec<Diagnostic>) {
    let mut names = NameTable {
        taken: HashMap::new(),
        errors,
    };
    names.packages(files);
    for (_, source) in files.generated() {
        for message in walk::messages(&source.file) {
            if !message.item.is_map_entry() && types.external(&message.full_name).is_none() {
                names.message(source, &message);
            }
        }
        for item in walk::enums(&source.file) {
            if types.external(&item.full_name).is_none() {
                names.enumeration(source, &item);
            }
        }
        for (index, service) in source.file.service.iter().enumerate() {
            names.service(source, index, service, options);
        }
    }
}

/// Who has which name: by scope and identifier, what a reader calls its owner.
struct NameTable<'a> {
    taken: HashMap<(String, String), String>,
    errors: &'a mut Vec<Diagnostic>,
}

/// A name that an element asks for.
struct Claim<'a> {
    /// A Rust module, struct or enum, in a notation that only has to be unique.
    scope: &'a str,
    /// What kind of name, for the message: `type`.
    what: &'a str,
    ident: String,
    /// Who asks.
    owner: String,
}

impl NameTable<'_> {
    fn claim(&mut self, source: &Source, place: &[i32], claim: Claim<'_>) {
        let Claim {
            scope,
            what,
            ident,
            owner,
        } = claim;
        let key = (scope.to_owned(), ident);
        if let Some(other) = self.taken.get(&key) {
            let message = format!(
                "{owner} and {other} would both be the Rust {what} `{}`; rename one of them",
                key.1
            );
            self.errors
                .push(source.error(place, owner.split('`').nth(1).unwrap_or_default(), message));
        } else {
            self.taken.insert(key, owner);
        }
    }

    /// Packages are modules inside one another.
    fn packages(&mut self, files: &Files) {
        let mut seen = HashSet::new();
        for (_, source) in files.generated() {
            let mut parent = "";
            let mut end = 0;
            for segment in source
                .file
                .package
                .split('.')
                .filter(|segment| !segment.is_empty())
            {
                end += segment.len() + usize::from(end > 0);
                let package = source.file.package.get(..end).unwrap_or_default();
                if seen.insert(package) {
                    let ident = naming::snake(segment);
                    let owner = format!("package `{package}`");
                    self.claim(
                        source,
                        &[path::FILE_PACKAGE],
                        Claim {
                            scope: parent,
                            what: "module",
                            ident,
                            owner,
                        },
                    );
                }
                parent = package;
            }
        }
    }

    fn message(&mut self, source: &Source, at: &At<'_, descriptor::Message>) {
        let (scope, name) = scope_of(&at.full_name);
        let owner = format!("message `{}`", at.full_name);
        let message = at.item;
        self.claim(
            source,
            &at.place,
            Claim {
                scope,
                what: "type",
                ident: naming::camel(name),
                owner: owner.clone(),
            },
        );
        let oneofs: HashSet<i32> = real_oneofs(message).collect();
        let nested = message.nested_type.iter().any(|nested| !nested.is_map_entry());
        if nested || !message.enum_type.is_empty() || !oneofs.is_empty() {
            let owner = format!("the module of {owner}");
            self.claim(
                source,
                &at.place,
                Claim {
                    scope,
                    what: "module",
                    ident: naming::snake(name),
                    owner,
                },
            );
        }
        let fields = format!("{} fields", at.full_name);
        for (index, field) in message.field.iter().enumerate() {
            let place = at.inside(path::MESSAGE_FIELD, index);
            let owner = format!("field `{}.{}`", at.full_name, field.name);
            match field.oneof_index.filter(|_| !field.proto3_optional) {
                None => {
                    let ident = naming::snake(&field.name);
                    self.claim(
                        source,
                        &place,
                        Claim {
                            scope: &fields,
                            what: "field",
                            ident,
                            owner,
                        },
                    );
                }
                Some(oneof) => {
                    let scope = format!("{} oneof {oneof}", at.full_name);
                    let ident = naming::camel(&field.name);
                    self.claim(
                        source,
                        &place,
                        Claim {
                            scope: &scope,
                            what: "variant",
                            ident,
                            owner,
                        },
                    );
                }
            }
        }
        for (index, oneof) in message.oneof_decl.iter().enumerate() {
            if oneofs.contains(&to_i32(index)) {
                let place = at.inside(path::MESSAGE_ONEOF, index);
                let owner = format!("oneof `{}.{}`", at.full_name, oneof.name);
                let ident = naming::snake(&oneof.name);
                self.claim(
                    source,
                    &place,
                    Claim {
                        scope: &fields,
                        what: "field",
                        ident,
                        owner: owner.clone(),
                    },
                );
                let ident = oneof_type(message, &oneof.name);
                self.claim(
                    source,
                    &place,
                    Claim {
                        scope: &at.full_name,
                        what: "type",
                        ident,
                        owner,
                    },
                );
            }
        }
    }

    fn enumeration(&mut self, source: &Source, at: &At<'_, descriptor::Enum>) {
        let (scope, name) = scope_of(&at.full_name);
        let type_name = naming::camel(name);
        let owner = format!("enum `{}`", at.full_name);
        self.claim(
            source,
            &at.place,
            Claim {
                scope,
                what: "type",
                ident: type_name.clone(),
                owner,
            },
        );
        let mut numbers = HashSet::new();
        for (index, value) in at.item.value.iter().enumerate() {
            // An alias has no variant.
            if numbers.insert(value.number) {
                let ident = naming::variant(&type_name, &value.name);
                let owner = format!("enum value `{}.{}`", at.full_name, value.name);
                let scope = format!("{} values", at.full_name);
                let place = at.inside(path::ENUM_VALUE, index);
                self.claim(
                    source,
                    &place,
                    Claim {
                        scope: &scope,
                        what: "variant",
                        ident,
                        owner,
                    },
                );
            }
        }
    }

    fn service(&mut self, source: &Source, index: usize, service: &descriptor::Service, options: &Options) {
        let place = [path::FILE_SERVICE, to_i32(index)];
        let full_name = naming::join(&source.file.package, &service.name);
        let scope = source.file.package.as_str();
        let ident = naming::camel(&service.name);
        let items = [
            (options.client || options.server, String::new()),
            (true, "Methods".to_owned()),
            (options.server, "Server".to_owned()),
            (options.client, "Client".to_owned()),
        ];
        for (_, suffix) in items.into_iter().filter(|(wanted, _)| *wanted) {
            let owner = format!("service `{full_name}`");
            let ident = format!("{ident}{suffix}");
            self.claim(
                source,
                &place,
                Claim {
                    scope,
                    what: "type",
                    ident,
                    owner,
                },
            );
        }
        for (index, method) in service.method.iter().enumerate() {
            let place = [place.as_slice(), &[path::SERVICE_METHOD, to_i32(index)]].concat();
            let scope = format!("{full_name} methods");
            let owner = format!("rpc `{full_name}.{}`", method.name);
            let ident = naming::method(&method.name);
            self.claim(
                source,
                &place,
                Claim {
                    scope: &scope,
                    what: "method",
                    ident,
                    owner,
                },
            );
        }
    }
}

/// The oneofs that are not there for an `optional` field.
fn real_oneofs(message: &descriptor::Message) -> impl Iterator<Item = i32> {
    let members = message.field.iter().filter(|field| !field.proto3_optional);
    members.filter_map(|field| field.oneof_index)
}

/// prost-build's way out when a oneof is called as a type nested beside it.
fn oneof_type(message: &descriptor::Message, name: &str) -> String {
    let ident = naming::camel(name);
    let nested = message.nested_type.iter().map(|nested| &nested.name);
    let mut nested = nested.chain(message.enum_type.iter().map(|nested| &nested.name));
    if nested.any(|nested| naming::camel(nested) == ident) {
        format!("{ident}OneOf")
    } else {
        ident
    }
}

/// The scope and the name of a full name.
fn scope_of(full_name: &str) -> (&str, &str) {
    full_name.rsplit_once('.').unwrap_or(("", full_name))
}

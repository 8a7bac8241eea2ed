//! Maps the full names of messages and enums to Rust types, by prost's rules.

use std::collections::HashMap;

use crate::input::{ElementKind, Files};
use crate::rust_names::RustNames;
use crate::{Options, naming, well_known};

/// Rust types of messages and enums, including existing ones.
pub(crate) struct RustTypes<'a> {
    files: &'a Files,
    /// Existing Rust paths by proto path without the leading dot: packages, messages and enums.
    external: HashMap<String, String>,
    /// The default path of `google.protobuf`.
    prost_types: String,
    names: RustNames,
}

impl<'a> RustTypes<'a> {
    pub(crate) fn new(files: &'a Files, options: &Options) -> Self {
        let runtime = &options.runtime_path;
        let prost_types = format!("{runtime}::prost_types");
        let well_known = [
            (well_known::PACKAGE, prost_types.clone()),
            ("google.protobuf.BoolValue", "bool".to_owned()),
            (
                "google.protobuf.BytesValue",
                format!("{runtime}::prost::alloc::vec::Vec<u8>"),
            ),
            ("google.protobuf.DoubleValue", "f64".to_owned()),
            ("google.protobuf.Empty", "()".to_owned()),
            ("google.protobuf.FloatValue", "f32".to_owned()),
            ("google.protobuf.Int32Value", "i32".to_owned()),
            ("google.protobuf.Int64Value", "i64".to_owned()),
            (
                "google.protobuf.StringValue",
                format!("{runtime}::prost::alloc::string::String"),
            ),
            ("google.protobuf.UInt32Value", "u32".to_owned()),
            ("google.protobuf.UInt64Value", "u64".to_owned()),
        ];
        let mut external: HashMap<_, _> = well_known
            .into_iter()
            .map(|(proto, rust)| (proto.to_owned(), rust))
            .collect();
        for (proto, rust) in &options.extern_path {
            external.insert(proto.trim_start_matches('.').to_owned(), rust.clone());
        }
        let mut types = Self {
            files,
            external,
            prost_types,
            names: RustNames::default(),
        };
        types.names = RustNames::resolve(files, &|name| types.external(name).is_some());
        types
    }

    /// Returns the names that differ from the default rules.
    pub(crate) fn names(&self) -> &RustNames {
        &self.names
    }

    /// Returns types without any existing one, not even well-known types.
    #[cfg(test)]
    pub(crate) fn without_external(files: &'a Files) -> Self {
        Self {
            files,
            external: HashMap::new(),
            prost_types: String::new(),
            names: RustNames::default(),
        }
    }

    /// Returns the existing Rust type, if there is one.
    pub(crate) fn external(&self, full_name: &str) -> Option<String> {
        if let Some(rust) = self.external.get(full_name) {
            return Some(rust.clone());
        }
        let (prefix, rest, rust) = self.outer(full_name)?;
        // The prefix may be a message, whose nested types are in a module named in snake case.
        let scope = match (self.files.element(prefix), rust.rsplit_once("::")) {
            (Some(_), Some((module, message))) => format!("{module}::{}", naming::snake(message)),
            _ => rust.clone(),
        };
        Some(format!("{scope}::{}", relative(rest)))
    }

    /// Returns whether [`Self::external`] names a missing type: prost-types has only part of `google.protobuf`.
    pub(crate) fn is_missing(&self, full_name: &str) -> bool {
        !self.external.contains_key(full_name)
            && self.outer(full_name).is_some_and(|(prefix, rest, rust)| {
                prefix == well_known::PACKAGE
                    && *rust == self.prost_types
                    && !well_known::is_in_prost_types(rest)
            })
    }

    /// Returns the innermost enclosing package or message with existing code, the rest of the name, and the Rust path.
    fn outer<'n>(&self, full_name: &'n str) -> Option<(&'n str, &'n str, &String)> {
        full_name.rmatch_indices('.').find_map(|(dot, _)| {
            let (prefix, rest) = (full_name.get(..dot)?, full_name.get(dot + 1..)?);
            Some((prefix, rest, self.external.get(prefix)?))
        })
    }

    /// Returns the Rust type as seen from the module of `package`.
    pub(crate) fn path(&self, full_name: &str, package: &str) -> String {
        if let Some(external) = self.external(full_name) {
            return external;
        }
        let mut from = package
            .split('.')
            .filter(|segment| !segment.is_empty())
            .peekable();
        let mut to = full_name;
        while let (Some(segment), Some((head, tail))) = (from.peek(), to.split_once('.')) {
            if *segment != head {
                break;
            }
            from.next();
            to = tail;
        }
        let mut path = "super::".repeat(from.count());
        let shared = full_name.len() - to.len();
        for (dot, _) in to.match_indices('.') {
            let scope = full_name.get(..shared + dot).unwrap_or_default();
            path.push_str(&match self.files.element(scope) {
                Some(_) => self.names.message_module(scope),
                None => self.names.package_module(scope),
            });
            path.push_str("::");
        }
        path + &self.names.type_ident(full_name)
    }

    /// Returns every existing message and enum with its Rust type. prost-build gets each by full name, so that only the
    /// rules of this module apply.
    pub(crate) fn all_external(&self) -> Vec<(String, String)> {
        let elements = self.files.elements();
        let mut found: Vec<_> = elements
            .filter_map(|name| Some((format!(".{name}"), self.external(name)?)))
            .collect();
        found.sort_unstable();
        found
    }

    /// Returns the kind of element with a full name.
    pub(crate) fn kind(&self, full_name: &str) -> Option<ElementKind> {
        self.files.element(full_name)
    }
}

/// Returns `outer::Inner` for `Outer.Inner`.
pub(crate) fn relative(name: &str) -> String {
    match name.rsplit_once('.') {
        Some((scope, name)) => {
            let modules: String = scope
                .split('.')
                .map(|segment| naming::snake(segment) + "::")
                .collect();
            modules + &naming::camel(name)
        }
        None => naming::camel(name),
    }
}

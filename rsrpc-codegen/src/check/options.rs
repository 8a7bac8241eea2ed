//! Checks options against the definitions: types of excluded packages that are still used, and paths that match
//! nothing.

use std::collections::HashMap;

use super::references;
use crate::Diagnostic;
use crate::input::{Files, definitions};
use crate::option_paths::{ElementPaths, is_in_package, matches};
use crate::options::{Messages, Options};
use crate::types::RustTypes;

/// Reports types that are used but whose package is excluded and not covered by `extern_path`.
pub(super) fn check_references(
    files: &Files,
    types: &RustTypes<'_>,
    options: &Options,
    errors: &mut Vec<Diagnostic>,
) {
    if options.include_only.is_empty() && options.exclude.is_empty() {
        return;
    }
    let left_out = left_out(files, options);
    for reference in references::all(files, types, options) {
        let (element, name) = (&reference.element, reference.name);
        let Some((package, option)) = left_out.get(name).filter(|_| types.external(name).is_none()) else {
            continue;
        };
        let message = format!(
            "`{element}` uses `{name}`, but the package `{package}` is left out by the option `{option}`; name \
             its Rust path with extern_path=.{package}=::rust::path"
        );
        errors.push(reference.source.error(&reference.place, element, message));
    }
}

/// Returns the messages and enums of excluded packages, each with its package and the option that excludes it.
fn left_out<'f>(files: &'f Files, options: &Options) -> HashMap<String, (&'f str, String)> {
    let mut found = HashMap::new();
    for source in files.all() {
        let package = source.file.package.as_str();
        let excluding = options
            .exclude
            .iter()
            .find(|excluded| is_in_package(package, excluded));
        let option = match excluding {
            Some(excluded) => format!("exclude={excluded}"),
            None if options.generates(package) => continue,
            None => "include_only".to_owned(),
        };
        let messages = definitions::messages(&source.file)
            .into_iter()
            .map(|at| at.full_name);
        let enums = definitions::enums(&source.file)
            .into_iter()
            .map(|at| at.full_name);
        found.extend(
            messages
                .chain(enums)
                .map(|name| (name, (package, option.clone()))),
        );
    }
    found
}

/// Returns whether any option names elements. Collecting the elements of a large input is expensive.
fn names_elements(options: &Options) -> bool {
    let paths = [&options.bytes, &options.btree_map, &options.boxed];
    let attributes = [
        &options.type_attribute,
        &options.field_attribute,
        &options.enum_attribute,
    ];
    paths.iter().any(|list| !list.is_empty()) || attributes.iter().any(|list| !list.is_empty())
}

/// Warns of paths that match nothing, and of options that exclude every package.
pub(super) fn check_use(
    files: &Files,
    types: &RustTypes<'_>,
    options: &Options,
    warnings: &mut Vec<Diagnostic>,
) {
    let mut nothing = |option: &str, path: &str, what: &str| {
        warnings.push(Diagnostic::warning(format!(
            "option `{option}`: `{path}` matches no {what}"
        )));
    };
    for (path, _) in &options.extern_path {
        let name = path.trim_start_matches('.');
        let is_package = || {
            let mut sources = files.all().iter();
            sources.any(|source| is_in_package(&source.file.package, name))
        };
        if types.kind(name).is_none() && !is_package() {
            nothing("extern_path", path, "package, message or enum");
        }
    }
    for (option, packages) in [
        ("include_only", &options.include_only),
        ("exclude", &options.exclude),
    ] {
        for package in packages {
            let mut sources = files.all().iter();
            if !sources.any(|source| is_in_package(&source.file.package, package)) {
                nothing(option, package, "package");
            }
        }
    }
    if options.messages == Messages::Prost && names_elements(options) {
        let elements = ElementPaths::of(files, types);
        let first = |pairs: &[(String, String)]| -> Vec<String> {
            pairs.iter().map(|(path, _)| path.clone()).collect()
        };
        for (option, paths, known, what) in [
            ("bytes", options.bytes.clone(), &elements.bytes, "`bytes` field"),
            (
                "btree_map",
                options.btree_map.clone(),
                &elements.maps,
                "map field",
            ),
            (
                "type_attribute",
                first(&options.type_attribute),
                &elements.types,
                "message, enum or oneof",
            ),
            (
                "field_attribute",
                first(&options.field_attribute),
                &elements.fields,
                "field, oneof or enum value",
            ),
            (
                "enum_attribute",
                first(&options.enum_attribute),
                &elements.enums,
                "enum or oneof",
            ),
        ] {
            for path in paths {
                if !known.iter().any(|element| matches(&path, element)) {
                    nothing(option, &path, what);
                }
            }
        }
        for path in &options.boxed {
            if elements.boxed(path).next().is_none() {
                nothing("boxed", path, "field of one message");
            }
        }
    }
    if files.generated().next().is_none() && files.is_narrowed() {
        warnings.push(Diagnostic::warning(
            "the options `include_only` and `exclude` leave nothing to generate",
        ));
    }
}

//! Reports names that are defined twice and import cycles. [`Files`] reports duplicate messages and enums.

use std::collections::{HashMap, HashSet};

use crate::input::definitions;
use crate::input::descriptor::path;
use crate::input::{Files, SourceFile, to_i32};
use crate::{Diagnostic, naming};

pub(super) fn check(files: &Files, errors: &mut Vec<Diagnostic>) {
    let mut services = HashSet::new();
    for source in files.all() {
        messages(source, errors);
        for (index, service) in source.file.service.iter().enumerate() {
            let place = [path::FILE_SERVICE, to_i32(index)];
            let full_name = naming::join(&source.file.package, &service.name);
            let methods = service.method.iter().enumerate().map(|(index, method)| {
                let place = [place.as_slice(), &[path::SERVICE_METHOD, to_i32(index)]].concat();
                (place, method.name.as_str())
            });
            twice(source, &full_name, methods, errors);
            if files.element(&full_name).is_some() || !services.insert(full_name.clone()) {
                errors.push(source.error(&place, &full_name, format!("`{full_name}` is defined twice")));
            }
        }
        packages(files, source, errors);
    }
    imports(files, errors);
}

fn messages(source: &SourceFile, errors: &mut Vec<Diagnostic>) {
    for at in definitions::messages(&source.file) {
        let fields = at.item.field.iter().enumerate();
        let fields =
            fields.map(|(index, field)| (at.inside(path::MESSAGE_FIELD, index), field.name.as_str()));
        let oneofs = at.item.oneof_decl.iter().enumerate();
        let oneofs =
            oneofs.map(|(index, oneof)| (at.inside(path::MESSAGE_ONEOF, index), oneof.name.as_str()));
        twice(source, &at.full_name, fields.chain(oneofs), errors);
    }
    for at in definitions::enums(&source.file) {
        let values = at.item.value.iter().enumerate();
        let values = values.map(|(index, value)| (at.inside(path::ENUM_VALUE, index), value.name.as_str()));
        twice(source, &at.full_name, values, errors);
    }
}

/// Reports every repeated name of a scope.
fn twice<'a>(
    source: &SourceFile,
    scope: &str,
    names: impl Iterator<Item = (Vec<i32>, &'a str)>,
    errors: &mut Vec<Diagnostic>,
) {
    let mut seen = HashSet::new();
    for (place, name) in names {
        if !seen.insert(name) {
            let full_name = naming::join(scope, name);
            let message = format!("`{}` is defined twice", naming::for_display(&full_name));
            errors.push(source.error(&place, &full_name, message));
        }
    }
}

/// Reports packages that share a full name with a type, because references to their members would be ambiguous.
fn packages(files: &Files, source: &SourceFile, errors: &mut Vec<Diagnostic>) {
    let package = source.file.package.as_str();
    let ends = package.match_indices('.').map(|(dot, _)| dot);
    for end in ends.chain([package.len()]) {
        let prefix = package.get(..end).unwrap_or_default();
        if files.element(prefix).is_some() {
            let message = format!("`{prefix}` is both a package and a type; rename one");
            errors.push(source.error(&[path::FILE_PACKAGE], package, message));
        }
    }
}

/// Reports one import of each cycle.
fn imports(files: &Files, errors: &mut Vec<Diagnostic>) {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        Open,
        Done,
    }
    let mut states = HashMap::new();
    for source in files.all() {
        let mut open = vec![(source, 0)];
        while let Some((source, next)) = open.pop() {
            let name = source.file.name.as_str();
            if next == 0 && states.insert(name, State::Open) == Some(State::Done) {
                states.insert(name, State::Done);
                continue;
            }
            let Some(import) = source.file.dependency.get(next) else {
                states.insert(name, State::Done);
                continue;
            };
            open.push((source, next + 1));
            match (states.get(import.as_str()), files.named(import)) {
                (Some(State::Open), _) => {
                    let place = [path::FILE_DEPENDENCY, to_i32(next)];
                    let message = format!(
                        "the import of `{}` closes an import cycle",
                        naming::for_display(import)
                    );
                    errors.push(source.error(&place, &source.file.package, message));
                }
                (None, Some(imported)) => open.push((imported, 0)),
                _ => {}
            }
        }
    }
}

//! Matches the paths by which options name elements, as prost-build does.

use std::collections::HashSet;

use crate::input::descriptor::{LABEL_REPEATED, TYPE_MESSAGE};
use crate::input::{Files, definitions, descriptor};
use crate::naming;
use crate::options::Options;
use crate::types::RustTypes;

/// Returns whether an option's path matches an element: `.` matches everything, `.a.b` the element and everything
/// below, `B.c` every element with that suffix.
pub(crate) fn matches(path: &str, element: &str) -> bool {
    if path == "." || path == element {
        return true;
    }
    let rest = if path.starts_with('.') {
        element.strip_prefix(path).map(|rest| rest.starts_with('.'))
    } else {
        element.strip_suffix(path).map(|rest| rest.ends_with('.'))
    };
    rest == Some(true)
}

/// Returns whether a package is `outer` or below it.
pub(crate) fn is_in_package(package: &str, outer: &str) -> bool {
    package
        .strip_prefix(outer.trim_start_matches('.'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

impl Options {
    /// Returns whether the options generate code for a package.
    pub(crate) fn generates(&self, package: &str) -> bool {
        let listed = |list: &[String]| list.iter().any(|outer| is_in_package(package, outer));
        (self.include_only.is_empty() || listed(&self.include_only)) && !listed(&self.exclude)
    }
}

/// The paths of all elements that prost-build writes, by applicable option.
#[derive(Default)]
pub(crate) struct ElementPaths {
    /// Messages, enums and oneofs.
    pub(crate) types: Vec<String>,
    /// Enums and oneofs.
    pub(crate) enums: Vec<String>,
    /// Fields, oneofs, their members, and enum values.
    pub(crate) fields: Vec<String>,
    /// Fields of type `bytes`, and maps with such values.
    pub(crate) bytes: Vec<String>,
    pub(crate) maps: Vec<String>,
    /// Fields that hold one message. A oneof member has a second path, which includes the oneof.
    boxable: Vec<Vec<String>>,
}

impl ElementPaths {
    pub(crate) fn of(files: &Files, types: &RustTypes<'_>) -> Self {
        let mut elements = Self::default();
        for (_, source) in files.generated() {
            for at in definitions::messages(&source.file) {
                if !at.item.is_map_entry() && types.external(&at.full_name).is_none() {
                    elements.message(at.item, &format!(".{}", at.full_name));
                }
            }
            for at in definitions::enums(&source.file) {
                if types.external(&at.full_name).is_none() {
                    let name = format!(".{}", at.full_name);
                    let values = at.item.value.iter();
                    elements
                        .fields
                        .extend(values.map(|value| naming::join(&name, &value.name)));
                    elements.types.push(name.clone());
                    elements.enums.push(name);
                }
            }
        }
        elements
    }

    fn message(&mut self, message: &descriptor::MessageDescriptor, name: &str) {
        self.types.push(name.to_owned());
        let entries = message.map_entries();
        let scope = format!("{name}.");
        for field in &message.field {
            let path = naming::join(name, &field.name);
            let oneof = field.oneof_index.filter(|_| !field.proto3_optional);
            let oneof = oneof.and_then(|index| message.oneof_decl.get(usize::try_from(index).ok()?));
            let member = oneof.map(|oneof| format!("{name}.{}.{}", oneof.name, field.name));
            let entry = field
                .type_name
                .strip_prefix(&scope)
                .and_then(|name| entries.get(name));
            let value = entry.and_then(|entry| entry.field.get(1));
            if value.map_or(field.r#type, |value| value.r#type) == TYPE_BYTES {
                self.bytes.push(path.clone());
            }
            if entry.is_some() {
                self.maps.push(path.clone());
            } else if matches!(field.r#type, TYPE_MESSAGE | TYPE_GROUP) && field.label != LABEL_REPEATED {
                let paths = std::iter::once(path.clone()).chain(member.clone());
                self.boxable.push(paths.collect());
            }
            self.fields.push(member.unwrap_or(path));
        }
        let synthetic = message.field.iter().filter(|field| field.proto3_optional);
        let synthetic: HashSet<_> = synthetic
            .filter_map(|field| usize::try_from(field.oneof_index?).ok())
            .collect();
        for (index, oneof) in message.oneof_decl.iter().enumerate() {
            if !synthetic.contains(&index) {
                let path = naming::join(name, &oneof.name);
                self.types.push(path.clone());
                self.enums.push(path.clone());
                self.fields.push(path);
            }
        }
    }

    /// Returns the fields that a path of `boxed` matches. prost-build gets these instead of the path, because it would
    /// also box scalars and then write invalid code. It expects different paths of oneof members in different places.
    pub(crate) fn boxed<'a>(&'a self, path: &'a str) -> impl Iterator<Item = &'a String> {
        let wanted = move |paths: &&Vec<String>| paths.iter().any(|element| matches(path, element));
        self.boxable.iter().filter(wanted).flatten()
    }
}

const TYPE_BYTES: i32 = 12;
const TYPE_GROUP: i32 = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_match_as_in_prost() {
        for (path, element, expected) in [
            (".", ".a.B.c", true),
            (".a", ".a.B.c", true),
            (".a.B.c", ".a.B.c", true),
            (".a.B.", ".a.B.c", false),
            (".a.b", ".a.bc", false),
            ("c", ".a.B.c", true),
            ("B.c", ".a.B.c", true),
            ("a.B.c", ".a.B.c", true),
            ("a.B", ".a.B.c", false),
            ("c", ".a.B.cc", false),
            ("c", ".a.B.xc", false),
        ] {
            assert_eq!(matches(path, element), expected, "{path} {element}");
        }
    }

    #[test]
    fn packages_have_packages_below() {
        let options = Options::parse("include_only=a,include_only=b.c,exclude=a.x").unwrap();
        for (package, expected) in [
            ("a", true),
            ("a.b", true),
            ("ab", false),
            ("a.x", false),
            ("a.x.y", false),
            ("a.xy", true),
            ("b", false),
            ("b.c", true),
            ("", false),
        ] {
            assert_eq!(options.generates(package), expected, "{package}");
        }
    }
}

//! Differences between two versions of a `.proto` file, and their impact on peers that use the older one.

mod enums;
mod fields;
mod services;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, UninterpretedOption};

use super::names;

/// The impact of a difference on programs built from the older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impact {
    /// Older programs misread data or call the wrong method, in protobuf or in JSON.
    Breaking,
    /// Older programs keep working.
    Compatible,
}

/// One difference. `Display` prints one line: `breaking: field 1 of greet.v1.User …`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    impact: Impact,
    text: String,
}

impl Difference {
    /// Returns the impact on older programs.
    pub fn impact(&self) -> Impact {
        self.impact
    }

    /// Returns the description of the difference.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let impact = match self.impact {
            Impact::Breaking => "breaking",
            Impact::Compatible => "compatible",
        };
        write!(f, "{impact}: {}", self.text)
    }
}

/// Returns the differences from `old` to `new`: breaking ones first, then in the order of the definitions' names.
///
/// `old` may come from a parser that does not resolve type names. `types` are the full names that it can refer to in
/// addition to its own.
pub(super) fn differences(
    old: &FileDescriptorProto,
    new: &FileDescriptorProto,
    types: &HashSet<&str>,
) -> Vec<Difference> {
    let mut comparison = FileComparison {
        old: FileVersion::new(old, types),
        new: FileVersion::new(new, types),
        differences: Vec::new(),
    };
    comparison.file();
    let mut differences = comparison.differences;
    differences.sort_by_key(|difference| difference.impact);
    differences
}

struct FileComparison<'a> {
    old: FileVersion<'a>,
    new: FileVersion<'a>,
    differences: Vec<Difference>,
}

/// One version of the file.
struct FileVersion<'a> {
    file: &'a FileDescriptorProto,
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
    /// Full names of all types that the file can refer to.
    types: HashSet<&'a str>,
}

impl<'a> FileVersion<'a> {
    fn new(file: &'a FileDescriptorProto, types: &HashSet<&'a str>) -> Self {
        let mut side = Self {
            file,
            messages: BTreeMap::new(),
            enums: BTreeMap::new(),
            types: types.clone(),
        };
        side.collect(file.package(), &file.message_type, &file.enum_type);
        side
    }

    fn collect(&mut self, scope: &str, messages: &'a [DescriptorProto], enums: &'a [EnumDescriptorProto]) {
        for item in enums {
            self.enums.insert(names::join(scope, item.name()), item);
        }
        for message in messages {
            let full_name = names::join(scope, message.name());
            if !message
                .options
                .as_ref()
                .is_some_and(|options| options.map_entry())
            {
                self.collect(&full_name, &message.nested_type, &message.enum_type);
                self.messages.insert(full_name, message);
            }
        }
    }

    /// Resolves a type name in a scope to a full name.
    fn resolve(&self, name: &str, scope: &str) -> String {
        if let Some(full_name) = name.strip_prefix('.') {
            return full_name.to_owned();
        }
        let mut scope = scope;
        loop {
            let candidate = names::join(scope, name);
            let is_known = self.messages.contains_key(&candidate)
                || self.enums.contains_key(&candidate)
                || self.types.contains(candidate.as_str());
            if is_known || scope.is_empty() {
                return candidate;
            }
            scope = names::split(scope).0;
        }
    }
}

impl FileComparison<'_> {
    fn breaking(&mut self, text: String) {
        self.differences.push(Difference {
            impact: Impact::Breaking,
            text,
        });
    }

    fn compatible(&mut self, text: String) {
        self.differences.push(Difference {
            impact: Impact::Compatible,
            text,
        });
    }

    fn file(&mut self) {
        let (old, new) = (self.old.file, self.new.file);
        if old.syntax() != new.syntax() {
            let syntax = |file: &FileDescriptorProto| match file.syntax() {
                "" => "proto2".to_owned(),
                other => other.to_owned(),
            };
            self.breaking(format!(
                "the syntax changed from {} to {}",
                syntax(old),
                syntax(new)
            ));
        }
        if old.package() != new.package() {
            // Every definition has another full name, so further comparison is pointless.
            return self.breaking(format!(
                "the package changed from `{}` to `{}`, which renames every method and type",
                old.package(),
                new.package()
            ));
        }
        self.services();
        let both: BTreeSet<_> = self
            .old
            .messages
            .keys()
            .chain(self.new.messages.keys())
            .cloned()
            .collect();
        for name in both {
            match (
                self.old.messages.get(&name).copied(),
                self.new.messages.get(&name).copied(),
            ) {
                (Some(old), Some(new)) => self.message(&name, old, new),
                (Some(_), None) => self.breaking(format!("message {name} was removed")),
                (None, _) => self.compatible(format!("message {name} was added")),
            }
        }
        let both: BTreeSet<_> = self
            .old
            .enums
            .keys()
            .chain(self.new.enums.keys())
            .cloned()
            .collect();
        for name in both {
            match (
                self.old.enums.get(&name).copied(),
                self.new.enums.get(&name).copied(),
            ) {
                (Some(old), Some(new)) => self.enumeration(&name, old, new),
                (Some(_), None) => self.breaking(format!("enum {name} was removed")),
                (None, _) => self.compatible(format!("enum {name} was added")),
            }
        }
    }

    /// Compares reserved ranges and names. Ranges include both ends.
    fn reserved(&mut self, of: &str, [old, new]: [&[(i32, i32)]; 2], [old_names, new_names]: [&[String]; 2]) {
        let range = |(first, last): &(i32, i32)| {
            if first == last {
                first.to_string()
            } else {
                format!("{first} to {last}")
            }
        };
        for gone in old.iter().filter(|range| !is_covered(range, new)) {
            self.compatible(format!(
                "{of} no longer reserves {}, so a removed number may be reused",
                range(gone)
            ));
        }
        for added in new.iter().filter(|range| !is_covered(range, old)) {
            self.compatible(format!("{of} reserves {}", range(added)));
        }
        for gone in old_names.iter().filter(|name| !new_names.contains(name)) {
            self.compatible(format!("{of} no longer reserves the name `{gone}`"));
        }
        for added in new_names.iter().filter(|name| !old_names.contains(name)) {
            self.compatible(format!("{of} reserves the name `{added}`"));
        }
    }
}

/// Returns whether other ranges together cover every number of a range.
fn is_covered(range: &(i32, i32), others: &[(i32, i32)]) -> bool {
    let mut others = others.to_vec();
    others.sort_unstable();
    let mut next = i64::from(range.0);
    for (first, last) in others {
        if i64::from(first) <= next && i64::from(last) >= next {
            next = i64::from(last) + 1;
        }
    }
    next > i64::from(range.1)
}

/// Returns whether a number is in one of the ranges.
fn contains(ranges: &[(i32, i32)], number: i32) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&number))
}

/// Returns whether an item is deprecated. Parsers that do not interpret options keep them as written.
fn is_deprecated(interpreted: Option<bool>, others: &[UninterpretedOption]) -> bool {
    interpreted.unwrap_or_default() || option_identifier(others, "deprecated") == Some("true")
}

/// Returns the identifier that an uninterpreted option is set to.
fn option_identifier<'a>(options: &'a [UninterpretedOption], name: &str) -> Option<&'a str> {
    let is_named = |option: &&UninterpretedOption| matches!(option.name.as_slice(), [part] if part.name_part == name && !part.is_extension);
    options
        .iter()
        .find(is_named)
        .map(|option| option.identifier_value())
}

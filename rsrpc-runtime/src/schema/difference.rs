//! What is different between two versions of a `.proto` file, and whether peers of the older one notice.

mod enums;
mod fields;
mod services;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;

use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, UninterpretedOption};

use super::names;

/// What a difference means for programs that were made with the older version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Impact {
    /// They read or call something else than what is meant, in protobuf's bytes or in JSON.
    Breaking,
    /// They go on as before.
    Compatible,
}

/// One difference. `Display` is a line: `breaking: field 1 of greet.v1.User …`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    impact: Impact,
    text: String,
}

impl Difference {
    /// Whether it breaks older programs.
    pub fn impact(&self) -> Impact {
        self.impact
    }

    /// The sentence that says what is different.
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

/// The differences from `old` to `new`: the breaking ones first, otherwise in the order of the definitions' names.
///
/// `old` may come from a parser that does not resolve names; `types` are the full names that it can mean beside its
/// own.
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

/// One of the two versions.
struct FileVersion<'a> {
    file: &'a FileDescriptorProto,
    messages: BTreeMap<String, &'a DescriptorProto>,
    enums: BTreeMap<String, &'a EnumDescriptorProto>,
    /// Everything that a name can mean.
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

    /// The full name that a name means in a scope.
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
            self.breaking(format!("the syntax was {}, it is {}", syntax(old), syntax(new)));
        }
        if old.package() != new.package() {
            // Nothing in it would have its old name.
            return self.breaking(format!(
                "the package was `{}`, it is `{}`: every method and type has another name",
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
                (Some(_), None) => self.breaking(format!("message {name} is gone")),
                (None, _) => self.compatible(format!("message {name} is new")),
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
                (Some(_), None) => self.breaking(format!("enum {name} is gone")),
                (None, _) => self.compatible(format!("enum {name} is new")),
            }
        }
    }

    /// Ranges and names that are reserved on one side only; both ends of a range are included.
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
                "{of} no longer reserves {}: nothing keeps an old meaning from coming back",
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

/// Whether every number of a range is in one of others.
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

/// Whether a number is in one of the ranges.
fn contains(ranges: &[(i32, i32)], number: i32) -> bool {
    ranges
        .iter()
        .any(|(first, last)| (*first..=*last).contains(&number))
}

/// Whether something is deprecated. A parser that does not know the options leaves them as they were written.
fn is_deprecated(interpreted: Option<bool>, others: &[UninterpretedOption]) -> bool {
    interpreted.unwrap_or_default() || option_identifier(others, "deprecated") == Some("true")
}

/// The word that an option is set to.
fn option_identifier<'a>(options: &'a [UninterpretedOption], name: &str) -> Option<&'a str> {
    let is_named = |option: &&UninterpretedOption| matches!(option.name.as_slice(), [part] if part.name_part == name && !part.is_extension);
    options
        .iter()
        .find(is_named)
        .map(|option| option.identifier_value())
}

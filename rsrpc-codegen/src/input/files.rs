//! The files of one run: decoded, and indexed by name and by defined element.

use std::collections::HashSet;
use std::collections::hash_map::{Entry, HashMap};
use std::sync::OnceLock;

use prost::{DecodeError, Message as _};

use super::{definitions, descriptor, editions, name_lengths};
use crate::{Diagnostic, Request, Severity, naming};

/// All files from protoc or protox. [`Files::generated`] returns those to generate.
pub(crate) struct Files {
    sources: Vec<SourceFile>,
    by_name: HashMap<String, usize>,
    generated: Vec<usize>,
    /// Set if options exclude requested files.
    narrowed: bool,
    elements: HashMap<String, ElementKind>,
}

/// One file.
pub(crate) struct SourceFile {
    /// The encoded file, including unknown fields but without positions and comments, which no program reads.
    pub(crate) raw: Vec<u8>,
    /// The file lowered to proto2 or proto3.
    pub(crate) file: descriptor::FileDescriptor,
    /// Problems with edition features, reported if the file is generated.
    pub(crate) findings: Vec<Diagnostic>,
    source_info: SourceInfo,
}

/// Positions and comments, the largest part of protoc's input. They are decoded on demand for imports.
struct SourceInfo {
    encoded: Vec<u8>,
    decoded: OnceLock<Locations>,
}

/// The kind of element with a full name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ElementKind {
    Message,
    /// The entry type of a map; only the map field may refer to it.
    MapEntry,
    Enum,
}

impl Files {
    pub(crate) fn load(request: &Request) -> Result<Self, Vec<Diagnostic>> {
        let mut errors = Vec::new();
        let mut files = Self {
            sources: Vec::with_capacity(request.files.len()),
            by_name: HashMap::new(),
            generated: Vec::new(),
            narrowed: false,
            elements: HashMap::new(),
        };
        for raw in &request.files {
            match SourceFile::decode(raw) {
                Ok(source) => match name_lengths::check(&source.file) {
                    too_long if too_long.is_empty() => files.add(source, &mut errors),
                    too_long => errors.extend(too_long),
                },
                Err(error) => errors.push(error),
            }
        }
        let mut wanted: Vec<_> = request.generate.iter().collect();
        wanted.sort_unstable();
        wanted.dedup();
        for name in wanted {
            match files.by_name.get(name) {
                Some(&index) => files.generated.push(index),
                // The file's error is already reported.
                None if !errors.is_empty() => {}
                None => {
                    let name = naming::for_display(name);
                    errors.push(Diagnostic::error("no descriptor was given for this file").in_file(name));
                }
            }
        }
        let before = files.generated.len();
        let sources = &files.sources;
        let wanted = files.generated.iter().filter_map(|&index| sources.get(index));
        errors.extend(wanted.filter_map(|source| source.source_info.read().err()));
        files.generated.retain(|&index| {
            let source = sources.get(index);
            source.is_some_and(|source| request.options.generates(&source.file.package))
        });
        files.narrowed = files.generated.len() < before;
        if errors.is_empty() { Ok(files) } else { Err(errors) }
    }

    fn add(&mut self, source: SourceFile, errors: &mut Vec<Diagnostic>) {
        let index = self.sources.len();
        let name = source.file.name.clone();
        if self.by_name.insert(name.clone(), index).is_some() {
            errors.push(Diagnostic::error("two descriptors were given for this file").in_file(&name));
            return;
        }
        let messages = definitions::messages(&source.file).into_iter();
        let messages = messages.map(|at| {
            let kind = if at.item.is_map_entry() {
                ElementKind::MapEntry
            } else {
                ElementKind::Message
            };
            (at.full_name, at.place, kind)
        });
        let enums = definitions::enums(&source.file).into_iter();
        let enums = enums.map(|at| (at.full_name, at.place, ElementKind::Enum));
        for (full_name, place, kind) in messages.chain(enums) {
            match self.elements.entry(full_name) {
                Entry::Vacant(vacant) => {
                    vacant.insert(kind);
                }
                Entry::Occupied(known) => {
                    let name = known.key();
                    let message = format!("`{}` is defined twice", naming::for_display(name));
                    errors.push(source.error(&place, name, message));
                }
            }
        }
        self.sources.push(source);
    }

    /// Returns all files, including imports.
    pub(crate) fn all(&self) -> &[SourceFile] {
        &self.sources
    }

    /// Returns the files to generate with their indices, by name.
    pub(crate) fn generated(&self) -> impl Iterator<Item = (usize, &SourceFile)> {
        self.generated
            .iter()
            .filter_map(|&index| Some((index, self.sources.get(index)?)))
    }

    /// Set if options exclude requested files.
    pub(crate) fn is_narrowed(&self) -> bool {
        self.narrowed
    }

    pub(crate) fn named(&self, name: &str) -> Option<&SourceFile> {
        self.by_name.get(name).and_then(|&index| self.sources.get(index))
    }

    /// Returns the kind of the message or enum with this full name, such as `helloworld.HelloRequest`.
    pub(crate) fn element(&self, name: &str) -> Option<ElementKind> {
        self.elements.get(name).copied()
    }

    /// Returns the full names of all messages and enums, in arbitrary order.
    pub(crate) fn elements(&self) -> impl Iterator<Item = &str> {
        self.elements.keys().map(String::as_str)
    }

    /// Returns the named files and everything they import, each after its imports.
    pub(crate) fn with_imports<'a>(
        &'a self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Vec<&'a SourceFile> {
        // Not recursive, because import chains may be arbitrarily long.
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        for name in names {
            let mut open = vec![(name, false)];
            while let Some((name, imports_done)) = open.pop() {
                let Some(source) = self.named(name) else { continue };
                if imports_done {
                    found.push(source);
                } else if seen.insert(name) {
                    open.push((name, true));
                    open.extend(
                        source
                            .file
                            .dependency
                            .iter()
                            .rev()
                            .map(|import| (import.as_str(), false)),
                    );
                }
            }
        }
        found
    }
}

impl SourceFile {
    fn decode(raw: &[u8]) -> Result<Self, Diagnostic> {
        let (raw, source_info) = split_field(raw, SOURCE_CODE_INFO);
        let mut file = descriptor::FileDescriptor::decode(raw.as_slice()).map_err(broken)?;
        let findings = editions::lower(&mut file);
        let mut source = Self {
            raw,
            file,
            findings: Vec::new(),
            source_info: SourceInfo {
                encoded: source_info,
                decoded: OnceLock::new(),
            },
        };
        source.findings = findings
            .into_iter()
            .map(|finding| match finding.severity {
                Severity::Error => source.error(&finding.place, &finding.element, finding.message),
                Severity::Warning => source.warning(&finding.place, &finding.element, finding.message),
            })
            .collect();
        Ok(source)
    }

    fn location(&self, place: &[i32]) -> Option<&descriptor::Location> {
        self.source_info.locations().get(place)
    }

    /// Returns whether the element has a position.
    pub(crate) fn is_located(&self, place: &[i32]) -> bool {
        self.source_info.locations().contains_key(place)
    }

    /// Creates an error at an element, by source path and full name.
    pub(crate) fn error(&self, place: &[i32], element: &str, message: impl Into<String>) -> Diagnostic {
        self.locate(Diagnostic::error(message), place, element)
    }

    /// Creates a warning at an element.
    pub(crate) fn warning(&self, place: &[i32], element: &str, message: impl Into<String>) -> Diagnostic {
        self.locate(Diagnostic::warning(message), place, element)
    }

    fn locate(&self, diagnostic: Diagnostic, place: &[i32], element: &str) -> Diagnostic {
        let diagnostic = diagnostic
            .in_file(naming::for_display(&self.file.name))
            .about(naming::for_display(element));
        // A span is line, column and more, counted from 0.
        match self.location(place).map(|location| location.span.as_slice()) {
            Some(&[line, column, ..]) => diagnostic.at(
                to_usize(line).saturating_add(1),
                to_usize(column).saturating_add(1),
            ),
            _ => diagnostic,
        }
    }

    /// Returns the leading and trailing comment of an element.
    pub(crate) fn comments(&self, place: &[i32]) -> [&str; 2] {
        self.location(place).map_or(["", ""], |location| {
            [&location.leading_comments, &location.trailing_comments]
        })
    }
}

type Locations = HashMap<Vec<i32>, descriptor::Location>;

impl SourceInfo {
    /// Returns the locations by source path; empty if they cannot be decoded.
    fn locations(&self) -> &Locations {
        self.decoded.get_or_init(|| self.decode().unwrap_or_default())
    }

    /// Decodes the positions of a file to generate.
    fn read(&self) -> Result<(), Diagnostic> {
        let locations = self.decode().map_err(broken)?;
        self.decoded.get_or_init(|| locations);
        Ok(())
    }

    fn decode(&self) -> Result<Locations, DecodeError> {
        let info = descriptor::SourceCodeInfo::decode(self.encoded.as_slice())?;
        let locations = info.location.into_iter();
        Ok(locations
            .map(|mut location| (std::mem::take(&mut location.path), location))
            .collect())
    }
}

fn broken(error: DecodeError) -> Diagnostic {
    Diagnostic::error(format!("the input contains an invalid file descriptor: {error}"))
}

const SOURCE_CODE_INFO: u32 = 9;

/// Splits an encoded message into a copy without one message field, and the value of that field.
fn split_field(mut encoded: &[u8], number: u32) -> (Vec<u8>, Vec<u8>) {
    use prost::encoding::{DecodeContext, WireType, decode_key, decode_varint, skip_field};

    let mut copy = Vec::new();
    let mut value = Vec::new();
    while !encoded.is_empty() {
        let before = encoded;
        let skipped = decode_key(&mut encoded).and_then(|(tag, wire_type)| {
            let mut inner = encoded;
            skip_field(wire_type, tag, &mut encoded, DecodeContext::default())?;
            let is_wanted = tag == number && wire_type == WireType::LengthDelimited;
            Ok(is_wanted.then(|| {
                // The field was skipped successfully, so its length is valid.
                let _ = decode_varint(&mut inner);
                inner.get(..inner.len() - encoded.len()).unwrap_or_default()
            }))
        });
        let field = before.get(..before.len() - encoded.len()).unwrap_or_default();
        match skipped {
            // Occurrences of one message field are merged.
            Ok(Some(inner)) => value.extend_from_slice(inner),
            Ok(None) => copy.extend_from_slice(field),
            // Bytes that cannot be parsed are kept unchanged.
            Err(_) => {
                copy.extend_from_slice(before);
                break;
            }
        }
    }
    (copy, value)
}

fn to_usize(number: i32) -> usize {
    usize::try_from(number).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_info_is_left_out() {
        let file = descriptor::FileDescriptor {
            name: "a.proto".into(),
            syntax: "proto3".into(),
            ..Default::default()
        };
        let info = descriptor::SourceCodeInfo {
            location: vec![descriptor::Location {
                path: vec![4, 0],
                ..Default::default()
            }],
        };
        let encoded = [
            file.encode_to_vec(),
            vec![0x4a, 0],
            field(9, &info.encode_to_vec()),
        ]
        .concat();
        let (stripped, value) = split_field(&encoded, SOURCE_CODE_INFO);
        assert_eq!(stripped, file.encode_to_vec());
        assert_eq!(value, info.encode_to_vec());
    }

    fn field(number: u8, value: &[u8]) -> Vec<u8> {
        let length = u8::try_from(value.len()).unwrap();
        [&[number << 3 | 2, length], value].concat()
    }

    #[test]
    fn broken_bytes_are_kept() {
        let broken = vec![0x4a, 0x05, 1];
        assert_eq!(split_field(&broken, SOURCE_CODE_INFO), (broken, vec![]));
    }
}

//! The schema as a `FileDescriptorSet`: one file per package defined in Rust, and all their imports.

use std::collections::{BTreeSet, HashMap, HashSet};

use prost::Message;
use prost_types::{DescriptorProto, FileDescriptorProto};

use super::file::PackageSchema;
use super::text::map_entry;
use super::{Schema, SchemaError, names};

/// Descriptors of the `google.protobuf` files that prost-types covers. Written by rsrpc-codegen's test `schema`.
pub(super) const WELL_KNOWN: &[u8] = include_bytes!("well_known.binpb");

/// A `FileDescriptorSet` with undecoded files, because prost-types drops unknown fields such as custom options.
#[derive(Clone, PartialEq, Message)]
struct RawFileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    file: Vec<Vec<u8>>,
}

/// All files of a schema by name.
pub(super) struct SchemaFiles {
    files: HashMap<String, SchemaFile>,
    /// Names of the files defined in Rust.
    own: Vec<String>,
    /// Name of the file that defines each message or enum.
    of_type: HashMap<String, String>,
    problems: Vec<String>,
}

struct SchemaFile {
    descriptor: FileDescriptorProto,
    bytes: Vec<u8>,
}

impl SchemaFiles {
    pub(super) fn new(schema: &Schema) -> Self {
        let mut files = Self {
            files: HashMap::new(),
            own: Vec::new(),
            of_type: HashMap::new(),
            problems: schema.problems.clone(),
        };
        for set in &schema.sets {
            files.add_set(set);
        }
        for package in &schema.packages {
            files.add_own(package);
        }
        files.import();
        files
    }

    /// Returns the file of a package defined in Rust.
    pub(super) fn of_package(&self, package: &str) -> Option<&FileDescriptorProto> {
        let name = names::file(package);
        let is_own = self.own.contains(&name);
        self.files
            .get(&name)
            .filter(|_| is_own)
            .map(|file| &file.descriptor)
    }

    /// Returns the full names of all messages and enums.
    pub(super) fn types(&self) -> impl Iterator<Item = &str> {
        self.of_type.keys().map(String::as_str)
    }

    pub(super) fn check(&self) -> Result<(), SchemaError> {
        if self.problems.is_empty() {
            Ok(())
        } else {
            Err(SchemaError::new(self.problems.clone()))
        }
    }

    /// Encodes the set. Each file comes after its imports.
    pub(super) fn encode(self) -> Vec<u8> {
        let mut order = Vec::new();
        let mut seen = HashSet::new();
        for name in &self.own {
            self.visit(name, &mut seen, &mut order);
        }
        let file = order.into_iter().map(|file| file.bytes.clone()).collect();
        RawFileSet { file }.encode_to_vec()
    }

    fn visit<'a>(&'a self, name: &'a str, seen: &mut HashSet<&'a str>, order: &mut Vec<&'a SchemaFile>) {
        let Some(file) = self.files.get(name) else { return };
        if seen.insert(name) {
            for import in &file.descriptor.dependency {
                self.visit(import, seen, order);
            }
            order.push(file);
        }
    }

    fn add_set(&mut self, set: &[u8]) {
        let set = match RawFileSet::decode(set) {
            Ok(set) => set,
            Err(error) => {
                let problem = format!("invalid generated descriptor, its types are missing: {error}");
                return self.problems.push(problem);
            }
        };
        for bytes in set.file {
            match FileDescriptorProto::decode(bytes.as_slice()) {
                Ok(descriptor) if !self.files.contains_key(descriptor.name()) => {
                    self.insert(SchemaFile { descriptor, bytes });
                }
                Ok(_) => {}
                Err(error) => self.problems.push(format!(
                    "invalid generated descriptor, its types are missing: {error}"
                )),
            }
        }
    }

    fn insert(&mut self, file: SchemaFile) {
        let name = file.descriptor.name().to_owned();
        let mut types = Vec::new();
        let package = file.descriptor.package();
        for message in &file.descriptor.message_type {
            type_names(package, message, &mut types);
        }
        let enums = file.descriptor.enum_type.iter();
        types.extend(enums.map(|item| names::join(package, item.name())));
        for full_name in types {
            self.of_type.insert(full_name, name.clone());
        }
        self.files.insert(name, file);
    }

    fn add_own(&mut self, package: &PackageSchema) {
        let name = names::file(&package.name);
        if self.files.contains_key(&name) {
            self.problems.push(format!(
                "cannot export the package `{}`: {name} is also the source of generated code; give the Rust definitions \
                 another package with #[rpc(package = \"…\")]",
                package.name
            ));
            return;
        }
        self.own.push(name.clone());
        self.check_values(package);
        for full_name in package.types() {
            self.of_type.insert(full_name, name.clone());
        }
        let descriptor = package.descriptor();
        self.files.insert(
            name,
            SchemaFile {
                descriptor,
                bytes: Vec::new(),
            },
        );
    }

    /// As in C++, enum values share the scope of their enum.
    fn check_values(&mut self, package: &PackageSchema) {
        let mut owners: HashMap<&str, &str> = HashMap::new();
        for item in &package.enums {
            for value in &item.descriptor.value {
                let owner = item.descriptor.name();
                if let Some(other) = owners.insert(value.name(), owner).filter(|other| *other != owner) {
                    self.problems.push(format!(
                        "{} is a value of both {} and {}, but enum values of a package share one scope: rename one of \
                         them with #[rpc(name = \"…\")]",
                        value.name(),
                        names::join(&package.name, other),
                        names::join(&package.name, owner),
                    ));
                }
            }
        }
    }

    /// Sets the imports of files defined in Rust, and encodes them.
    fn import(&mut self) {
        for name in &self.own {
            let Some(mut file) = self.files.remove(name) else {
                continue;
            };
            let mut imports = BTreeSet::new();
            for_each_type(
                &file.descriptor,
                &mut |full_name| match self.of_type.get(full_name) {
                    Some(import) if import == name => {}
                    Some(import) => {
                        imports.insert(import.clone());
                    }
                    None => self
                        .problems
                        .push(format!("{name} uses {full_name}, which has no descriptor")),
                },
            );
            file.descriptor.dependency = imports.into_iter().collect();
            file.bytes = file.descriptor.encode_to_vec();
            self.files.insert(name.clone(), file);
        }
        for name in &self.own {
            if let Some(cycle) = self.cycle(name) {
                self.problems.push(cycle);
            }
        }
    }

    /// Describes an import cycle that contains this file. Each cycle is reported once.
    fn cycle(&self, start: &str) -> Option<String> {
        let mut paths = vec![vec![start]];
        let mut seen = HashSet::new();
        while let Some(path) = paths.pop() {
            let file = self.files.get(*path.last()?)?;
            for import in &file.descriptor.dependency {
                if import == start {
                    let is_first = path.iter().all(|name| *name >= start);
                    return is_first.then(|| {
                        format!(
                            "import cycle between {}: move these types into one package",
                            path.join(", ")
                        )
                    });
                }
                if self.own.contains(import) && seen.insert(import.as_str()) {
                    paths.push([path.as_slice(), &[import.as_str()]].concat());
                }
            }
        }
        None
    }
}

fn type_names(scope: &str, message: &DescriptorProto, names: &mut Vec<String>) {
    let full_name = names::join(scope, message.name());
    for nested in &message.nested_type {
        type_names(&full_name, nested, names);
    }
    let enums = message.enum_type.iter();
    names.extend(enums.map(|item| names::join(&full_name, item.name())));
    names.push(full_name);
}

/// Calls `f` with the full name of each referenced type, except for map entries.
fn for_each_type(file: &FileDescriptorProto, f: &mut impl FnMut(&str)) {
    fn mentioned(name: &str) -> &str {
        name.strip_prefix('.').unwrap_or(name)
    }
    for service in &file.service {
        for method in &service.method {
            f(mentioned(method.input_type()));
            f(mentioned(method.output_type()));
        }
    }
    for message in &file.message_type {
        let entries = message.nested_type.iter().flat_map(|entry| &entry.field);
        for field in message.field.iter().chain(entries) {
            let name = mentioned(field.type_name());
            let is_entry = map_entry(file.package(), message, field).is_some();
            if !name.is_empty() && !is_entry {
                f(name);
            }
        }
    }
}

impl Schema {
    /// Encodes a `FileDescriptorSet` with one file per package defined in Rust, and all their imports. Each file comes
    /// after its imports. Definitions that [`to_proto`](Self::to_proto) would reject are left out.
    pub fn file_descriptor_set(&self) -> Vec<u8> {
        SchemaFiles::new(self).encode()
    }

    /// Returns the packages defined in Rust, in the order of their first definitions.
    pub fn packages(&self) -> impl Iterator<Item = &str> {
        self.packages.iter().map(|package| package.name.as_str())
    }

    /// Returns the path of a package's exported file. Dots become slashes: `greet.v1` is `greet/v1.proto`.
    pub fn file_name(package: &str) -> String {
        names::file(package)
    }
}

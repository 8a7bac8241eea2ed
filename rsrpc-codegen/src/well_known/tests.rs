//! Keeps the table, and the runtime's JSON of these types, to what prost-types really has: both are made from
//! google's .proto files, which protox brings along, less what prost-types' source lacks.
//!
//! `RSRPC_BLESS=1 cargo test -p rsrpc-codegen well_known` rewrites `rsrpc-runtime/src/json/well_known.rs`.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use ::prost::Message as _;
use proc_macro2::TokenStream;
use prost_types::{DescriptorProto, FileDescriptorProto};
use protox::file::GoogleFileResolver;
use quote::quote;

use super::{PACKAGE, PROST_TYPES};
use crate::chunks::Chunk;
use crate::input::Files;
use crate::model::{FieldKind, Package};
use crate::prost::ProstAttribute;
use crate::types::{RustTypes, relative};
use crate::{Messages, Options, Request, emit, format, input, prost};

/// All of whose messages and enums have the JSON of any other: the runtime implements it as generated code would.
const ORDINARY: [&str; 5] = [
    "google/protobuf/api.proto",
    "google/protobuf/compiler/plugin.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/type.proto",
];

/// Those with a JSON or a Rust type of their own.
const SPECIAL: [&str; 7] = [
    "google/protobuf/any.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/wrappers.proto",
];

#[test]
fn the_table_is_what_prost_types_has() {
    let files = Files::load(&request(&compile(&[&ORDINARY[..], &SPECIAL].concat()))).unwrap();
    let installed = Installed::read();
    let mut expected: Vec<_> = files
        .elements()
        .filter_map(|name| name.strip_prefix(PACKAGE)?.strip_prefix('.'))
        .filter(|name| installed.has(&relative(name)))
        .collect();
    expected.sort_unstable();
    assert_eq!(PROST_TYPES, expected);
}

#[test]
fn the_runtimes_json_is_generated() {
    let installed = Installed::read();
    let mut set = compile(&ORDINARY);
    set.retain(|file| ORDINARY.contains(&file.name()) || SPECIAL.contains(&file.name()));
    for file in &mut set {
        installed.prune(file);
    }
    let found = generate(&request(&set));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-runtime/src/json/well_known.rs");
    if std::env::var_os("RSRPC_BLESS").is_some() {
        std::fs::write(&path, &found).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    let mut lines = expected.lines().zip(found.lines()).enumerate();
    let different = lines.find(|(_, (expected, found))| expected != found);
    assert!(
        expected == found,
        "rsrpc-runtime/src/json/well_known.rs is not what is generated: {different:?}\n\
         RSRPC_BLESS=1 writes it"
    );
}

/// The descriptors of files that google wrote, imports included.
fn compile(names: &[&str]) -> Vec<FileDescriptorProto> {
    let mut compiler = protox::Compiler::with_file_resolver(GoogleFileResolver::new());
    compiler.include_imports(true);
    compiler.open_files(names).unwrap();
    compiler.file_descriptor_set().file
}

fn request(files: &[FileDescriptorProto]) -> Request {
    Request {
        files: files.iter().map(FileDescriptorProto::encode_to_vec).collect(),
        generate: ORDINARY.map(str::to_owned).into(),
        options: Options::default(),
    }
}

/// The text of the runtime's module.
fn generate(request: &Request) -> String {
    let files = Files::load(request).unwrap();
    let types = RustTypes::without_external(&files);
    let chunks = Chunk::files(&files);
    let texts = prost::texts(&files, &types, &request.options, &chunks).unwrap();
    let parts = chunks.iter().zip(&texts).map(|(chunk, text)| {
        let items = prost::parse(text, &files.all()[chunk.file]).unwrap();
        let names = prost::read_names(&items);
        input::chunk_package(&files, &types, (chunk, &names), Messages::Prost).unwrap()
    });
    let packages = input::merge_packages(parts.collect()).into_values();
    let mut text = format::header(&ORDINARY.map(str::to_owned));
    for mut package in packages {
        move_to_prost_types(&mut package);
        let runtime = quote!(crate);
        let messages = emit::message_json(&package, &runtime);
        let enums = emit::enum_json(&package, &runtime);
        text += &format::texts(messages.chain(enums)).unwrap();
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Has the package's own types be those of prost-types.
fn move_to_prost_types(package: &mut Package) {
    let module: TokenStream = match package.name.strip_prefix(PACKAGE) {
        Some("") => quote!(::prost_types),
        Some(".compiler") => quote!(::prost_types::compiler),
        _ => panic!("prost-types has no package {}", package.name),
    };
    let move_path = |path: &mut TokenStream| *path = quote!(#module::#path);
    for message in &mut package.messages {
        move_path(&mut message.path);
        for oneof in &mut message.oneofs {
            move_path(&mut oneof.path);
        }
        for field in &mut message.fields {
            // Messages are not named where they are read and written.
            if let FieldKind::Enum(kind) = &mut field.kind {
                move_path(&mut kind.path);
            }
        }
    }
    for item in &mut package.enums {
        move_path(&mut item.path);
    }
}

/// Types of the installed prost-types, by Rust path from its root.
#[derive(Default)]
struct Installed {
    /// With the numbers of their fields.
    structs: HashMap<String, HashSet<i32>>,
    enums: HashSet<String>,
}

impl Installed {
    fn read() -> Self {
        let mut installed = Self::default();
        for (module, file) in [("", "protobuf.rs"), ("compiler::", "compiler.rs")] {
            let path = source_of_prost_types().join(file);
            let text = std::fs::read_to_string(&path).unwrap_or_else(|error| {
                panic!("{}: {error}", path.display());
            });
            installed.add(module, &syn::parse_file(&text).unwrap().items);
        }
        installed
    }

    fn add(&mut self, scope: &str, items: &[syn::Item]) {
        for item in items {
            match item {
                syn::Item::Struct(item) => {
                    let fields = item.fields.iter();
                    let tags = fields.flat_map(|field| ProstAttribute::read(&field.attrs).tags);
                    self.structs
                        .insert(format!("{scope}{}", item.ident), tags.collect());
                }
                syn::Item::Enum(item) => {
                    self.enums.insert(format!("{scope}{}", item.ident));
                }
                syn::Item::Mod(item) => {
                    if let Some((_, items)) = &item.content {
                        self.add(&format!("{scope}{}::", item.ident), items);
                    }
                }
                _ => {}
            }
        }
    }

    fn has(&self, path: &str) -> bool {
        self.structs.contains_key(path) || self.enums.contains(path)
    }

    /// Leaves out of a file what prost-types does not have.
    fn prune(&self, file: &mut FileDescriptorProto) {
        let scope = match file.package().strip_prefix(PACKAGE).unwrap_or_default() {
            "" => String::new(),
            nested => format!("{}::", nested.trim_start_matches('.')),
        };
        file.message_type
            .retain_mut(|message| self.prune_message(&scope, message));
        file.enum_type
            .retain(|item| self.enums.contains(&format!("{scope}{}", relative(item.name()))));
    }

    fn prune_message(&self, scope: &str, message: &mut DescriptorProto) -> bool {
        let is_map_entry = message
            .options
            .as_ref()
            .is_some_and(|options| options.map_entry());
        let Some(fields) = self.structs.get(&format!("{scope}{}", relative(message.name()))) else {
            return is_map_entry;
        };
        message.field.retain(|field| fields.contains(&field.number()));
        let scope = format!("{scope}{}::", crate::naming::snake(message.name()));
        message
            .nested_type
            .retain_mut(|nested| self.prune_message(&scope, nested));
        message
            .enum_type
            .retain(|item| self.enums.contains(&format!("{scope}{}", relative(item.name()))));
        true
    }
}

/// The `src` of the prost-types that cargo has chosen.
fn source_of_prost_types() -> PathBuf {
    let version = cargo(&["--version", "--verbose"]);
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    // Packages of other platforms are not needed here, and may not have been downloaded.
    let mut words = vec!["metadata", "--format-version=1", "--locked", "--offline"];
    words.extend(host.iter().flat_map(|host| ["--filter-platform", host]));
    let metadata: serde_json::Value = serde_json::from_str(&cargo(&words)).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages
        .iter()
        .find(|package| package["name"] == "prost-types")
        .unwrap();
    let manifest = Path::new(package["manifest_path"].as_str().unwrap());
    manifest.parent().unwrap().join("src")
}

fn cargo(words: &[&str]) -> String {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    let output = command
        .args(words)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "cargo {words:?}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

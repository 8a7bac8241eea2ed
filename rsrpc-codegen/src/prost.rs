//! Runs prost-build to write messages, and reads its output back for the names that it chose.

mod adapt;
mod debug_derive;
mod definition_writer;
mod docs;
mod message_graph;
mod names;
mod output_scanner;
mod placeholders;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::prost::Message as _;
use prost_build::Module;
use prost_types::FileDescriptorProto;

pub(crate) use definition_writer::write_definitions;
pub(crate) use docs::add_docs;
#[cfg(test)]
pub(crate) use names::ProstAttribute;
pub(crate) use names::{FieldNames, ProstNames, read_names};
pub(crate) use output_scanner::scan;

use self::adapt::EnumAliases;
use crate::chunks::Chunk;
use crate::input::{Files, SourceFile};
use crate::option_paths::ElementPaths;
use crate::options::Messages;
use crate::prost::placeholders::Placeholders;
use crate::types::RustTypes;
use crate::{Diagnostic, Options};

/// Returns prost-build's output for each chunk; empty if messages are not generated.
pub(crate) fn texts(
    files: &Files,
    types: &RustTypes<'_>,
    options: &Options,
    chunks: &[Chunk],
) -> Result<Vec<String>, Vec<Diagnostic>> {
    if options.messages == Messages::None {
        return Ok(vec![String::new(); chunks.len()]);
    }
    let placeholders = Placeholders::new(files, types);
    let requests = requests(files, &placeholders, chunks)?;
    let graph = message_graph::MessageGraph::new(files);
    graph.check().map_err(|error| vec![error])?;
    let mut config = config(files, types, options, &placeholders);
    for path in graph.boxed_groups(&placeholders) {
        config.boxed(path);
    }
    // The checks reject input on which prost-build is known to panic; this catches other panics.
    let outcome = catch_unwind(AssertUnwindSafe(|| config.generate(requests)));
    let mut modules = match outcome {
        Ok(Ok(modules)) => modules,
        Ok(Err(error)) => return Err(vec![Diagnostic::error(format!("prost-build: {error}"))]),
        Err(panic) => {
            let text = panic.downcast_ref::<String>().map(String::as_str);
            let text = text
                .or_else(|| panic.downcast_ref::<&str>().copied())
                .unwrap_or("it panicked");
            return Err(vec![Diagnostic::error(format!(
                "prost-build failed on this input: {text}"
            ))]);
        }
    };
    let texts = (0..chunks.len()).map(|index| {
        let text = modules.remove(&module(index)).unwrap_or_default();
        avoid_wrappers(placeholders.replace(text))
    });
    Ok(texts.collect())
}

/// Returns prost-build's input: a module per chunk, which keeps outputs apart, and one per imported file.
fn requests(
    files: &Files,
    placeholders: &Placeholders<'_>,
    chunks: &[Chunk],
) -> Result<Vec<(Module, FileDescriptorProto)>, Vec<Diagnostic>> {
    let aliases = EnumAliases::of(files);
    let mut errors = Vec::new();
    let mut copies = Vec::with_capacity(files.all().len());
    for source in files.all() {
        match FileDescriptorProto::decode(source.raw.as_slice()) {
            Ok(mut file) => {
                // Comments are added later, by name, because prost-build would turn some into doctests.
                file.source_code_info = None;
                file.service.clear();
                adapt::adapt(&mut file, &source.file, &aliases);
                placeholders.put(&mut file);
                copies.push(file);
            }
            Err(error) => errors.push(
                Diagnostic::error(format!("invalid file descriptor: {error}")).in_file(&source.file.name),
            ),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut requests = Vec::with_capacity(copies.len() + chunks.len());
    for (index, chunk) in chunks.iter().enumerate() {
        if let Some(copy) = copies.get_mut(chunk.file) {
            requests.push((module(index), take(copy, chunk)));
        }
    }
    let generated: HashSet<usize> = files.generated().map(|(index, _)| index).collect();
    for (index, mut file) in copies.into_iter().enumerate() {
        if !generated.contains(&index) && !file.message_type.is_empty() {
            // Imported files only contribute to the message graph.
            file.syntax = Some("proto3".to_owned());
            file.enum_type.clear();
            requests.push((Module::from_parts(["imported"]), file));
        }
    }
    Ok(requests)
}

/// Moves the messages and enums of a chunk out of the file.
fn take(file: &mut FileDescriptorProto, chunk: &Chunk) -> FileDescriptorProto {
    let messages = file
        .message_type
        .get_mut(chunk.messages.clone())
        .unwrap_or_default();
    let enums = file.enum_type.get_mut(chunk.enums.clone()).unwrap_or_default();
    FileDescriptorProto {
        name: file.name.clone(),
        package: file.package.clone(),
        syntax: file.syntax.clone(),
        message_type: messages.iter_mut().map(std::mem::take).collect(),
        enum_type: enums.iter_mut().map(std::mem::take).collect(),
        ..FileDescriptorProto::default()
    }
}

/// Parses prost-build's text for a chunk.
pub(crate) fn parse(text: &str, source: &SourceFile) -> Result<Vec<syn::Item>, Diagnostic> {
    let mut file = syn::parse_file(text).map_err(|error| {
        Diagnostic::error(format!("prost-build wrote invalid Rust: {error}")).in_file(&source.file.name)
    })?;
    debug_derive::without_prost(&mut file.items);
    Ok(file.items)
}

/// Structs that prost's derives define inside functions that name an enum.
const WRAPPERS: [&str; 5] = [
    "Inner",
    "KeyWrapper",
    "MapWrapper",
    "ScalarWrapper",
    "ValueWrapper",
];

/// Qualifies enums with the name of such a struct by their module.
fn avoid_wrappers(mut text: String) -> String {
    for wrapper in WRAPPERS {
        let shapes = [("enumeration = \"", "\""), ("enumeration(", ")")];
        for (before, after) in shapes {
            let found = format!("{before}{wrapper}{after}");
            if text.contains(&found) {
                text = text.replace(&found, &format!("{before}self::{wrapper}{after}"));
            }
        }
    }
    text
}

fn module(index: usize) -> Module {
    Module::from_parts([index.to_string()])
}

fn config(
    files: &Files,
    types: &RustTypes<'_>,
    options: &Options,
    placeholders: &Placeholders<'_>,
) -> prost_build::Config {
    let mut config = prost_build::Config::new();
    config
        .prost_path(format!("{}::prost", options.runtime_path))
        .prost_types_path(format!("{}::prost_types", options.runtime_path))
        .enable_type_names()
        // The domain that other languages use in `Any`.
        .type_name_domain(["."], "type.googleapis.com")
        // prost-build's own table of well-known types is off; `Types` has it.
        .compile_well_known_types()
        .bytes(options.bytes.iter().map(|path| placeholders.path(path)))
        .btree_map(options.btree_map.iter().map(|path| placeholders.path(path)));
    if !options.boxed.is_empty() {
        let elements = ElementPaths::of(files, types);
        for path in options.boxed.iter().flat_map(|path| elements.boxed(path)) {
            config.boxed(placeholders.path(path));
        }
    }
    for (path, attribute) in &options.type_attribute {
        config.type_attribute(placeholders.path(path), attribute);
    }
    for (path, attribute) in &options.enum_attribute {
        config.enum_attribute(placeholders.path(path), attribute);
    }
    for (path, attribute) in &options.field_attribute {
        config.field_attribute(placeholders.path(path), attribute);
    }
    for (proto, rust) in types.all_external() {
        config.extern_path(placeholders.path(&proto), rust);
    }
    config
}

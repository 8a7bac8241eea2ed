//! Messages: prost-build writes them, and its output is read back for the names that it chose.

mod debug;
mod docs;
mod graph;
mod lower;
mod names;
mod placeholders;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use ::prost::Message as _;
use prost_build::Module;

pub(crate) use docs::add_docs;
#[cfg(test)]
pub(crate) use names::ProstAttribute;
pub(crate) use names::{FieldNames, Names, read_names};

use self::lower::Aliases;
use crate::input::Files;
use crate::options::Messages;
use crate::paths::Elements;
use crate::prost::placeholders::Placeholders;
use crate::types::Types;
use crate::{Diagnostic, Options};

/// The items that prost-build writes for each file that code is asked for, in the order of [`Files::generated`];
/// none where messages exist elsewhere.
pub(crate) fn messages(
    files: &Files,
    types: &Types<'_>,
    options: &Options,
) -> Result<Vec<syn::File>, Vec<Diagnostic>> {
    if options.messages == Messages::None {
        let empty = || syn::File {
            shebang: None,
            attrs: Vec::new(),
            items: Vec::new(),
        };
        return Ok(files.generated().map(|_| empty()).collect());
    }
    let aliases = Aliases::of(files);
    let mut errors = Vec::new();
    let placeholders = Placeholders::new(files, types);
    let generated: HashSet<usize> = files.generated().map(|(index, _)| index).collect();
    let mut requests = Vec::with_capacity(files.all().len());
    for (index, source) in files.all().iter().enumerate() {
        match prost_types::FileDescriptorProto::decode(source.raw_without_source_info().as_slice()) {
            Ok(mut file) => {
                // Comments are added later, by names: prost-build would turn some into doctests.
                file.source_code_info = None;
                file.service.clear();
                lower::lower(&mut file, &source.file, &aliases);
                placeholders.put(&mut file);
                if !generated.contains(&index) {
                    // Only its message graph matters.
                    file.syntax = Some("proto3".to_owned());
                }
                // A module of its own for each file keeps the outputs of one package apart.
                requests.push((module(index), file));
            }
            Err(error) => errors.push(
                Diagnostic::error(format!("broken file descriptor: {error}")).in_file(&source.file.name),
            ),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let graph = graph::MessageGraph::new(files);
    graph.check().map_err(|error| vec![error])?;
    let mut config = config(files, types, options, &placeholders);
    for path in graph.boxed_groups(&placeholders) {
        config.boxed(path);
    }
    // The checks refuse what prost-build is known to panic on; this is for the rest.
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
                "prost-build cannot take this input: {text}"
            ))]);
        }
    };
    let mut parsed = Vec::new();
    for (index, source) in files.generated() {
        let text = modules.remove(&module(index)).unwrap_or_default();
        let text = avoid_wrappers(placeholders.replace(text));
        match syn::parse_file(&text) {
            Ok(mut file) => {
                debug::without_prost(&mut file.items);
                parsed.push(file);
            }
            Err(error) => errors.push(
                Diagnostic::error(format!("prost-build wrote what is not Rust: {error}"))
                    .in_file(&source.file.name),
            ),
        }
    }
    if errors.is_empty() {
        Ok(parsed)
    } else {
        Err(errors)
    }
}

/// What prost's derives call structs of their own, inside the functions that name an enum.
const WRAPPERS: [&str; 5] = [
    "Inner",
    "KeyWrapper",
    "MapWrapper",
    "ScalarWrapper",
    "ValueWrapper",
];

/// An enum called as such a struct would be mistaken for it, unless it is named by its module.
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
    types: &Types<'_>,
    options: &Options,
    placeholders: &Placeholders<'_>,
) -> prost_build::Config {
    let mut config = prost_build::Config::new();
    config
        .prost_path(format!("{}::prost", options.runtime_path))
        .prost_types_path(format!("{}::prost_types", options.runtime_path))
        .enable_type_names()
        // What other languages write into `Any`.
        .type_name_domain(["."], "type.googleapis.com")
        // prost-build's own table of well-known types is off; `Types` has it.
        .compile_well_known_types()
        .bytes(options.bytes.iter().map(|path| placeholders.path(path)))
        .btree_map(options.btree_map.iter().map(|path| placeholders.path(path)));
    if !options.boxed.is_empty() {
        let elements = Elements::of(files, types);
        for path in options.boxed.iter().flat_map(|path| elements.boxed(path)) {
            config.boxed(placeholders.path(&path));
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

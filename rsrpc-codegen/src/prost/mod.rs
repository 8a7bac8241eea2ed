//! Messages: prost-build writes them, and its output is read back for the names that it chose.

mod debug;
mod docs;
mod names;

use std::panic::{AssertUnwindSafe, catch_unwind};

use ::prost::Message as _;
use prost_build::Module;

pub(crate) use docs::add_docs;
#[cfg(test)]
pub(crate) use names::ProstAttribute;
pub(crate) use names::{FieldNames, MessageNames, Names, read_names};

use crate::input::Files;
use crate::options::Messages;
use crate::paths::Elements;
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
    let mut errors = Vec::new();
    let mut requests = Vec::with_capacity(files.all().len());
    for (index, source) in files.all().iter().enumerate() {
        match prost_types::FileDescriptorProto::decode(source.raw.as_slice()) {
            Ok(mut file) => {
                // Comments are added later, by names: prost-build would turn some into doctests.
                file.source_code_info = None;
                file.service.clear();
                if files.generated().all(|(generated, _)| generated != index) {
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
    let mut config = config(files, types, options);
    // The checks refuse what prost-build is known to panic on; this is for the rest.
    let outcome = catch_unwind(AssertUnwindSafe(|| config.generate(requests)));
    let modules = match outcome {
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
        let text = modules.get(&module(index)).map_or("", String::as_str);
        match syn::parse_file(text) {
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

fn module(index: usize) -> Module {
    Module::from_parts([index.to_string()])
}

fn config(files: &Files, types: &Types<'_>, options: &Options) -> prost_build::Config {
    let mut config = prost_build::Config::new();
    config
        .prost_path(format!("{}::prost", options.runtime_path))
        .prost_types_path(format!("{}::prost_types", options.runtime_path))
        .enable_type_names()
        // What other languages write into `Any`.
        .type_name_domain(["."], "type.googleapis.com")
        // prost-build's own table of well-known types is off; `Types` has it.
        .compile_well_known_types()
        .bytes(&options.bytes)
        .btree_map(&options.btree_map);
    if !options.boxed.is_empty() {
        let elements = Elements::of(files, types);
        for path in options.boxed.iter().flat_map(|path| elements.boxed(path)) {
            config.boxed(path);
        }
    }
    for (path, attribute) in &options.type_attribute {
        config.type_attribute(path, attribute);
    }
    for (path, attribute) in &options.enum_attribute {
        config.enum_attribute(path, attribute);
    }
    for (path, attribute) in &options.field_attribute {
        config.field_attribute(path, attribute);
    }
    for (proto, rust) in types.all_external() {
        config.extern_path(proto, rust);
    }
    config
}

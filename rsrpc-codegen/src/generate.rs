//! From a request to files: the pipeline as a whole.

use ::prost::Message as _;

use crate::input::Files;
use crate::input::descriptor::{FileName, RawFileSet};
use crate::types::Types;
use crate::{Diagnostic, Diagnostics, Options, check, emit, format, input};

/// What to generate code for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Encoded `FileDescriptorProto`s: the files that code is asked for, and all that they import.
    pub files: Vec<Vec<u8>>,
    /// The names of the files that code is asked for, as they are imported.
    pub generate: Vec<String>,
    /// How.
    pub options: Options,
}

/// What came of it.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Output {
    /// The files to write, by name.
    pub files: Vec<OutputFile>,
    /// What authors should know.
    pub warnings: Vec<Diagnostic>,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputFile {
    /// Its name, without a directory: `helloworld.rs`.
    pub name: String,
    /// Its whole text.
    pub content: String,
}

impl Request {
    /// A request from an encoded `FileDescriptorSet`, which holds all imports.
    ///
    /// # Errors
    /// Bytes that are no such message.
    pub fn from_descriptor_set(
        set: &[u8],
        generate: Vec<String>,
        options: Options,
    ) -> Result<Self, Diagnostics> {
        let set = RawFileSet::decode(set)
            .map_err(|error| Diagnostic::error(format!("the input is not a FileDescriptorSet: {error}")))?;
        Ok(Self {
            files: set.file,
            generate,
            options,
        })
    }

    /// The names of all [`files`](Self::files), as they are imported; none for what is no file.
    pub fn file_names(&self) -> impl Iterator<Item = String> {
        let files = self
            .files
            .iter()
            .filter_map(|file| FileName::decode(file.as_slice()).ok());
        files.map(|file| file.name)
    }
}

/// Generates code: for each proto package a file `<package>.rs` with its descriptors in `<package>-descriptor.rs`,
/// and a module tree `mod.rs` that includes them.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn generate(request: &Request) -> Result<Output, Diagnostics> {
    pipeline(request).map_err(|mut errors| {
        if errors.len() > MOST_ERRORS {
            let more = errors.split_off(MOST_ERRORS).len();
            errors.push(Diagnostic::error(format!("{more} errors more are not listed")));
        }
        Diagnostics::new(errors)
    })
}

/// How many errors are listed: what is wrong in that many places is wrong in one that all come from.
const MOST_ERRORS: usize = 100;

fn pipeline(request: &Request) -> Result<Output, Vec<Diagnostic>> {
    let options = &request.options;
    let files = Files::load(request)?;
    let types = Types::new(&files, options);
    let warnings = check::check(&files, &types, options)?;
    let messages = crate::prost::messages(&files, &types, options)?;
    let names: Vec<_> = messages.iter().map(crate::prost::read_names).collect();
    let packages = input::packages(&files, &types, &names)?;

    let mut output = Vec::new();
    for package in packages.values() {
        let mut items = Vec::new();
        for ((_, source), file) in files.generated().zip(&messages) {
            if source.file.package == package.name {
                items.extend(file.items.iter().cloned());
            }
        }
        crate::prost::add_docs(package, &mut items);
        let rest = format::parse(emit::items(package, options)).map_err(|error| vec![error])?;
        items.extend(rest);
        let header = format::header(&package.files);
        let name = format!("{}.rs", emit::file_stem(&package.name));
        output.push(OutputFile {
            name,
            content: format!("{header}{}", format::file(items)),
        });
        if options.descriptor {
            let sources = files.with_imports(package.files.iter().map(String::as_str));
            let file = sources
                .iter()
                .map(|source| source.raw_without_source_info())
                .collect();
            let (name, text) = emit::descriptor_file(package, &RawFileSet { file }.encode_to_vec());
            output.push(OutputFile {
                name,
                content: format!("{header}{text}"),
            });
        }
    }
    let all: Vec<_> = files
        .generated()
        .map(|(_, source)| source.file.name.clone())
        .collect();
    let tree = format::parse(emit::module_tree(
        packages.keys().map(String::as_str),
        |package| types.names().package_module(package),
    ))
    .map_err(|error| vec![error])?;
    let content = format!("{}{}", format::header(&all), format::file(tree));
    output.push(OutputFile {
        name: "mod.rs".to_owned(),
        content,
    });
    output.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Output {
        files: output,
        warnings,
    })
}

//! From a request to files: the pipeline as a whole.

use ::prost::Message as _;

use crate::input::Files;
use crate::input::descriptor::RawFileSet;
use crate::model::Package;
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
}

/// Generates code: for each proto package a file `<package>.rs` with its descriptors in `<package>-descriptor.rs`,
/// and a module tree `mod.rs` that includes them.
///
/// # Errors
/// Everything that is wrong with the input.
pub fn generate(request: &Request) -> Result<Output, Diagnostics> {
    pipeline(request).map_err(Diagnostics::new)
}

fn pipeline(request: &Request) -> Result<Output, Vec<Diagnostic>> {
    let options = &request.options;
    let code = Code::new(request)?;
    let mut output = Vec::new();
    for package in &code.packages {
        let PackageCode {
            package,
            messages,
            descriptor_set,
        } = package;
        let header = format::header(&package.files);
        let descriptor = descriptor_set.as_ref().map(|set| {
            let (name, text) = emit::descriptor_file(package, set);
            output.push(OutputFile {
                name,
                content: format!("{header}{text}"),
            });
            emit::descriptor_include(package)
        });
        let mut items = messages.clone();
        items.extend(format::parse(emit::items(package, options, descriptor)).map_err(|error| vec![error])?);
        output.push(OutputFile {
            name: format!("{}.rs", emit::file_stem(&package.name)),
            content: format!("{header}{}", format::file(items)),
        });
    }
    let modules = code.packages.iter().map(|code| {
        let name = code.package.name.as_str();
        (name, emit::package_include(name))
    });
    let tree = format::parse(emit::module_tree(modules)).map_err(|error| vec![error])?;
    let content = format!("{}{}", format::header(&code.files), format::file(tree));
    output.push(OutputFile {
        name: "mod.rs".to_owned(),
        content,
    });
    output.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Output {
        files: output,
        warnings: code.warnings,
    })
}

/// What the pipeline knows before items are emitted around the messages: the same whether they become files or the
/// tokens of a macro.
pub(crate) struct Code {
    /// By name.
    pub(crate) packages: Vec<PackageCode>,
    /// The files that code is asked for, by name.
    pub(crate) files: Vec<String>,
    pub(crate) warnings: Vec<Diagnostic>,
}

/// One package.
pub(crate) struct PackageCode {
    pub(crate) package: Package,
    /// The messages and enums.
    pub(crate) messages: Vec<syn::Item>,
    /// An encoded `FileDescriptorSet`, if it is to be embedded.
    pub(crate) descriptor_set: Option<Vec<u8>>,
}

impl Code {
    pub(crate) fn new(request: &Request) -> Result<Self, Vec<Diagnostic>> {
        let options = &request.options;
        let files = Files::load(request)?;
        let types = Types::new(&files, options);
        let warnings = check::check(&files, &types, options)?;
        let messages = crate::prost::messages(&files, &types, options)?;
        let names: Vec<_> = messages.iter().map(crate::prost::read_names).collect();
        let packages = input::packages(&files, &types, &names)?;
        let packages = packages.into_values().map(|package| {
            let of_package = files.generated().zip(&messages);
            let mut messages: Vec<_> = of_package
                .filter(|((_, source), _)| source.file.package == package.name)
                .flat_map(|(_, file)| file.items.iter().cloned())
                .collect();
            crate::prost::add_docs(&package, &mut messages);
            let descriptor_set = options.descriptor.then(|| {
                let sources = files.with_imports(package.files.iter().map(String::as_str));
                let file = sources
                    .iter()
                    .map(|source| source.raw_without_source_info())
                    .collect();
                RawFileSet { file }.encode_to_vec()
            });
            PackageCode {
                package,
                messages,
                descriptor_set,
            }
        });
        Ok(Self {
            packages: packages.collect(),
            files: files
                .generated()
                .map(|(_, source)| source.file.name.clone())
                .collect(),
            warnings,
        })
    }
}

//! From a request to files: the pipeline as a whole.

use std::collections::HashMap;

use ::prost::Message as _;
use proc_macro2::TokenStream;

use crate::input::Files;
use crate::input::descriptor::{FileName, RawFileSet};
use crate::model::Package;
use crate::types::Types;
use crate::{Diagnostic, Diagnostics, Layout, Options, check, emit, format, input};

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
    /// Its name: `helloworld.rs`. With `layout=file` it may be in directories, separated by `/`.
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
/// and a module tree `mod.rs` that includes them. [`Options`] change that.
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
    let Code {
        options,
        files: sources,
        parts,
        warnings,
    } = Code::new(request)?;
    let options = &options;
    let mut output = match options.layout {
        Layout::Package => package_files(parts, options)?,
        Layout::File => part_files(parts, options)?,
    };
    if options.descriptor {
        output.packages.iter().for_each(|package| {
            let text = descriptor_file(package, &sources);
            output.files.push(text);
        });
    }
    if let Some(name) = &options.mod_file {
        let modules = output
            .packages
            .iter()
            .map(|package| (package, emit::package_include(&package.name)));
        let tree = emit::module_tree(modules);
        let all: Vec<_> = sources
            .generated()
            .map(|(_, source)| source.file.name.clone())
            .collect();
        output.files.push(OutputFile {
            name: name.clone(),
            content: format!("{}{}", format::header(&all), format::file(parse(tree)?)),
        });
    }
    let mut files = output.files;
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let twice: Vec<_> = files
        .windows(2)
        .filter(|pair| matches!(pair, [one, other] if one.name == other.name))
        .filter_map(|pair| Some(same_name(&pair.first()?.name, options)))
        .collect();
    if twice.is_empty() {
        Ok(Output { files, warnings })
    } else {
        Err(twice)
    }
}

/// What the pipeline knows before items are emitted around the messages: the same whether they become files or the
/// tokens of a macro.
pub(crate) struct Code {
    /// As they take effect.
    pub(crate) options: Options,
    pub(crate) files: Files,
    /// What each .proto file adds to its package.
    pub(crate) parts: Vec<PackageItems>,
    warnings: Vec<Diagnostic>,
}

/// A package, or what one file adds to it, with the messages and enums that prost-build wrote.
pub(crate) struct PackageItems {
    pub(crate) package: Package,
    pub(crate) messages: Vec<syn::Item>,
}

impl Code {
    pub(crate) fn new(request: &Request) -> Result<Self, Vec<Diagnostic>> {
        let options = request.options.effective();
        let files = Files::load(request)?;
        let types = Types::new(&files, &options);
        let warnings = check::check(&files, &types, &request.options, &options)?;
        let messages = crate::prost::messages(&files, &types, &options)?;
        let names: Vec<_> = messages.iter().map(crate::prost::read_names).collect();
        let parts = input::parts(&files, &types, &names, options.messages)?;
        let parts = parts.into_iter().zip(messages).map(|(package, file)| {
            let mut messages = file.items;
            crate::prost::add_docs(&package, &mut messages);
            PackageItems { package, messages }
        });
        Ok(Self {
            parts: parts.collect(),
            files,
            warnings,
            options,
        })
    }
}

/// Puts together what the files add to each package, by name.
pub(crate) fn packages(parts: Vec<PackageItems>) -> Vec<PackageItems> {
    let mut messages: HashMap<String, Vec<syn::Item>> = HashMap::new();
    let mut models = Vec::new();
    for part in parts {
        messages
            .entry(part.package.name.clone())
            .or_default()
            .extend(part.messages);
        models.push(part.package);
    }
    let packages = input::packages(models).into_values();
    packages
        .map(|package| PackageItems {
            messages: messages.remove(&package.name).unwrap_or_default(),
            package,
        })
        .collect()
}

/// An encoded `FileDescriptorSet` of a package and what it imports.
pub(crate) fn descriptor_set(package: &Package, files: &Files) -> Vec<u8> {
    let sources = files.with_imports(package.files.iter().map(String::as_str));
    let file = sources.iter().map(|source| source.raw_without_source_info());
    RawFileSet { file: file.collect() }.encode_to_vec()
}

/// The files with code, and the packages that they are of.
struct CodeFiles {
    files: Vec<OutputFile>,
    packages: Vec<Package>,
}

/// One file for each package.
fn package_files(parts: Vec<PackageItems>, options: &Options) -> Result<CodeFiles, Vec<Diagnostic>> {
    let mut output = CodeFiles {
        files: Vec::new(),
        packages: Vec::new(),
    };
    for PackageItems { package, messages } in packages(parts) {
        let descriptor = options.descriptor.then(|| emit::descriptor_include(&package));
        output.files.push(OutputFile {
            name: format!("{}.rs", emit::file_stem(&package.name)),
            content: content(&package, messages, options, descriptor)?,
        });
        output.packages.push(package);
    }
    Ok(output)
}

/// The text of a file with code.
fn content(
    package: &Package,
    messages: Vec<syn::Item>,
    options: &Options,
    descriptor: Option<TokenStream>,
) -> Result<String, Vec<Diagnostic>> {
    let mut text = format::Text::default();
    messages.into_iter().for_each(|item| text.push(item));
    let runtime = emit::runtime(options);
    for tokens in emit::items(package, options, &runtime, descriptor) {
        parse(tokens)?.into_iter().for_each(|item| text.push(item));
    }
    Ok(format!("{}{}", format::header(&package.files), text.0))
}

/// One file for each .proto file, and one for each package that includes them: modules are the same as otherwise.
fn part_files(parts: Vec<PackageItems>, options: &Options) -> Result<CodeFiles, Vec<Diagnostic>> {
    let mut files = Vec::new();
    let mut models = Vec::new();
    for PackageItems { package, messages } in parts {
        files.push(OutputFile {
            name: part_name(&package.files.concat())?,
            // The package's file includes the descriptors.
            content: content(&package, messages, options, None)?,
        });
        models.push(package);
    }
    let packages: Vec<_> = input::packages(models).into_values().collect();
    for package in &packages {
        let names = package.files.iter().map(|name| format!("{name}.rs"));
        let names: Vec<_> = names.collect();
        let includes = emit::package_of_parts(package, options.descriptor, names.iter().map(String::as_str));
        files.push(OutputFile {
            name: format!("{}.rs", emit::file_stem(&package.name)),
            content: format!(
                "{}{}",
                format::header(&package.files),
                format::file(parse(includes)?)
            ),
        });
    }
    Ok(CodeFiles { files, packages })
}

/// `packages/main.proto.rs`; protoc bounds names, a descriptor set from elsewhere need not.
fn part_name(proto: &str) -> Result<String, Vec<Diagnostic>> {
    let ordinary = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    if proto.split('/').all(ordinary) {
        Ok(format!("{proto}.rs"))
    } else {
        let message = "the name of this file is no path below a directory, which layout=file needs";
        Err(vec![Diagnostic::error(message).in_file(proto)])
    }
}

fn descriptor_file(package: &Package, files: &Files) -> OutputFile {
    let (name, text) = emit::descriptor_file(package, &descriptor_set(package, files));
    OutputFile {
        name,
        content: format!("{}{text}", format::header(&package.files)),
    }
}

fn same_name(name: &str, options: &Options) -> Diagnostic {
    let repair = if options.mod_file.as_deref() == Some(name) {
        "choose another `mod_file`"
    } else {
        "use layout=package"
    };
    Diagnostic::error(format!(
        "two of the generated files would be called `{name}`; {repair}"
    ))
}

fn parse(tokens: TokenStream) -> Result<Vec<syn::Item>, Vec<Diagnostic>> {
    format::parse(tokens).map_err(|error| vec![error])
}

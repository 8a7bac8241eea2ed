//! Generates files from a request: the whole pipeline.

mod code;

use ::prost::Message as _;
use proc_macro2::TokenStream;

pub(crate) use self::code::{CheckedRequest, PackageItems};
use self::code::{ChunkCode, CodeByFile};
use crate::input::Files;
use crate::input::descriptor::{EncodedFileSet, FileName};
use crate::model::Package;
use crate::{Diagnostic, Diagnostics, Layout, Options, emit, format};

/// The input of [`generate`].
#[derive(Debug, Clone)]
pub struct Request {
    /// Encoded `FileDescriptorProto`s: the files to generate and everything they import.
    pub files: Vec<Vec<u8>>,
    /// The import names of the files to generate.
    pub generate: Vec<String>,
    /// The options of the generator.
    pub options: Options,
}

/// The result of [`generate`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Output {
    /// The files to write, by name.
    pub files: Vec<OutputFile>,
    /// Warnings about the input.
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
    /// Creates a request from an encoded `FileDescriptorSet` that includes all imports.
    ///
    /// # Errors
    /// Returns an error if the bytes are not a `FileDescriptorSet`.
    pub fn from_descriptor_set(
        set: &[u8],
        generate: Vec<String>,
        options: Options,
    ) -> Result<Self, Diagnostics> {
        let set = EncodedFileSet::decode(set)
            .map_err(|error| Diagnostic::error(format!("the input is not a FileDescriptorSet: {error}")))?;
        Ok(Self {
            files: set.file,
            generate,
            options,
        })
    }

    /// Returns the import names of all [`files`](Self::files). Files that cannot be decoded are skipped.
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
/// Returns every error found in the input.
pub fn generate(request: &Request) -> Result<Output, Diagnostics> {
    pipeline(request).map_err(|mut errors| {
        if errors.len() > MAX_LISTED_ERRORS {
            let more = errors.split_off(MAX_LISTED_ERRORS).len();
            errors.push(Diagnostic::error(format!("{more} more errors are not listed")));
        }
        Diagnostics::new(errors)
    })
}

/// Maximum number of errors listed. That many errors usually have one cause.
const MAX_LISTED_ERRORS: usize = 100;

fn pipeline(request: &Request) -> Result<Output, Vec<Diagnostic>> {
    let sources = Files::load(request)?;
    let input = CheckedRequest::new(&sources, request)?;
    let options = &input.options;
    let mut code = input.code()?;
    let packages = input.packages();
    let mut files = Vec::new();
    for package in &packages {
        match options.layout {
            Layout::Package => files.push(package_file(package, options, &mut code)?),
            Layout::File => files_per_proto(package, options, &mut code, &mut files)?,
        }
        if options.descriptor {
            files.push(descriptor_file(package, &sources));
        }
    }
    if let Some(name) = &options.mod_file {
        let modules = packages
            .iter()
            .map(|package| (package, emit::package_include(&package.name)));
        let tree = emit::module_tree(modules);
        let all: Vec<_> = sources
            .generated()
            .map(|(_, source)| source.file.name.clone())
            .collect();
        files.push(OutputFile {
            name: name.clone(),
            content: format!("{}{}", format::header(&all), format::tokens([tree])?),
        });
    }
    files.sort_by(|one, other| one.name.cmp(&other.name));
    let twice: Vec<_> = files
        .windows(2)
        .filter(|pair| matches!(pair, [one, other] if one.name == other.name))
        .filter_map(|pair| Some(duplicate_file_name(&pair.first()?.name, options)))
        .collect();
    if twice.is_empty() {
        let warnings = input.warnings;
        Ok(Output { files, warnings })
    } else {
        Err(twice)
    }
}

/// Returns the file of a package.
fn package_file(
    package: &Package,
    options: &Options,
    code: &mut CodeByFile,
) -> Result<OutputFile, Vec<Diagnostic>> {
    let descriptor = options.descriptor.then(|| emit::descriptor_include(package));
    let code = package.files.iter().filter_map(|name| code.remove(name));
    Ok(OutputFile {
        name: format!("{}.rs", emit::file_stem(&package.name)),
        content: content(&package.files, code.collect(), options, descriptor)?,
    })
}

/// Adds one file per .proto file, and one file per package that includes them. The modules are the same as with
/// `layout=package`.
fn files_per_proto(
    package: &Package,
    options: &Options,
    code: &mut CodeByFile,
    files: &mut Vec<OutputFile>,
) -> Result<(), Vec<Diagnostic>> {
    for name in &package.files {
        let code = code.remove(name).into_iter().collect();
        files.push(OutputFile {
            name: proto_file_name(name)?,
            // The package's file includes the descriptors.
            content: content(std::slice::from_ref(name), code, options, None)?,
        });
    }
    let names: Vec<_> = package.files.iter().map(|name| format!("{name}.rs")).collect();
    let includes = emit::package_of_parts(package, options.descriptor, names.iter().map(String::as_str));
    files.push(OutputFile {
        name: format!("{}.rs", emit::file_stem(&package.name)),
        content: format!(
            "{}{}",
            format::header(&package.files),
            format::tokens([includes])?
        ),
    });
    Ok(())
}

/// Returns the text of a file with the code of these .proto files.
fn content(
    names: &[String],
    code: Vec<Vec<ChunkCode>>,
    options: &Options,
    descriptor: Option<TokenStream>,
) -> Result<String, Vec<Diagnostic>> {
    let all = || code.iter().flatten();
    let messages = all().any(|code| !code.described.is_empty());
    let services = all().any(|code| !code.services.is_empty());
    let surface = emit::runtime_assertion(messages, services, options);
    let head = format::tokens(surface.into_iter().chain(descriptor))?;
    // Top-level enums come first.
    let enums = code.iter().flat_map(|code| {
        let (outer, inner) = code.iter().partition::<Vec<_>, _>(|code| code.is_outermost);
        outer.into_iter().chain(inner)
    });
    let texts = all()
        .map(|code| &code.definitions)
        .chain([&head])
        .chain(all().map(|code| &code.message_json))
        .chain(enums.map(|code| &code.enum_json))
        .chain(all().map(|code| &code.described))
        .chain(all().map(|code| &code.services))
        .filter(|text| !text.is_empty());
    let texts: Vec<_> = texts.map(String::as_str).collect();
    Ok(format!("{}{}", format::header(names), texts.join("\n")))
}

/// Returns a file name such as `packages/main.proto.rs`. protoc restricts names, but other descriptor sets need not.
fn proto_file_name(proto: &str) -> Result<String, Vec<Diagnostic>> {
    let ordinary = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', ':', '\0']);
    if proto.split('/').all(ordinary) {
        Ok(format!("{proto}.rs"))
    } else {
        let message =
            "the file name is not a relative path below the output directory, which layout=file requires";
        Err(vec![Diagnostic::error(message).in_file(proto)])
    }
}

/// Returns an encoded `FileDescriptorSet` of a package and its imports.
pub(crate) fn descriptor_set(package: &Package, files: &Files) -> Vec<u8> {
    let sources = files.with_imports(package.files.iter().map(String::as_str));
    let file = sources.iter().map(|source| source.raw.clone());
    EncodedFileSet { file: file.collect() }.encode_to_vec()
}

fn descriptor_file(package: &Package, files: &Files) -> OutputFile {
    let (name, text) = emit::descriptor_file(package, &descriptor_set(package, files));
    OutputFile {
        name,
        content: format!("{}{text}", format::header(&package.files)),
    }
}

fn duplicate_file_name(name: &str, options: &Options) -> Diagnostic {
    let repair = if options.mod_file.as_deref() == Some(name) {
        "choose another `mod_file`"
    } else {
        "use layout=package"
    };
    Diagnostic::error(format!(
        "two generated files would have the name `{name}`; {repair}"
    ))
}

//! Compiles .proto files to encoded descriptors with protox, for build scripts and macros.

use std::path::{Path, PathBuf};

use miette::Diagnostic as _;
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver};

use crate::{Diagnostic, Diagnostics, OPTIONS_PROTO, OPTIONS_PROTO_NAME};

/// Compiled .proto files.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Compiled {
    /// An encoded `FileDescriptorSet` of the files and their imports, with comments and positions.
    pub descriptor_set: Vec<u8>,
    /// The import names of the requested files.
    pub generate: Vec<String>,
    /// The paths of the files and their imports, without those built into protox.
    pub paths: Vec<PathBuf>,
}

/// Compiles .proto files; `includes` are the directories of the files and their imports.
///
/// # Errors
/// Returns every error in the files, with file, line and column, and files that are not found.
pub fn compile(protos: &[impl AsRef<Path>], includes: &[impl AsRef<Path>]) -> Result<Compiled, Diagnostics> {
    let mut resolver = ChainFileResolver::new();
    for include in includes {
        resolver.add(IncludeFileResolver::new(include.as_ref().to_owned()));
    }
    resolver.add(GoogleFileResolver::new());
    resolver.add(OwnFiles);
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    let mut errors = Vec::new();
    for proto in protos {
        // Continue, to report the errors of the other files.
        if let Err(error) = compiler.open_file(proto) {
            for found in diagnostics(&error) {
                if !errors.contains(&found) {
                    errors.push(found);
                }
            }
        }
    }
    if !errors.is_empty() {
        return Err(Diagnostics::new(errors));
    }
    let generate = compiler
        .files()
        .filter(|file| !file.is_import())
        .map(|file| file.name().to_owned())
        .collect();
    let paths = compiler
        .files()
        .filter_map(|file| Some(file.path()?.to_owned()))
        .collect();
    Ok(Compiled {
        descriptor_set: compiler.encode_file_descriptor_set(),
        generate,
        paths,
    })
}

/// Returns whether files were rejected because they use an edition, which only protoc supports.
pub fn need_protoc(errors: &Diagnostics) -> bool {
    errors.iter().any(|error| error.message() == EDITION)
}

const EDITION: &str = "the file uses an edition, which protox cannot read; compile it with protoc: set PROTOC \
                       for rsrpc-build, pass it a descriptor set, or use the plugin protoc-gen-rsrpc";

/// Resolves the files that come with rsrpc.
struct OwnFiles;

impl FileResolver for OwnFiles {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            OPTIONS_PROTO_NAME => File::from_source(name, OPTIONS_PROTO),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

/// Parses one .proto file without its imports, to an encoded `FileDescriptorProto` with unresolved names. `name` is the
/// file name in errors.
///
/// # Errors
/// Returns the first syntax error, with line and column.
pub fn parse(name: &str, text: &str) -> Result<Vec<u8>, Diagnostic> {
    match protox_parse::parse(name, text) {
        Ok(file) => Ok(prost::Message::encode_to_vec(&file)),
        Err(error) => {
            let found = Diagnostic::error(error.to_string()).in_file(name);
            let label = miette::Diagnostic::labels(&error).and_then(|mut labels| labels.next());
            Err(match label {
                Some(label) => {
                    let before = text.get(..label.offset()).unwrap_or(text);
                    let line = before.matches('\n').count() + 1;
                    let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
                    found.at(line, column)
                }
                None => found,
            })
        }
    }
}

/// Returns all diagnostics of a protox error.
fn diagnostics(error: &protox::Error) -> Vec<Diagnostic> {
    let related = error.related().into_iter().flatten();
    std::iter::once(error as &dyn miette::Diagnostic)
        .chain(related)
        .map(|each| diagnostic(each, error))
        .collect()
}

/// Converts one diagnostic of `whole`, which knows the file.
fn diagnostic(error: &dyn miette::Diagnostic, whole: &protox::Error) -> Diagnostic {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !message.contains(&cause_text) {
            message = format!("{message}: {cause_text}");
        }
        source = cause.source();
    }
    if let Some(help) = error.help() {
        message = format!("{message} ({help})");
    }
    let source = error.source_code().or_else(|| whole.source_code());
    // protox lists the keywords that it expects at the top of a file.
    if message.contains("'import'") && source.is_some_and(|source| is_at(error, source, b"edition")) {
        EDITION.clone_into(&mut message);
    }
    let mut diagnostic = Diagnostic::error(message);
    if let Some(file) = whole.file() {
        diagnostic = diagnostic.in_file(file);
    }
    match source.and_then(|source| position(error, source)) {
        Some((line, column)) => diagnostic.at(line, column),
        None => diagnostic,
    }
}

/// Returns whether the error's first label is on this word.
fn is_at(error: &dyn miette::Diagnostic, source: &dyn miette::SourceCode, word: &[u8]) -> bool {
    let label = error.labels().and_then(|mut labels| labels.next());
    let contents = label.and_then(|label| Some(source.read_span(label.inner(), 0, 0).ok()?.data() == word));
    contents.unwrap_or(false)
}

/// Returns line and column of the error's first label, counted from 1.
fn position(error: &dyn miette::Diagnostic, source: &dyn miette::SourceCode) -> Option<(usize, usize)> {
    let label = error.labels()?.next()?;
    let contents = source.read_span(label.inner(), 0, 0).ok()?;
    Some((contents.line() + 1, contents.column() + 1))
}

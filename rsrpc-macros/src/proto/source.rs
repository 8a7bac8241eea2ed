//! Finds the files of a macro, compiles them with protox, and reports their errors.

use std::env;
use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use proc_macro2::{Span, TokenStream};
use quote::quote;
use rsrpc_codegen::protos::{self, Compiled};
use rsrpc_codegen::{Diagnostic, Diagnostics, Request};
use syn::LitStr;

use super::arguments::ProtoArguments;

/// Valid .proto files.
pub(super) struct ProtoSource {
    pub(super) request: Request,
    /// Import names of the given files.
    pub(super) files: Vec<String>,
    /// Paths of the files, their imports and the options file.
    paths: Vec<PathBuf>,
}

impl ProtoSource {
    /// Finds and compiles the files.
    pub(super) fn compile(arguments: &ProtoArguments) -> Result<Self, Vec<syn::Error>> {
        let Some(first) = arguments.files.first() else {
            return Err(Vec::new());
        };
        let root = crate_root(env::var_os("CARGO_MANIFEST_DIR"))
            .map_err(|message| vec![syn::Error::new(first.span(), message)])?;
        let mut errors = Vec::new();
        let mut includes = Vec::new();
        for include in &arguments.includes {
            let directory = normalize(&root.join(include.value()));
            if directory.is_dir() {
                includes.push(directory);
            } else {
                errors.push(not_found(include, "directory", &[directory]));
            }
        }
        let mut files = Vec::new();
        for file in &arguments.files {
            match find(file, &root, &includes) {
                Ok(path) => files.push(path),
                Err(error) => errors.push(error),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        let directories;
        let includes = if includes.is_empty() {
            directories = parent_directories(&files);
            &directories
        } else {
            &includes
        };
        let blame = |errors: &Diagnostics| -> Vec<syn::Error> {
            let imports = ImportContext {
                root: &root,
                files: &files,
                includes,
            };
            errors
                .iter()
                .map(|error| syn::Error::new(argument_span(arguments, error), imports.explain(error)))
                .collect()
        };
        let Compiled {
            descriptor_set,
            generate,
            paths,
            ..
        } = protos::compile(&files, includes).map_err(|errors| blame(&errors))?;
        let request =
            Request::from_descriptor_set(&descriptor_set, generate.clone(), arguments.options.clone())
                .and_then(Request::with_imports)
                .map_err(|errors| blame(&errors))?;
        let config = arguments.config.as_ref().and_then(|config| path(config).ok());
        // A missing options file is reported elsewhere.
        let config = config.filter(|config| config.is_file());
        Ok(Self {
            request,
            files: generate,
            paths: paths.into_iter().chain(config).collect(),
        })
    }

    /// Places errors of the generator at the file's argument.
    pub(super) fn locate_errors(arguments: &ProtoArguments, errors: &Diagnostics) -> Vec<syn::Error> {
        let errors = errors.iter();
        errors
            .map(|error| syn::Error::new(argument_span(arguments, error), error))
            .collect()
    }

    /// Emits constants that include every file, so that a change recompiles the crate.
    pub(super) fn dependencies(&self) -> TokenStream {
        let paths = self.paths.iter().filter_map(|path| path.to_str());
        quote!(#(const _: &[u8] = ::core::include_bytes!(#paths);)*)
    }
}

/// Returns the directory of the crate's Cargo.toml from `CARGO_MANIFEST_DIR`.
pub(super) fn crate_root(variable: Option<OsString>) -> Result<PathBuf, &'static str> {
    variable.map(PathBuf::from).ok_or(
        "the environment variable CARGO_MANIFEST_DIR is not set: paths of .proto files begin at the crate's root, \
         which Cargo names there",
    )
}

/// Resolves a path from the crate's root.
pub(crate) fn path(path: &LitStr) -> Result<PathBuf, syn::Error> {
    let root = crate_root(env::var_os("CARGO_MANIFEST_DIR"))
        .map_err(|message| syn::Error::new(path.span(), message))?;
    Ok(normalize(&root.join(path.value())))
}

/// Finds a file by its path from the crate's root or by its import name.
fn find(file: &LitStr, root: &Path, includes: &[PathBuf]) -> Result<PathBuf, syn::Error> {
    let candidates: Vec<_> = [root]
        .into_iter()
        .chain(includes.iter().map(PathBuf::as_path))
        .map(|directory| normalize(&directory.join(file.value())))
        .collect();
    match candidates.iter().find(|path| path.is_file()) {
        Some(found) => Ok(found.clone()),
        None => Err(not_found(file, "file", &candidates)),
    }
}

fn not_found(path: &LitStr, what: &str, looked: &[PathBuf]) -> syn::Error {
    let looked: Vec<_> = looked
        .iter()
        .map(|path| format!("  {}", path.display()))
        .collect();
    syn::Error::new(
        path.span(),
        format!(
            "the {what} `{}` was not found; searched\n{}\nPaths are relative to the crate's root.",
            path.value(),
            looked.join("\n")
        ),
    )
}

/// Removes `.` and `..` from a path.
fn normalize(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// Default include directories: those of the files.
fn parent_directories(files: &[PathBuf]) -> Vec<PathBuf> {
    let mut directories: Vec<PathBuf> = Vec::new();
    for directory in files.iter().filter_map(|file| file.parent()) {
        if !directories.iter().any(|known| known == directory) {
            directories.push(directory.to_owned());
        }
    }
    directories
}

/// Returns the span of the argument that an error belongs to; by default the first.
fn argument_span(arguments: &ProtoArguments, error: &Diagnostic) -> Span {
    let of_file = error.file().and_then(|name| {
        let names = |file: &&LitStr| Path::new(&file.value()).ends_with(name);
        arguments.files.iter().find(names)
    });
    of_file
        .or(arguments.files.first())
        .map_or_else(Span::call_site, LitStr::span)
}

/// Search paths of imports, to explain errors.
struct ImportContext<'a> {
    root: &'a Path,
    files: &'a [PathBuf],
    includes: &'a [PathBuf],
}

impl ImportContext<'_> {
    /// Returns the error with a remedy.
    fn explain(&self, error: &Diagnostic) -> String {
        let import = error
            .message()
            .strip_prefix("import '")
            .and_then(|rest| rest.strip_suffix("' not found"));
        match import {
            None if error.message().ends_with("is not in any include path") => {
                format!("{error}; add the directory that it is imported from to `includes`")
            }
            Some(import) => format!("{error}; {}", self.explain_missing(import)),
            None => error.to_string(),
        }
    }

    /// Lists where an import was searched, and where it exists.
    fn explain_missing(&self, import: &str) -> String {
        let looked: Vec<_> = self
            .includes
            .iter()
            .map(|include| self.display_directory(include))
            .collect();
        let above = self.files.iter().flat_map(|file| file.ancestors().skip(1));
        let found = above
            .take_while(|directory| directory.starts_with(self.root))
            .find(|directory| directory.join(import).is_file());
        let found = found.map_or_else(String::new, |directory| {
            format!(
                "; `includes = [{:?}]` would find it",
                self.display_directory(directory)
            )
        });
        format!("looked for it in {}{found}", looked.join(", "))
    }

    /// Formats a directory as in `includes`.
    fn display_directory(&self, directory: &Path) -> String {
        let inside = directory.strip_prefix(self.root).unwrap_or(directory);
        match inside.to_str() {
            Some("") => ".".to_owned(),
            _ => inside.display().to_string(),
        }
    }
}

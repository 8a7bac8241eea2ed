//! Generates the code of a request chunk by chunk.

use std::collections::HashMap;

use crate::chunks::{Chunk, in_parallel};
use crate::input::{self, Files};
use crate::model::Package;
use crate::types::RustTypes;
use crate::{Diagnostic, Options, Request, check, emit, format, prost};

/// A request that passed the checks.
pub(crate) struct CheckedRequest<'a> {
    files: &'a Files,
    types: RustTypes<'a>,
    /// The effective options.
    pub(crate) options: Options,
    pub(super) warnings: Vec<Diagnostic>,
}

/// A package, or the part of it in one chunk, with the messages and enums written by prost-build.
pub(crate) struct PackageItems {
    pub(crate) package: Package,
    pub(crate) messages: Vec<syn::Item>,
}

/// The generated text of a chunk, by section of its package. An empty line separates any two items.
pub(super) struct ChunkCode {
    /// Messages, enums and oneofs.
    pub(super) definitions: String,
    pub(super) message_json: String,
    pub(super) enum_json: String,
    /// Set if the enums are at the top level of the file.
    pub(super) is_outermost: bool,
    /// A line for each message.
    pub(super) described: String,
    pub(super) services: String,
}

/// Chunks of code in order, by the name of their .proto file.
pub(super) type CodeByFile = HashMap<String, Vec<ChunkCode>>;

impl<'a> CheckedRequest<'a> {
    pub(crate) fn new(files: &'a Files, request: &Request) -> Result<Self, Vec<Diagnostic>> {
        let options = request.options.effective();
        let types = RustTypes::new(files, &options);
        let warnings = check::check(files, &types, &request.options, &options)?;
        Ok(Self {
            files,
            types,
            options,
            warnings,
        })
    }

    /// Generates the code of all files as text.
    pub(super) fn code(&self) -> Result<CodeByFile, Vec<Diagnostic>> {
        let chunks = Chunk::split(self.files);
        let texts = prost::texts(self.files, &self.types, &self.options, &chunks)?;
        let work: Vec<_> = chunks.iter().zip(texts).collect();
        let bytes = self.files.generated().map(|(_, source)| source.raw.len()).sum();
        let made = in_parallel(work.len(), bytes, |index| {
            let (chunk, text) = work.get(index)?;
            Some(self.chunk_code(chunk, text))
        });
        let mut code = CodeByFile::new();
        let mut errors = Vec::new();
        for (chunk, made) in chunks.iter().zip(made.into_iter().flatten()) {
            match (made, self.files.all().get(chunk.file)) {
                (Ok(made), Some(source)) => code.entry(source.file.name.clone()).or_default().push(made),
                (Ok(_), None) => {}
                (Err(more), _) => errors.extend(more),
            }
        }
        if errors.is_empty() { Ok(code) } else { Err(errors) }
    }

    fn chunk_code(&self, chunk: &Chunk, text: &str) -> Result<ChunkCode, Vec<Diagnostic>> {
        let (package, definitions) = self.definitions(chunk, text)?;
        let (options, runtime) = (&self.options, &emit::runtime(&self.options));
        let (mut message_json, mut enum_json) = (String::new(), String::new());
        if options.json {
            message_json = format::texts(emit::message_json(&package, runtime))?;
            enum_json = format::texts(emit::enum_json(&package, runtime))?;
        }
        Ok(ChunkCode {
            definitions,
            message_json,
            enum_json,
            is_outermost: !chunk.enums.is_empty(),
            described: format::texts(emit::message_schemas(&package, options, runtime))?,
            services: format::tokens(emit::services(&package, options, runtime))?,
        })
    }

    /// Returns the model of a chunk and the text of its definitions.
    fn definitions(&self, chunk: &Chunk, text: &str) -> Result<(Package, String), Vec<Diagnostic>> {
        let Some(scan) = prost::scan(text) else {
            let PackageItems { package, messages } = self.items(chunk, text)?;
            return Ok((package, format::file(messages)));
        };
        let Some(source) = self.files.all().get(chunk.file) else {
            return Err(Vec::new());
        };
        let names = scan.names();
        let package = input::chunk_package(self.files, &self.types, (chunk, &names), self.options.messages)?;
        let text = prost::write_definitions(&package, &scan, source).map_err(|error| vec![error])?;
        Ok((package, text))
    }

    /// Returns the model of a chunk and its definitions, parsed from prost-build's output.
    fn items(&self, chunk: &Chunk, text: &str) -> Result<PackageItems, Vec<Diagnostic>> {
        let Some(source) = self.files.all().get(chunk.file) else {
            return Err(Vec::new());
        };
        let mut messages = prost::parse(text, source).map_err(|error| vec![error])?;
        let names = prost::read_names(&messages);
        let package = input::chunk_package(self.files, &self.types, (chunk, &names), self.options.messages)?;
        prost::add_docs(&package, &mut messages);
        Ok(PackageItems { package, messages })
    }

    /// Returns the packages that have code, without their content.
    pub(super) fn packages(&self) -> Vec<Package> {
        let generated = self.files.generated();
        let parts = generated.map(|(_, source)| input::empty_package(&self.types, source));
        input::merge_packages(parts.collect()).into_values().collect()
    }

    /// Returns the packages with their content, by name.
    pub(crate) fn package_items(&self) -> Result<Vec<PackageItems>, Vec<Diagnostic>> {
        let chunks = Chunk::files(self.files);
        let texts = prost::texts(self.files, &self.types, &self.options, &chunks)?;
        let mut messages: HashMap<String, Vec<syn::Item>> = HashMap::new();
        let mut models = Vec::new();
        for (chunk, text) in chunks.iter().zip(&texts) {
            let part = self.items(chunk, text)?;
            messages
                .entry(part.package.name.clone())
                .or_default()
                .extend(part.messages);
            models.push(part.package);
        }
        let packages = input::merge_packages(models).into_values();
        let packages = packages.map(|package| PackageItems {
            messages: messages.remove(&package.name).unwrap_or_default(),
            package,
        });
        Ok(packages.collect())
    }
}

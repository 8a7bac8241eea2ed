//! The code of a request, piece by piece.

use std::collections::HashMap;

use crate::input::{self, Files};
use crate::model::Package;
use crate::pieces::{Piece, in_parallel};
use crate::types::Types;
use crate::{Diagnostic, Options, Request, check, emit, format, prost};

/// A request that passed the checks.
pub(crate) struct Input<'a> {
    files: &'a Files,
    types: Types<'a>,
    /// As they take effect.
    pub(crate) options: Options,
    pub(super) warnings: Vec<Diagnostic>,
}

/// A package, or what a piece of a file adds to it, with the messages and enums that prost-build wrote.
pub(crate) struct PackageItems {
    pub(crate) package: Package,
    pub(crate) messages: Vec<syn::Item>,
}

/// The text that a piece of a file adds to its package, by where in that it goes: an empty line between any two items.
pub(super) struct Code {
    /// Messages, enums and oneofs.
    pub(super) definitions: String,
    pub(super) message_json: String,
    pub(super) enum_json: String,
    /// Whether these enums are in no message.
    pub(super) is_outermost: bool,
    /// A line for each message.
    pub(super) described: String,
    pub(super) services: String,
}

/// By the name of the .proto file, in its order.
pub(super) type CodeOfFiles = HashMap<String, Vec<Code>>;

impl<'a> Input<'a> {
    pub(crate) fn new(files: &'a Files, request: &Request) -> Result<Self, Vec<Diagnostic>> {
        let options = request.options.effective();
        let types = Types::new(files, &options);
        let warnings = check::check(files, &types, &request.options, &options)?;
        Ok(Self {
            files,
            types,
            options,
            warnings,
        })
    }

    /// The code of all files, as text.
    pub(super) fn code(&self) -> Result<CodeOfFiles, Vec<Diagnostic>> {
        let pieces = Piece::split(self.files);
        let texts = prost::texts(self.files, &self.types, &self.options, &pieces)?;
        let work: Vec<_> = pieces.iter().zip(texts).collect();
        let bytes = self.files.generated().map(|(_, source)| source.raw.len()).sum();
        let made = in_parallel(work.len(), bytes, |index| {
            let (piece, text) = work.get(index)?;
            Some(self.piece_code(piece, text))
        });
        let mut code = CodeOfFiles::new();
        let mut errors = Vec::new();
        for (piece, made) in pieces.iter().zip(made.into_iter().flatten()) {
            match (made, self.files.all().get(piece.file)) {
                (Ok(made), Some(source)) => code.entry(source.file.name.clone()).or_default().push(made),
                (Ok(_), None) => {}
                (Err(more), _) => errors.extend(more),
            }
        }
        if errors.is_empty() { Ok(code) } else { Err(errors) }
    }

    fn piece_code(&self, piece: &Piece, text: &str) -> Result<Code, Vec<Diagnostic>> {
        let (package, definitions) = self.definitions(piece, text)?;
        let (options, runtime) = (&self.options, &emit::runtime(&self.options));
        let (mut message_json, mut enum_json) = (String::new(), String::new());
        if options.json {
            message_json = format::texts(emit::message_json(&package, runtime))?;
            enum_json = format::texts(emit::enum_json(&package, runtime))?;
        }
        Ok(Code {
            definitions,
            message_json,
            enum_json,
            is_outermost: !piece.enums.is_empty(),
            described: format::texts(emit::described(&package, options, runtime))?,
            services: format::tokens(emit::services(&package, options, runtime))?,
        })
    }

    /// The model of a piece, and the text of its definitions.
    fn definitions(&self, piece: &Piece, text: &str) -> Result<(Package, String), Vec<Diagnostic>> {
        let Some(scan) = prost::scan(text) else {
            let PackageItems { package, messages } = self.items(piece, text)?;
            return Ok((package, format::file(messages)));
        };
        let Some(source) = self.files.all().get(piece.file) else {
            return Err(Vec::new());
        };
        let names = scan.names();
        let package = input::part(self.files, &self.types, (piece, &names), self.options.messages)?;
        let text = prost::layout(&package, &scan, source).map_err(|error| vec![error])?;
        Ok((package, text))
    }

    /// The model of a piece, and its definitions in what prost-build wrote for it.
    fn items(&self, piece: &Piece, text: &str) -> Result<PackageItems, Vec<Diagnostic>> {
        let Some(source) = self.files.all().get(piece.file) else {
            return Err(Vec::new());
        };
        let mut messages = prost::parse(text, source).map_err(|error| vec![error])?;
        let names = prost::read_names(&messages);
        let package = input::part(self.files, &self.types, (piece, &names), self.options.messages)?;
        prost::add_docs(&package, &mut messages);
        Ok(PackageItems { package, messages })
    }

    /// The packages that have code, without what is in them.
    pub(super) fn packages(&self) -> Vec<Package> {
        let generated = self.files.generated();
        let parts = generated.map(|(_, source)| input::empty_part(&self.types, source));
        input::packages(parts.collect()).into_values().collect()
    }

    /// The packages with all that is in them, by name.
    pub(crate) fn package_items(&self) -> Result<Vec<PackageItems>, Vec<Diagnostic>> {
        let pieces = Piece::files(self.files);
        let texts = prost::texts(self.files, &self.types, &self.options, &pieces)?;
        let mut messages: HashMap<String, Vec<syn::Item>> = HashMap::new();
        let mut models = Vec::new();
        for (piece, text) in pieces.iter().zip(&texts) {
            let part = self.items(piece, text)?;
            messages
                .entry(part.package.name.clone())
                .or_default()
                .extend(part.messages);
            models.push(part.package);
        }
        let packages = input::packages(models).into_values();
        let packages = packages.map(|package| PackageItems {
            messages: messages.remove(&package.name).unwrap_or_default(),
            package,
        });
        Ok(packages.collect())
    }
}

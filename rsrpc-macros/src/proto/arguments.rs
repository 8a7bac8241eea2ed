//! Macro arguments: files and `key = value`. Each argument is parsed on its own, so that an error hides no other.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use rsrpc_codegen::Options;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream};
use syn::{LitBool, LitStr, Token, bracketed};

/// The macro whose arguments are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProtoMacro {
    /// `proto!("a.proto", …)`
    Proto,
    /// `#[service(proto = "a.proto", …)]`
    Service,
}

impl ProtoMacro {
    fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Proto => &["includes"],
            Self::Service => &["proto", "includes", "service"],
        }
    }
}

/// Options of output files, which macros do not write.
const FILE_OPTIONS: [&str; 2] = ["layout", "mod_file"];

/// Valid arguments, and the errors of the others.
#[derive(Default)]
pub(super) struct ProtoArguments {
    pub(super) files: Vec<LitStr>,
    pub(super) includes: Vec<LitStr>,
    /// Full name of a service.
    pub(super) service: Option<LitStr>,
    /// Path of an options file.
    pub(super) config: Option<LitStr>,
    pub(super) options: Options,
    pub(super) errors: Vec<syn::Error>,
}

impl ProtoArguments {
    pub(super) fn read(of: ProtoMacro, tokens: TokenStream) -> Self {
        let mut arguments = Self::default();
        let mut seen: Vec<Ident> = Vec::new();
        let mut settings = Vec::new();
        for part in split_at_commas(tokens) {
            match syn::parse2(part) {
                Ok(Argument::File(file)) if of == ProtoMacro::Proto => arguments.files.push(file),
                Ok(Argument::File(file)) => arguments.errors.push(syn::Error::new(
                    file.span(),
                    format!("a file is given by its key: `proto = {:?}`", file.value()),
                )),
                Ok(Argument::Key(key, values)) => {
                    if key == "config" || of.keys().iter().any(|known| key == known) {
                        if seen.contains(&key) {
                            let message = format!("the key `{key}` is given twice");
                            arguments.errors.push(syn::Error::new(key.span(), message));
                            continue;
                        }
                        seen.push(key.clone());
                    }
                    settings.extend(arguments.set(of, &key, values));
                }
                Err(error) => arguments.errors.push(error),
            }
        }
        arguments.read_options(settings);
        if arguments.files.is_empty() && arguments.errors.is_empty() {
            arguments.errors.push(syn::Error::new(
                Span::call_site(),
                "no .proto file is given; write `proto!(\"proto/a.proto\")`, the path from the crate's root",
            ));
        }
        arguments
    }

    /// Stores the value of a key and returns the generator options that it sets.
    fn set(&mut self, of: ProtoMacro, key: &Ident, values: Option<ArgumentValues>) -> Vec<OptionSetting> {
        let name = match key.unraw().to_string() {
            // Traits and derives call this option `crate`.
            name if name == "crate" => "runtime_path".to_owned(),
            name => name,
        };
        match name.as_str() {
            "proto" if of == ProtoMacro::Service => match one_string(key, values, "\"proto/a.proto\"") {
                Ok(file) => self.files.push(file),
                Err(error) => self.errors.push(error),
            },
            "service" if of == ProtoMacro::Service => match one_string(key, values, "\"package.Service\"") {
                Ok(service) => self.service = Some(service),
                Err(error) => self.errors.push(error),
            },
            "includes" => match strings(key, values, "[\"proto\"]") {
                Ok(includes) => self.includes = includes,
                Err(error) => self.errors.push(error),
            },
            "config" => match one_string(key, values, "\"rsrpc.toml\"") {
                Ok(config) => self.config = Some(config),
                Err(error) => self.errors.push(error),
            },
            _ if FILE_OPTIONS.contains(&name.as_str()) => self.errors.push(syn::Error::new(
                key.span(),
                format!("the option `{name}` has no effect in a macro, which writes no files; remove it"),
            )),
            _ if Options::list().any(|option| option.name == name) => return settings(key, &name, values),
            _ => {
                let keys = of.keys().iter().copied();
                let options = Options::list()
                    .map(|option| option.name)
                    .filter(|option| !FILE_OPTIONS.contains(option));
                let keys: Vec<_> = keys.chain(options).collect();
                self.errors.push(syn::Error::new(
                    key.span(),
                    format!("unknown key `{name}`; the keys are {}", keys.join(", ")),
                ));
            }
        }
        Vec::new()
    }

    /// Reads the options of the file, then those of the macro.
    fn read_options(&mut self, settings: Vec<OptionSetting>) {
        if let Some(config) = &self.config {
            match super::path(config).map(|path| Options::collect(Some(&path), [])) {
                Ok(Ok(options)) => self.options = options,
                Ok(Err(errors)) => self
                    .errors
                    .extend(errors.iter().map(|error| syn::Error::new(config.span(), error))),
                Err(error) => self.errors.push(error),
            }
        }
        for OptionSetting { name, value, span } in settings {
            if let Err(error) = self.options.set(&name, value.as_deref()) {
                self.errors.push(syn::Error::new(span, error.message()));
            }
        }
    }
}

/// An option with one value and its span.
struct OptionSetting {
    name: String,
    value: Option<String>,
    span: Span,
}

fn settings(key: &Ident, name: &str, values: Option<ArgumentValues>) -> Vec<OptionSetting> {
    let values = match values {
        None => vec![(None, key.span())],
        Some(values) => values.list.into_iter().map(ArgumentValue::into_option).collect(),
    };
    let setting = |(value, span)| OptionSetting {
        name: name.to_owned(),
        value,
        span,
    };
    values.into_iter().map(setting).collect()
}

/// Splits tokens at commas.
fn split_at_commas(tokens: TokenStream) -> Vec<TokenStream> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens {
        match (&token, parts.last_mut()) {
            (TokenTree::Punct(punct), _) if punct.as_char() == ',' => parts.push(TokenStream::new()),
            (_, Some(last)) => last.extend([token]),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// A parsed argument.
enum Argument {
    File(LitStr),
    Key(Ident, Option<ArgumentValues>),
}

impl Parse for Argument {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            return Ok(Self::File(input.parse()?));
        }
        if !input.peek(Ident::peek_any) {
            return Err(input.error("expected a key, as in `json = off`"));
        }
        let key = Ident::parse_any(input)?;
        if input.is_empty() {
            return Ok(Self::Key(key, None));
        }
        if !input.peek(Token![=]) {
            return Err(input.error(format!("expected `=` and a value for `{key}`")));
        }
        input.parse::<Token![=]>()?;
        if input.is_empty() {
            return Err(syn::Error::new(key.span(), format!("`{key} =` lacks its value")));
        }
        let values = input.parse()?;
        if !input.is_empty() {
            return Err(input.error(format!("expected a comma behind the value of `{key}`")));
        }
        Ok(Self::Key(key, Some(values)))
    }
}

/// One value, or several in brackets.
struct ArgumentValues {
    list: Vec<ArgumentValue>,
    span: Span,
}

enum ArgumentValue {
    String(LitStr),
    Bool(LitBool),
    Word(Ident),
}

impl Parse for ArgumentValues {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(syn::token::Bracket) {
            let content;
            let brackets = bracketed!(content in input);
            let list = content.parse_terminated(ArgumentValue::parse, Token![,])?;
            return Ok(Self {
                list: list.into_iter().collect(),
                span: brackets.span.join(),
            });
        }
        let value: ArgumentValue = input.parse()?;
        Ok(Self {
            span: value.span(),
            list: vec![value],
        })
    }
}

impl Parse for ArgumentValue {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            input.parse().map(Self::String)
        } else if input.peek(LitBool) {
            input.parse().map(Self::Bool)
        } else if input.peek(Ident::peek_any) {
            Ident::parse_any(input).map(Self::Word)
        } else {
            Err(input.error("expected a string, `on`, `off`, or a list of strings in brackets"))
        }
    }
}

impl ArgumentValue {
    fn span(&self) -> Span {
        match self {
            Self::String(string) => string.span(),
            Self::Bool(bool) => bool.span(),
            Self::Word(word) => word.span(),
        }
    }

    /// Converts the value to the form of the generator's options.
    fn into_option(self) -> (Option<String>, Span) {
        let span = self.span();
        let text = match self {
            Self::String(string) => string.value(),
            Self::Bool(bool) => if bool.value { "on" } else { "off" }.to_owned(),
            Self::Word(word) => word.unraw().to_string(),
        };
        (Some(text), span)
    }
}

fn one_string(key: &Ident, values: Option<ArgumentValues>, example: &str) -> syn::Result<LitStr> {
    let span = values.as_ref().map_or(key.span(), |values| values.span);
    let mut strings = strings(key, values, example)?.into_iter();
    match (strings.next(), strings.next()) {
        (Some(one), None) => Ok(one),
        _ => Err(wrong_value(key, span, example)),
    }
}

fn strings(key: &Ident, values: Option<ArgumentValues>, example: &str) -> syn::Result<Vec<LitStr>> {
    let Some(values) = values else {
        return Err(wrong_value(key, key.span(), example));
    };
    let string = |value| match value {
        ArgumentValue::String(string) => Ok(string),
        other => Err(wrong_value(key, other.span(), example)),
    };
    values.list.into_iter().map(string).collect()
}

fn wrong_value(key: &Ident, span: Span, example: &str) -> syn::Error {
    syn::Error::new(span, format!("write `{key} = {example}`"))
}

//! Sentences in the strings of the sources.

use std::fmt;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use super::pattern::Pattern;
use super::{files, root};

/// A string of the sources; `{}` is a gap.
pub(crate) struct Said {
    pub(crate) pattern: Pattern,
    place: String,
    pub(crate) text: String,
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

/// Files whose strings are not diagnostics.
const OTHERS: &[&str] = &[
    // Types, and parts of internal errors.
    "rsrpc-codegen/src/diagnostic.rs",
    // Docs of generated code.
    "rsrpc-codegen/src/emit/",
    // Lines of generated code.
    "rsrpc-codegen/src/prost/definition_writer.rs",
    "rsrpc-codegen/src/prost/output_scanner.rs",
    // Help texts of the options.
    "rsrpc-codegen/src/options/definition.rs",
];

/// Internal errors without a known input. They replace panics, and the reference lists them.
pub(crate) const INTERNAL: &[&str] = &[
    "the generator wrote invalid Rust: {error}",
    "prost-build's output lacks the {} of `{}`",
    "invalid file descriptor: {error}",
    "prost-build failed on this input: {text}",
    "it panicked",
    "prost-build wrote invalid Rust: {error}",
    // Occurs only in builds without options files.
    "option `config` requires the Cargo feature `config`",
];

pub(crate) fn all() -> Vec<Said> {
    let mut found = Vec::new();
    for folder in ["rsrpc-codegen/src", "rsrpc-macros/src"] {
        for path in files(&root().join(folder), ".rs") {
            let place = path.to_str().unwrap().split_once("/../").unwrap().1.to_owned();
            if OTHERS.iter().any(|other| place.starts_with(other)) || place.ends_with("tests.rs") {
                continue;
            }
            let mut strings = Vec::new();
            collect(tokens(&path), Part::Sources, &mut strings);
            found.extend(
                strings
                    .into_iter()
                    .filter(|text| is_sentence(text))
                    .map(|text| Said {
                        pattern: Pattern::new(fixed(&text)),
                        place: place.clone(),
                        text,
                    }),
            );
        }
    }
    found
}

/// Returns the strings in a file's tests.
pub(crate) fn strings_of_tests(path: &Path) -> Vec<String> {
    let mut strings = Vec::new();
    let whole = path.components().any(|part| part.as_os_str() == "tests") || path.ends_with("tests.rs");
    collect(
        tokens(path),
        if whole { Part::All } else { Part::Tests },
        &mut strings,
    );
    strings
}

fn tokens(path: &Path) -> TokenStream {
    let text = fs::read_to_string(path).unwrap();
    text.parse()
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    /// Everything except tests, attributes, generated code and panics.
    Sources,
    /// Code under `#[cfg(test)]`.
    Tests,
    All,
}

fn collect(tokens: TokenStream, part: Part, strings: &mut Vec<String>) {
    let tokens: Vec<_> = tokens.into_iter().collect();
    let mut index = 0;
    let mut test = false;
    while let Some(token) = tokens.get(index) {
        index += 1;
        match token {
            TokenTree::Punct(hash) if hash.as_char() == '#' => {
                if matches!(tokens.get(index), Some(TokenTree::Punct(bang)) if bang.as_char() == '!') {
                    index += 1;
                }
                if let Some(TokenTree::Group(attribute)) = tokens.get(index)
                    && attribute.delimiter() == Delimiter::Bracket
                {
                    index += 1;
                    let attribute = attribute.to_string().replace(' ', "");
                    test |= ["[cfg(test", "[cfg(all(test"]
                        .iter()
                        .any(|cfg| attribute.starts_with(cfg));
                }
            }
            TokenTree::Ident(ident) if part == Part::Sources => {
                let ident = ident.to_string();
                let call = |at: usize| matches!(tokens.get(at), Some(TokenTree::Group(_)));
                let is_macro = matches!(tokens.get(index), Some(TokenTree::Punct(bang)) if bang.as_char() == '!')
                    && call(index + 1);
                let skipped = if is_macro && SKIPPED_MACROS.contains(&ident.as_str()) {
                    2
                } else if ident == "expect" && call(index) {
                    1
                } else {
                    0
                };
                index += skipped;
            }
            TokenTree::Group(group) => {
                let inner = match part {
                    Part::Sources if test => None,
                    Part::Tests if test => Some(Part::All),
                    _ => Some(part),
                };
                if let Some(inner) = inner {
                    collect(group.stream(), inner, strings);
                }
                // An item ends with its body.
                test &= group.delimiter() != Delimiter::Brace;
            }
            TokenTree::Punct(semicolon) if semicolon.as_char() == ';' => test = false,
            TokenTree::Literal(literal) if part != Part::Tests && !(test && part == Part::Sources) => {
                let string = syn::parse2::<syn::LitStr>(TokenTree::from(literal.clone()).into());
                strings.extend(string.map(|string| string.value()));
            }
            _ => {}
        }
    }
}

/// Macros whose strings are generated code or internal.
const SKIPPED_MACROS: &[&str] = &[
    "assert",
    "panic",
    "parse_quote",
    "quote",
    "quote_spanned",
    "unreachable",
];

/// Returns true for two consecutive words.
fn is_sentence(text: &str) -> bool {
    if text.starts_with("//") {
        return false;
    }
    let words: Vec<_> = text
        .split(' ')
        .map(|word| {
            let plain = word.trim_end_matches([',', ';', ':', '.']);
            !plain.is_empty()
                && plain
                    .chars()
                    .all(|char| char.is_ascii_lowercase() || char == '\'')
        })
        .collect();
    words.windows(2).any(|pair| pair == [true, true])
}

/// Returns the fixed parts of a format string.
fn fixed(text: &str) -> Vec<String> {
    let text = text.replace("{{", "\u{2}").replace("}}", "\u{3}");
    let mut parts = Vec::new();
    let mut rest = text.as_str();
    while let Some((fixed, gap)) = rest.split_once('{') {
        parts.push(fixed.to_owned());
        rest = gap.split_once('}').map_or("", |(_, rest)| rest);
    }
    parts.push(rest.to_owned());
    parts
        .into_iter()
        .map(|part| part.replace('\u{2}', "{").replace('\u{3}', "}"))
        .collect()
}

//! Finds the paths that a file names, and the re-exports of the crate's root.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::{Item, UseTree, Visibility};

/// The crate's own name.
const OWN_NAME: &str = "rsrpc_runtime";

/// A path that a file names.
pub(super) struct Import {
    /// Line of the segment that identifies the module.
    pub(super) line: usize,
    /// Absolute path: from the crate's root, or from another crate's (possible) name if `foreign`.
    pub(super) path: Vec<String>,
    pub(super) foreign: bool,
}

/// Returns every path of a file that begins with `crate`, `super` or the crate's own name, and every other `name::…`.
///
/// # Panics The text is not valid Rust.
pub(super) fn imports(text: &str, module: &[String]) -> Vec<Import> {
    syn::parse_file(text).expect("Rust source");
    let tokens: TokenStream = text.parse().expect("Rust tokens");
    let mut found = Vec::new();
    scan(tokens, module, &mut found);
    found
}

/// Walks tokens within `module`, a file or an inline `mod`.
fn scan(tokens: TokenStream, module: &[String], found: &mut Vec<Import>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        match &tokens[at] {
            TokenTree::Ident(word) if word == "mod" => {
                if let [TokenTree::Ident(name), TokenTree::Group(body), ..] = &tokens[at + 1..] {
                    let inner: Vec<String> = module.iter().cloned().chain([name.to_string()]).collect();
                    scan(body.stream(), &inner, found);
                    at += 3;
                    continue;
                }
                at += 1;
            }
            // `crate` alone is a visibility, `pub(crate)`. An identifier without a following `::` is not a path. In
            // `use ::name` and `dyn ::name` the path begins after the keyword.
            TokenTree::Ident(word)
                if word == "super" || (begins_path(word) && is_path_separator(&tokens[at + 1..])) =>
            {
                at = path(&tokens, at, Start::of(&word.to_string(), module), found);
            }
            TokenTree::Group(group) => {
                scan(group.stream(), module, found);
                at += 1;
            }
            _ => at += 1,
        }
    }
}

/// Target of the segments read so far.
#[derive(Clone)]
struct Start {
    path: Vec<String>,
    foreign: bool,
}

impl Start {
    fn of(word: &str, module: &[String]) -> Self {
        match word {
            "crate" | OWN_NAME => Self {
                path: Vec::new(),
                foreign: false,
            },
            "self" => Self {
                path: module.to_vec(),
                foreign: false,
            },
            "super" => Self {
                path: parent(module),
                foreign: false,
            },
            other => Self {
                path: vec![other.to_owned()],
                foreign: true,
            },
        }
    }
}

fn begins_path(word: &Ident) -> bool {
    let word = word.to_string();
    matches!(word.as_str(), "crate" | "self" | "super" | "Self") || syn::parse_str::<Ident>(&word).is_ok()
}

fn parent(module: &[String]) -> Vec<String> {
    module
        .split_last()
        .map_or(Vec::new(), |(_, parent)| parent.to_vec())
}

/// Reads the path that starts at `at` and returns its end. A group starts one path per member.
fn path(tokens: &[TokenTree], mut at: usize, start: Start, found: &mut Vec<Import>) -> usize {
    let Start {
        path: mut segments,
        foreign,
    } = start;
    let mut line = tokens[at].span().start().line;
    at += 1;
    while is_path_separator(&tokens[at..]) {
        match tokens.get(at + 2) {
            Some(TokenTree::Ident(word)) => {
                match word.to_string().as_str() {
                    "super" => segments = parent(&segments),
                    name => segments.push(name.to_owned()),
                }
                // A long import is reported at the line of its module.
                line = word.span().start().line;
                at += 3;
            }
            Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Brace => {
                members(
                    group.stream(),
                    &Start {
                        path: segments,
                        foreign,
                    },
                    found,
                );
                return at + 3;
            }
            // `crate::*`, `Vec::<…>::new`, or the end.
            _ => {
                at += 2;
                break;
            }
        }
    }
    found.push(Import {
        line,
        path: segments,
        foreign,
    });
    at
}

/// The members of `prefix::{a, b::c, self, super::d}`.
fn members(group: TokenStream, prefix: &Start, found: &mut Vec<Import>) {
    let tokens: Vec<TokenTree> = group.into_iter().collect();
    let is_comma = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',');
    for member in tokens.split(is_comma) {
        let Some(first) = member.first() else { continue };
        let mut start = prefix.clone();
        match first {
            TokenTree::Ident(word) if word == "super" => start.path = parent(&start.path),
            TokenTree::Ident(word) if word != "self" => start.path.push(word.to_string()),
            _ => {}
        }
        path(member, 0, start, found);
    }
}

fn is_path_separator(tokens: &[TokenTree]) -> bool {
    let colon = |token: &TokenTree| matches!(token, TokenTree::Punct(punct) if punct.as_char() == ':');
    matches!(tokens, [first, second, ..] if colon(first) && colon(second))
}

/// Names at the crate's root: its modules and its re-exports.
pub(super) struct Root {
    names: BTreeMap<String, String>,
}

impl Root {
    pub(super) fn read(files: &BTreeMap<PathBuf, String>) -> Self {
        let mut names = BTreeMap::new();
        let mut globs = BTreeSet::new();
        let lib = syn::parse_file(&files[Path::new("lib.rs")]).expect("Rust source");
        for item in &lib.items {
            match item {
                Item::Mod(module) => {
                    names.insert(module.ident.to_string(), module.ident.to_string());
                }
                Item::Use(import) => {
                    for (path, name) in leaves(&import.tree, &[]) {
                        let Some(top) = path.into_iter().find(|part| part != "crate" && part != "self")
                        else {
                            continue;
                        };
                        if name == "*" {
                            globs.insert(top);
                        } else {
                            names.entry(name).or_insert(top);
                        }
                    }
                }
                _ => {}
            }
        }
        for top in globs {
            let file = [format!("{top}/mod.rs"), format!("{top}.rs")];
            if let Some(text) = file.iter().find_map(|path| files.get(Path::new(path))) {
                for name in public_names(text) {
                    names.entry(name).or_insert_with(|| top.clone());
                }
            }
        }
        for (path, text) in files {
            let Some(top) = super::module_of(path).into_iter().next() else {
                continue;
            };
            for name in exported_macros(text) {
                names.entry(name).or_insert_with(|| top.clone());
            }
        }
        Self { names }
    }

    /// Returns the top-level module of `crate::name`.
    pub(super) fn module_of(&self, name: &str) -> Option<&str> {
        self.names.get(name).map(String::as_str)
    }
}

/// Returns each leaf of a `use`: the path including its own segment, and the name that it brings in.
pub(super) fn leaves(tree: &UseTree, prefix: &[String]) -> Vec<(Vec<String>, String)> {
    let with =
        |name: &dyn ToString| -> Vec<String> { prefix.iter().cloned().chain([name.to_string()]).collect() };
    match tree {
        UseTree::Path(path) => leaves(&path.tree, &with(&path.ident)),
        UseTree::Name(name) if name.ident == "self" => {
            vec![(prefix.to_vec(), prefix.last().cloned().unwrap_or_default())]
        }
        UseTree::Name(name) => vec![(with(&name.ident), name.ident.to_string())],
        UseTree::Rename(rename) => vec![(with(&rename.ident), rename.rename.to_string())],
        UseTree::Glob(_) => vec![(prefix.to_vec(), "*".into())],
        UseTree::Group(group) => group.items.iter().flat_map(|tree| leaves(tree, prefix)).collect(),
    }
}

/// Returns the names that a module's file declares or re-exports by name.
fn public_names(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).expect("Rust source");
    let mut names = Vec::new();
    for item in &file.items {
        let (visibility, name) = match item {
            Item::Const(item) => (&item.vis, &item.ident),
            Item::Enum(item) => (&item.vis, &item.ident),
            Item::Fn(item) => (&item.vis, &item.sig.ident),
            Item::Mod(item) => (&item.vis, &item.ident),
            Item::Static(item) => (&item.vis, &item.ident),
            Item::Struct(item) => (&item.vis, &item.ident),
            Item::Trait(item) => (&item.vis, &item.ident),
            Item::Type(item) => (&item.vis, &item.ident),
            Item::Use(item) => {
                if !matches!(item.vis, Visibility::Inherited) {
                    names.extend(leaves(&item.tree, &[]).into_iter().map(|(_, name)| name));
                }
                continue;
            }
            _ => continue,
        };
        if !matches!(visibility, Visibility::Inherited) {
            names.push(name.to_string());
        }
    }
    names
}

/// Returns the macros that a file exports at the crate's root.
fn exported_macros(text: &str) -> Vec<String> {
    let file = syn::parse_file(text).expect("Rust source");
    let exported = |item: &Item| match item {
        Item::Macro(item) if item.attrs.iter().any(|attr| attr.path().is_ident("macro_export")) => {
            item.ident.as_ref().map(Ident::to_string)
        }
        _ => None,
    };
    file.items.iter().filter_map(exported).collect()
}

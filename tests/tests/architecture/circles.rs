//! Finds import circles between the files of a folder.
//!
//! A file imports another when its code names an item that the other file defines. Re-exports are followed to the
//! defining file. `mod` declarations and re-exports themselves are not imports: a parent module may list its children.
//! Tests are exempt.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::{Path, PathBuf};

use quote::ToTokens as _;
use syn::{Attribute, Item, Meta, Visibility};

use super::imports::{Import, imports, leaves};
use super::module_of;

/// Re-exports are followed through at most this many modules.
const MAX_REEXPORTS: usize = 8;

/// A file as a module.
struct Module {
    path: PathBuf,
    /// Names of its child modules.
    children: BTreeSet<String>,
    /// Names of the items that it defines.
    items: BTreeSet<String>,
    /// Names that its `use` items bring in, with the path of each.
    uses: Vec<(Vec<String>, String)>,
    /// Paths that its code names.
    imports: Vec<Import>,
}

/// Returns the circles among the files whose module path begins with `folder`. Each is a list of files in which each
/// imports the next and the last imports the first.
pub(super) fn circles(files: &BTreeMap<PathBuf, String>, folder: &[&str]) -> Vec<Vec<PathBuf>> {
    let within = |module: &[String]| {
        module
            .iter()
            .map(String::as_str)
            .take(folder.len())
            .eq(folder.iter().copied())
    };
    // The crate's root re-exports items; other modules cannot be part of a circle in the folder.
    let modules = read(files, &|module| module.is_empty() || within(module));
    let mut edges = BTreeMap::<&Path, BTreeSet<&Path>>::new();
    for (name, module) in modules.iter().filter(|(name, _)| within(name)) {
        for import in &module.imports {
            let target = resolve_import(&modules, name, import).filter(|target| within(target));
            let target = target.and_then(|target| modules.get(&target));
            if let Some(target) = target.filter(|target| target.path != module.path) {
                edges.entry(&module.path).or_default().insert(&target.path);
            }
        }
    }
    let mut found = Vec::<Vec<PathBuf>>::new();
    for &start in edges.keys() {
        let is_known = found.iter().flatten().any(|file| file == start);
        if !is_known && let Some(circle) = shortest_circle(&edges, start) {
            found.push(circle.into_iter().map(Path::to_owned).collect());
        }
    }
    found
}

/// The shortest way from a file back to itself.
fn shortest_circle<'a>(
    edges: &BTreeMap<&'a Path, BTreeSet<&'a Path>>,
    start: &'a Path,
) -> Option<Vec<&'a Path>> {
    let mut ways = VecDeque::from([vec![start]]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        for &next in edges.get(way.last()?).into_iter().flatten() {
            if next == start {
                return Some(way);
            }
            if seen.insert(next) {
                ways.push_back(way.iter().copied().chain([next]).collect());
            }
        }
    }
    None
}

fn read(
    files: &BTreeMap<PathBuf, String>,
    is_needed: &dyn Fn(&[String]) -> bool,
) -> BTreeMap<Vec<String>, Module> {
    let mut modules = BTreeMap::new();
    for (path, text) in files {
        let name = module_of(path);
        if !is_needed(&name) || name.last().is_some_and(|last| last == "tests") {
            continue;
        }
        let mut module = Module {
            path: path.clone(),
            children: BTreeSet::new(),
            items: BTreeSet::new(),
            uses: Vec::new(),
            imports: Vec::new(),
        };
        let mut code = String::new();
        for item in syn::parse_file(text).expect("Rust source").items {
            record(&item, &mut module);
            if !is_reexport_or_test(&item) {
                code.push_str(&item.to_token_stream().to_string());
                code.push('\n');
            }
        }
        module.imports = imports(&code, &name);
        // `pub(super)`; an import of the parent itself names an item of it.
        let parent = name.split_last().map_or(&[][..], |(_, parent)| parent);
        module
            .imports
            .retain(|import| import.foreign || import.path != parent);
        modules.insert(name, module);
    }
    modules
}

fn record(item: &Item, module: &mut Module) {
    let ident = match item {
        Item::Mod(item) => {
            module.children.insert(item.ident.to_string());
            return;
        }
        Item::Use(item) => {
            module.uses.extend(leaves(&item.tree, &[]));
            return;
        }
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        Item::Macro(item) => match &item.ident {
            Some(ident) => ident,
            None => return,
        },
        _ => return,
    };
    module.items.insert(ident.to_string());
}

fn is_reexport_or_test(item: &Item) -> bool {
    match item {
        Item::Use(item) => !matches!(item.vis, Visibility::Inherited) || is_test(&item.attrs),
        Item::Mod(item) => item.content.is_none() || is_test(&item.attrs),
        Item::Fn(item) => is_test(&item.attrs),
        Item::Impl(item) => is_test(&item.attrs),
        _ => false,
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let tokens = list.tokens.to_string();
            tokens == "test" || tokens.starts_with("all (test") || tokens.starts_with("all(test")
        }
        _ => false,
    })
}

/// The module that defines what an import names.
fn resolve_import(
    modules: &BTreeMap<Vec<String>, Module>,
    from: &[String],
    import: &Import,
) -> Option<Vec<String>> {
    if import.foreign {
        // `child::item` within the parent, or a name that `use` brought in.
        let first = import.path.first()?;
        let module = modules.get(from)?;
        let is_module = module.children.contains(first)
            || module
                .uses
                .iter()
                .any(|(path, name)| name == first && path.len() > 1);
        return is_module
            .then(|| resolve(modules, from, &import.path, 0))
            .flatten();
    }
    resolve(modules, &[], &import.path, 0)
}

/// Follows `path` from the module `from` to the module that defines its last item.
fn resolve(
    modules: &BTreeMap<Vec<String>, Module>,
    from: &[String],
    path: &[String],
    depth: usize,
) -> Option<Vec<String>> {
    let module = modules.get(from)?;
    let Some((first, rest)) = path.split_first() else {
        return Some(from.to_vec());
    };
    match first.as_str() {
        "crate" => return resolve(modules, &[], rest, depth),
        "self" => return resolve(modules, from, rest, depth),
        "super" => return resolve(modules, &from[..from.len().checked_sub(1)?], rest, depth),
        _ => {}
    }
    let child: Vec<String> = from.iter().cloned().chain([first.clone()]).collect();
    if module.children.contains(first) && modules.contains_key(&child) {
        return resolve(modules, &child, rest, depth);
    }
    if module.items.contains(first) {
        return Some(from.to_vec());
    }
    if depth == MAX_REEXPORTS {
        return None;
    }
    let named = module.uses.iter().filter(|(_, name)| name == first);
    let target = named.map(|(path, _)| path.iter().chain(rest).cloned().collect::<Vec<_>>());
    let globs = module.uses.iter().filter(|(_, name)| name == "*");
    let through = globs.map(|(path, _)| path.iter().chain([first]).chain(rest).cloned().collect());
    // A path of another crate leads nowhere.
    target.chain(through).find_map(|path| {
        let begins_here = matches!(path.first().map(String::as_str), Some("crate" | "self" | "super"))
            || path.first().is_some_and(|first| module.children.contains(first));
        begins_here
            .then(|| resolve(modules, from, &path, depth + 1))
            .flatten()
    })
}

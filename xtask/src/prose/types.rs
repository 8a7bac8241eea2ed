//! Type names that a crate defines more than once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, Lit, Meta};

use super::read;
use crate::Outcome;

/// Definitions by name: the module path of each, and its place.
type TypeDefinitions = BTreeMap<String, BTreeMap<String, String>>;

/// Reports the struct, enum, union, trait and type alias names that the crate with this source folder defines in several
/// modules. Tests and generated code are exempt, and so are alternatives of one module under `cfg`.
pub(super) fn duplicates(src: &Path, package: &str) -> Outcome<Vec<String>> {
    let mut definitions = TypeDefinitions::new();
    for root in ["lib.rs", "main.rs"] {
        if src.join(root).exists() {
            visit_file(src, Path::new(root), "crate", &mut definitions)?;
        }
    }
    if !src.join("lib.rs").exists() && !src.join("main.rs").exists() {
        return Err(format!("{package}: no crate root below {}", src.display()).into());
    }
    Ok(report(&definitions, package))
}

fn report(definitions: &TypeDefinitions, package: &str) -> Vec<String> {
    let repeated = definitions.iter().filter(|(_, modules)| modules.len() > 1);
    repeated
        .map(|(name, modules)| {
            let places: Vec<_> = modules.values().map(String::as_str).collect();
            format!(
                "{package}: the type name `{name}` is defined {} times: {}",
                places.len(),
                places.join(", ")
            )
        })
        .collect()
}

fn visit_file(src: &Path, file: &Path, module: &str, definitions: &mut TypeDefinitions) -> Outcome {
    let text = read(src, file)?;
    if text.starts_with("// @generated")
        || file
            .iter()
            .any(|part| part == "generated" || part == "generated.rs")
    {
        return Ok(());
    }
    let parsed = syn::parse_file(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    visit(src, file, &parsed.items, module, definitions)
}

fn visit(
    src: &Path,
    file: &Path,
    items: &[Item],
    module: &str,
    definitions: &mut TypeDefinitions,
) -> Outcome {
    for item in items {
        let ident = match item {
            Item::Struct(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Mod(item) => {
                if is_test(&item.attrs) {
                    continue;
                }
                let inner = format!("{module}::{}", item.ident);
                if let Some((_, items)) = &item.content {
                    visit(src, file, items, &inner, definitions)?;
                    continue;
                }
                for path in child_files(file, &item.ident.to_string(), &item.attrs) {
                    visit_file(src, &path, &inner, definitions)?;
                }
                continue;
            }
            _ => continue,
        };
        let line = ident.span().start().line;
        let modules = definitions.entry(ident.to_string()).or_default();
        modules
            .entry(module.to_owned())
            .or_insert_with(|| format!("{}:{line}", file.display()));
    }
    Ok(())
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let Meta::List(list) = &attribute.meta else {
            return false;
        };
        let tokens = list.tokens.to_string();
        list.path.is_ident("cfg")
            && (tokens == "test" || tokens.starts_with("all (test") || tokens.starts_with("all(test"))
    })
}

/// The files that hold a module: those of its `path` attributes, else the file named after it.
fn child_files(file: &Path, name: &str, attributes: &[Attribute]) -> BTreeSet<PathBuf> {
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut paths = BTreeSet::new();
    for attribute in attributes {
        match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("path") => {
                if let Expr::Lit(literal) = &pair.value
                    && let Lit::Str(path) = &literal.lit
                {
                    paths.insert(folder.join(path.value()));
                }
            }
            Meta::List(list) if list.path.is_ident("cfg_attr") => {
                let tokens = list.tokens.to_string();
                let path = tokens
                    .split("path = \"")
                    .nth(1)
                    .and_then(|rest| rest.split('"').next());
                paths.extend(path.map(|path| folder.join(path)));
            }
            _ => {}
        }
    }
    if paths.is_empty() {
        let own = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("lib" | "main") | None => folder.to_owned(),
            Some(stem) => folder.join(stem),
        };
        paths.insert(own.join(format!("{name}.rs")));
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let mut definitions = TypeDefinitions::new();
        let parsed = syn::parse_file(text).unwrap();
        visit(
            Path::new(""),
            Path::new("lib.rs"),
            &parsed.items,
            "crate",
            &mut definitions,
        )
        .unwrap();
        report(&definitions, "p")
    }

    #[test]
    fn a_name_in_two_modules_is_reported() {
        assert_eq!(
            found("mod a { struct Turn; }\nmod b { pub enum Turn {} }"),
            ["p: the type name `Turn` is defined 2 times: lib.rs:1, lib.rs:2"]
        );
        assert_eq!(found("type E = u8; mod a { trait E {} }").len(), 1);
    }

    #[test]
    fn tests_associated_types_and_cfg_alternatives_are_exempt() {
        for text in [
            "struct A; #[cfg(test)] mod tests { struct A; }",
            "#[cfg(unix)] struct A; #[cfg(not(unix))] struct A;",
            "mod a { struct S; impl Iterator for S { type Item = u8; } } trait T { type Item; }",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn modules_are_found_beside_their_folder() {
        let files = |file, attributes: Attribute| child_files(Path::new(file), "x", &[attributes]);
        let plain: Attribute = syn::parse_quote!(#[cfg(unix)]);
        assert_eq!(files("lib.rs", plain.clone()), [PathBuf::from("x.rs")].into());
        assert_eq!(
            files("wire/grpc.rs", plain),
            [PathBuf::from("wire/grpc/x.rs")].into()
        );
        let path = syn::parse_quote!(#[path = "grpc/other.rs"]);
        assert_eq!(
            files("wire/grpc.rs", path),
            [PathBuf::from("wire/grpc/other.rs")].into()
        );
        let conditional = syn::parse_quote!(#[cfg_attr(unix, path = "grpc/unix.rs")]);
        assert_eq!(
            files("wire/grpc.rs", conditional),
            [PathBuf::from("wire/grpc/unix.rs")].into()
        );
    }
}

//! Compares ARCHITECTURE.md and docs/internals with the source tree.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the texts in backticks outside code blocks.
fn code_spans(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose
        .flat_map(|part| part.split('`').skip(1).step_by(2))
        .collect()
}

/// Paths are relative to the repository, or to the sources of the runtime or the generator.
#[test]
fn paths_to_sources_exist() {
    let bases = ["", "rsrpc-runtime/src", "rsrpc-codegen/src"];
    let internals = fs::read_dir(root().join("docs/internals")).unwrap();
    let internals = internals.map(|entry| format!("docs/internals/{}", entry.unwrap().file_name().display()));
    let mut checked = 0;
    let mut missing = Vec::new();
    for page in internals.chain(["ARCHITECTURE.md".to_owned()]) {
        let text = read(&page);
        let is_path = |span: &&str| {
            let is_plain = |character: char| character.is_ascii_alphanumeric() || "/._-".contains(character);
            let is_other = ["a/b.proto.rs", "http/1.1"].contains(span) || span.starts_with('/');
            span.contains('/') && span.chars().all(is_plain) && !is_other
        };
        for span in code_spans(&text).into_iter().filter(is_path) {
            let exists = bases.iter().any(|base| {
                let path = root().join(base).join(span);
                path.exists() || path.with_extension("rs").exists()
            });
            if !exists {
                missing.push(format!("{page}: {span}"));
            }
            checked += 1;
        }
    }
    assert!(
        missing.is_empty(),
        "these paths do not exist:\n{}",
        missing.join("\n")
    );
    assert!(checked > 20, "only {checked} paths were found");
}

#[test]
fn module_table_matches_the_import_test() {
    let architecture = read("ARCHITECTURE.md");
    let (_, table) = architecture
        .split_once("| module | job | may use |\n|---|---|---|\n")
        .expect("the table of modules");
    let mut documented = BTreeMap::new();
    for row in table.lines().take_while(|line| line.starts_with('|')) {
        let cells: Vec<_> = row.split('|').collect();
        let allowed = match cells[3].trim() {
            "all" => None,
            names => Some(sorted(code_spans(names))),
        };
        for module in code_spans(cells[1]) {
            documented.insert(module.to_owned(), allowed.clone());
        }
    }
    assert_eq!(documented, import_table(&read("tests/tests/architecture.rs")));
}

fn sorted(names: Vec<&str>) -> Vec<String> {
    let mut names: Vec<_> = names.into_iter().map(str::to_owned).collect();
    names.sort();
    names
}

/// Reads the constant `TABLE`: the modules that each module may use, `None` for all.
fn import_table(source: &str) -> BTreeMap<String, Option<Vec<String>>> {
    let tokens: TokenStream = source.parse().unwrap();
    let mut tokens = tokens.into_iter();
    assert!(tokens.any(|token| matches!(&token, TokenTree::Ident(name) if name == "TABLE")));
    assert!(tokens.any(|token| matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '=')));
    let list = tokens.find_map(|token| match token {
        TokenTree::Group(list) if list.delimiter() == Delimiter::Bracket => Some(list.stream()),
        _ => None,
    });
    let rows = list.expect("a list").into_iter().filter_map(|token| match token {
        TokenTree::Group(row) => Some(row.stream()),
        _ => None,
    });
    let read_row = |row: TokenStream| {
        let module = literals(row.clone()).remove(0);
        let is_all = row
            .clone()
            .into_iter()
            .any(|token| matches!(token, TokenTree::Ident(name) if name == "All"));
        let groups = row.into_iter().filter_map(|token| match token {
            TokenTree::Group(group) => Some(group.stream()),
            _ => None,
        });
        let mut names: Vec<_> = groups.flat_map(nested_literals).collect();
        names.sort();
        (module, (!is_all).then_some(names))
    };
    rows.map(read_row).collect()
}

#[test]
fn import_table_is_read_from_its_constant() {
    let source = r#"const OTHER: u8 = 1; const TABLE: &[(&str, A)] = &[("a", Only(&["c", "b"])), ("d", All), ("e", Only(&[]))];"#;
    let names = |names: &[&str]| Some(sorted(names.to_vec()));
    let expected = [("a", names(&["b", "c"])), ("d", None), ("e", names(&[]))];
    let expected = expected.map(|(module, allowed)| (module.to_owned(), allowed));
    assert_eq!(import_table(source), BTreeMap::from(expected));
}

/// Returns the string literals at the top level of the tokens.
fn literals(tokens: TokenStream) -> Vec<String> {
    let literals = tokens.into_iter().filter_map(|token| match token {
        TokenTree::Literal(literal) => Some(literal.to_string().trim_matches('"').to_owned()),
        _ => None,
    });
    literals.collect()
}

fn nested_literals(tokens: TokenStream) -> Vec<String> {
    let nested = tokens.clone().into_iter().filter_map(|token| match token {
        TokenTree::Group(group) => Some(nested_literals(group.stream())),
        _ => None,
    });
    nested.flatten().chain(literals(tokens)).collect()
}

/// ARCHITECTURE.md is a map, and the README an introduction. Longer texts belong in pages of their own.
#[test]
fn overview_pages_are_short() {
    let architecture = read("ARCHITECTURE.md").len();
    assert!(
        architecture <= 14 * 1024,
        "ARCHITECTURE.md has {architecture} bytes, at most 14336 are allowed"
    );
    let readme = read("README.md").lines().count();
    assert!(
        readme <= 230,
        "README.md has {readme} lines, at most 230 are allowed"
    );
}

//! Compares docs/status.md, the README and the crate documentation with the features and the public API of
//! `rsrpc-runtime`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the features of `rsrpc-runtime` without internal ones, each with whether it is on by default.
fn features() -> BTreeMap<String, bool> {
    let manifest: toml::Table = read("rsrpc-runtime/Cargo.toml").parse().unwrap();
    let features = manifest["features"].as_table().unwrap();
    let defaults = features["default"].as_array().unwrap();
    let is_default = |name: &str| defaults.iter().any(|default| default.as_str() == Some(name));
    let public = features
        .keys()
        .filter(|name| *name != "default" && !name.starts_with("__"));
    public.map(|name| (name.clone(), is_default(name))).collect()
}

/// Returns the rows of the tables in a text whose header begins with this cell, with the header's cells before them.
/// A table starts at its header and ends at the first line that is not a row.
fn tables(text: &str, first_header: &str) -> Vec<Vec<Vec<String>>> {
    let cells = |line: &str| -> Option<Vec<String>> {
        let row = line.trim().strip_prefix('|')?.strip_suffix('|')?;
        Some(row.split('|').map(|cell| cell.trim().to_owned()).collect())
    };
    let mut tables: Vec<Vec<Vec<String>>> = Vec::new();
    let mut is_open = false;
    for line in text.lines() {
        match cells(line) {
            Some(row) if is_open => tables.last_mut().unwrap().push(row),
            Some(row) if row[0] == first_header => {
                is_open = true;
                tables.push(vec![row]);
            }
            Some(_) => {}
            None => is_open = false,
        }
    }
    for table in &mut tables {
        table.retain(|row| !row[0].trim_matches('-').is_empty());
    }
    tables
}

/// Returns the texts in backticks.
fn code_spans(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// Returns the features of a table with a column `default`.
fn documented_features(text: &str) -> BTreeMap<String, bool> {
    let [table] = tables(text, "feature").try_into().expect("one table of features");
    let rows = table.iter().skip(1).map(|row| {
        let is_default = match row[1].as_str() {
            "yes" => true,
            "no" => false,
            other => panic!("default is {other:?}, expected yes or no"),
        };
        (code_spans(&row[0])[0].to_owned(), is_default)
    });
    rows.collect()
}

#[test]
fn feature_tables_match_the_manifest() {
    assert_eq!(documented_features(&read("README.md")), features(), "README.md");
    assert_eq!(
        documented_features(&read("docs/status.md")),
        features(),
        "docs/status.md"
    );
}

/// The crate documentation has one table of default features and one of optional features, in this order.
#[test]
fn crate_documentation_lists_every_feature() {
    let source = read("rsrpc-runtime/src/lib.rs");
    let docs: Vec<_> = source
        .lines()
        .filter_map(|line| line.strip_prefix("//!"))
        .collect();
    let tables = tables(&docs.join("\n"), "feature");
    assert_eq!(tables.len(), 2, "tables of features in rsrpc-runtime/src/lib.rs");
    let rows = tables.iter().zip([true, false]).flat_map(|(table, is_default)| {
        let rows = table.iter().skip(1);
        rows.map(move |row| (code_spans(&row[0])[0].to_owned(), is_default))
    });
    assert_eq!(rows.collect::<BTreeMap<_, _>>(), features());
}

#[test]
fn capabilities_name_every_optional_feature() {
    let status = read("docs/status.md");
    let [table] = tables(&status, "capability")
        .try_into()
        .expect("one table of capabilities");
    let named: BTreeSet<_> = table.iter().skip(1).flat_map(|row| code_spans(&row[2])).collect();
    let features = features();
    for name in &named {
        assert!(
            features.contains_key(*name),
            "{name} is not a feature of rsrpc-runtime"
        );
    }
    for (name, is_default) in &features {
        let is_named = named.contains(name.as_str()) || name == "macro-proto";
        assert!(*is_default || is_named, "no capability names the feature {name}");
    }
}

/// Each entry of the list has names that must not exist yet. Once one appears, the list needs an update.
#[test]
fn not_yet_supported_entries_do_not_exist() {
    let status = read("docs/status.md");
    let [table] = tables(&status, "missing")
        .try_into()
        .expect("one table of missing features");
    assert!(table.len() > 5, "the list is too short: {}", table.len());
    let public = public_names();
    assert!(public.contains("maxconcurrentstreams") && public.contains("grpcweb"));
    for row in table.iter().skip(1) {
        let names = code_spans(&row[1]);
        assert!(!names.is_empty(), "{:?} has no names to look for", row[0]);
        for name in names {
            let found = public.iter().find(|public| public.contains(&normalized(name)));
            assert_eq!(
                found, None,
                "{name} exists: move {:?} from the list of missing features to the capabilities",
                row[0]
            );
        }
    }
}

/// Removes the differences between names of types, functions and features.
fn normalized(name: &str) -> String {
    name.replace(['_', '-'], "").to_lowercase()
}

/// Returns the normalized names of features and of items that the runtime declares `pub`, without generated code.
fn public_names() -> BTreeSet<String> {
    let mut names: BTreeSet<_> = features().keys().map(|name| normalized(name)).collect();
    let mut folders = vec![root().join("rsrpc-runtime/src")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.extend((path.file_name().unwrap() != "generated").then_some(path));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source: TokenStream = fs::read_to_string(&path).unwrap().parse().unwrap();
                collect_public(source, &mut names);
            }
        }
    }
    names
}

/// Adds the names that follow `pub fn`, `pub struct` and other public declarations.
fn collect_public(tokens: TokenStream, names: &mut BTreeSet<String>) {
    const QUALIFIERS: [&str; 3] = ["async", "unsafe", "extern"];
    const KINDS: [&str; 8] = ["fn", "struct", "enum", "trait", "mod", "type", "static", "const"];
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Group(group) => collect_public(group.stream(), names),
            TokenTree::Ident(keyword) if keyword == "pub" => {
                let mut is_item = false;
                // `pub(crate)` is followed by a group and ends the loop.
                while let Some(TokenTree::Ident(ident)) = tokens.peek() {
                    let ident = ident.to_string();
                    if KINDS.contains(&ident.as_str()) {
                        is_item = true;
                    } else if !QUALIFIERS.contains(&ident.as_str()) {
                        if is_item {
                            names.insert(normalized(&ident));
                        }
                        break;
                    }
                    tokens.next();
                }
            }
            _ => {}
        }
    }
}

#[test]
fn pages_link_the_status_page() {
    for page in [
        "from-tonic.md",
        "from-go.md",
        "from-jsonrpsee.md",
        "comparison.md",
        "README.md",
    ] {
        assert!(
            read(&format!("docs/{page}")).contains("](status.md"),
            "docs/{page}"
        );
    }
    assert!(read("README.md").contains("](docs/status.md)"));
}

#[test]
fn tables_end_at_the_first_line_that_is_not_a_row() {
    let text = "| feature | default |\n|---|---|\n| `a` | yes |\n\n| other | x |\n|---|---|\n| `b` | no |\n";
    assert_eq!(
        documented_features(text),
        BTreeMap::from([("a".to_owned(), true)])
    );
    let changed = text.replace("yes", "no");
    assert_ne!(documented_features(&changed), documented_features(text));
}

#[test]
fn public_declarations_are_found() {
    let mut names = BTreeSet::new();
    let source = "pub struct WebSocket; pub(crate) fn hidden() {} impl X { pub const fn load_balancer() {} } struct Y { pub picker: u8 }";
    collect_public(source.parse().unwrap(), &mut names);
    assert_eq!(
        names,
        BTreeSet::from(["websocket".to_owned(), "loadbalancer".to_owned()])
    );
}

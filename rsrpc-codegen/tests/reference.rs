//! Every diagnostic has a test and an entry in `docs/diagnostics`, and every entry is expected by a test.
//!
//! Compares three sets of texts: strings in the sources of generator and macros, texts expected by tests (`.stderr`
//! files and strings), and entries of the reference.

#[path = "reference/documented.rs"]
mod documented;
#[path = "reference/expected.rs"]
mod expected;
#[path = "reference/pattern.rs"]
mod pattern;
#[path = "reference/sources.rs"]
mod sources;

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Lists all files below a folder with this suffix, sorted.
fn files(folder: &Path, suffix: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, suffix));
        } else if path.to_str().is_some_and(|path| path.ends_with(suffix)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

#[track_caller]
fn none(what: &str, found: Vec<String>) {
    assert!(found.is_empty(), "{} {what}:\n{}", found.len(), found.join("\n"));
}

#[test]
fn diagnostics_are_tested_and_documented() {
    let expected = expected::all();
    let documented = documented::all();
    let mut untested = Vec::new();
    let mut undocumented = Vec::new();
    for said in sources::all() {
        if sources::INTERNAL.contains(&said.text.as_str()) {
            if !documented.iter().any(|entry| entry.is_like(&said.pattern)) {
                undocumented.push(said.to_string());
            }
            continue;
        }
        let tests: Vec<_> = expected
            .iter()
            .filter(|expected| said.pattern.is_in(&expected.text.text))
            .collect();
        if tests.is_empty() {
            untested.push(said.to_string());
        } else if !tests
            .iter()
            .any(|expected| documented.iter().any(|entry| entry.covers(&expected.text)))
        {
            undocumented.push(said.to_string());
        }
    }
    none("texts of the sources that no test expects", untested);
    none("texts of the sources that the reference lacks", undocumented);
}

#[test]
fn macro_errors_are_documented() {
    let documented = documented::all();
    let lacking = expected::stderr()
        .into_iter()
        .filter(|expected| !documented.iter().any(|entry| entry.covers(&expected.text)));
    none(
        "errors of .stderr files that the reference lacks",
        lacking.map(|expected| expected.to_string()).collect(),
    );
}

#[test]
fn documented_diagnostics_are_tested() {
    let expected = expected::all();
    let sources = sources::all();
    let internal = |entry: &documented::Documented| {
        let mut internal = sources
            .iter()
            .filter(|said| sources::INTERNAL.contains(&said.text.as_str()));
        internal.any(|said| entry.is_like(&said.pattern))
    };
    let unknown = documented::all()
        .into_iter()
        .filter(|entry| !expected.iter().any(|expected| entry.is_in(&expected.text)) && !internal(entry));
    none(
        "texts of the reference that no test expects",
        unknown.map(|entry| entry.to_string()).collect(),
    );
}

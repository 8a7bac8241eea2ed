//! Rules for every crate of the workspace: names, lints, no `unsafe`, and a reason for each dependency.

use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{TokenStream, TokenTree};
use toml::Table;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the workspace")
        .to_owned()
}

/// Lists the files of the repository with this name or extension, without build output and hidden folders.
fn files(folder: &Path, matches: &dyn Fn(&Path) -> bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            found.extend(files(&path, matches));
        } else if path.is_file() && matches(&path) {
            found.push(path);
        }
    }
    found
}

fn manifests() -> Vec<(PathBuf, Table)> {
    let paths = files(&root(), &|path| {
        path.file_name().is_some_and(|name| name == "Cargo.toml")
    });
    let read = |path: PathBuf| {
        let manifest = fs::read_to_string(&path)
            .expect("a readable manifest")
            .parse()
            .expect("a TOML manifest");
        (path, manifest)
    };
    paths.into_iter().map(read).collect()
}

fn package_name(manifest: &Table) -> Option<&str> {
    manifest.get("package")?.get("name")?.as_str()
}

#[test]
fn every_crate_inherits_the_workspace_lints() {
    let mut packages = 0;
    for (path, manifest) in manifests() {
        if package_name(&manifest).is_some() {
            packages += 1;
            assert!(
                inherits_lints(&manifest),
                "{}: needs `[lints] workspace = true`",
                path.display()
            );
        }
    }
    assert!(packages >= 8, "only {packages} crates were found");
}

fn inherits_lints(manifest: &Table) -> bool {
    manifest
        .get("lints")
        .and_then(|lints| lints.get("workspace"))
        .and_then(toml::Value::as_bool)
        == Some(true)
}

#[test]
fn the_workspace_forbids_unsafe_and_undocumented_items() {
    let manifest: Table = fs::read_to_string(root().join("Cargo.toml"))
        .unwrap()
        .parse()
        .unwrap();
    let lints = &manifest["workspace"]["lints"]["rust"];
    assert_eq!(lints["unsafe_code"].as_str(), Some("forbid"));
    assert_eq!(lints["missing_docs"].as_str(), Some("deny"));
}

#[test]
fn no_file_contains_unsafe() {
    // UI tests contain code that macros refuse.
    let refused = root().join("rsrpc-macros/tests/ui");
    let sources = files(&root(), &|path| {
        path.extension().is_some_and(|extension| extension == "rs") && !path.starts_with(&refused)
    });
    assert!(!sources.is_empty());
    for path in sources {
        let text = fs::read_to_string(&path).expect("a readable file");
        let line = unsafe_line(
            text.parse()
                .unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        );
        assert_eq!(
            line,
            None,
            "{}:{}: unsafe",
            path.display(),
            line.unwrap_or_default()
        );
    }
}

/// Line of the first `unsafe`, including macro definitions and code templates that lints do not see.
fn unsafe_line(tokens: TokenStream) -> Option<usize> {
    tokens.into_iter().find_map(|token| match token {
        TokenTree::Ident(word) if word == "unsafe" => Some(word.span().start().line),
        TokenTree::Group(group) => unsafe_line(group.stream()),
        _ => None,
    })
}

#[test]
fn every_example_is_a_package_named_as_its_folder() {
    for (path, manifest) in manifests() {
        let folder = path.parent().expect("a folder");
        if folder
            .parent()
            .is_some_and(|parent| parent == root().join("examples"))
        {
            assert_eq!(
                package_name(&manifest),
                folder.file_name().unwrap().to_str(),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn every_dependency_of_a_published_crate_has_its_reason_in_the_architecture() {
    let architecture = fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let published = manifests().into_iter().filter(|(_, manifest)| {
        let publish = manifest.get("package").and_then(|package| package.get("publish"));
        publish.and_then(|publish| publish.as_bool()) != Some(false)
    });
    let mut packages = 0;
    for (_, manifest) in published.filter(|(_, manifest)| package_name(manifest).is_some()) {
        packages += 1;
        let missing = without_reason(&manifest, &architecture);
        assert!(
            missing.is_empty(),
            "ARCHITECTURE.md, `## Dependencies`, does not name {missing:?} of {:?}",
            package_name(&manifest)
        );
    }
    assert!(packages >= 5, "only {packages} published crates were found");
}

/// Dependencies (including target-specific ones) that the section on dependencies does not name in backticks.
fn without_reason(manifest: &Table, architecture: &str) -> Vec<String> {
    let section = architecture
        .split_once("\n## Dependencies\n")
        .map_or("", |(_, rest)| rest);
    let section = section.split("\n## ").next().unwrap_or_default();
    let targets = manifest.get("target").and_then(|targets| targets.as_table());
    let tables = targets
        .into_iter()
        .flat_map(|targets| targets.values().filter_map(|target| target.as_table()));
    tables
        .chain([manifest])
        .filter_map(|table| table.get("dependencies")?.as_table())
        .flat_map(|dependencies| dependencies.keys())
        .filter(|name| !section.contains(&format!("`{name}`")))
        .cloned()
        .collect()
}

#[test]
fn workspace_checks_reject_violations() {
    assert_eq!(
        unsafe_line("\nmacro_rules! m { () => { unsafe { f() } } }".parse().unwrap()),
        Some(2)
    );
    assert_eq!(
        unsafe_line("// unsafe\nconst S: &str = \"unsafe\";".parse().unwrap()),
        None
    );
    assert!(!inherits_lints(
        &"[lints.rust]\nmissing_docs = \"allow\"".parse().unwrap()
    ));

    let manifest = "dependencies.a = '1'\ndependencies.b = '1'\ntarget.'cfg(unix)'.dependencies.c = '1'";
    let architecture = "`b`\n## Dependencies\n| `a` | why |\n## More\n`c`";
    assert_eq!(
        without_reason(&manifest.parse().unwrap(), architecture),
        ["c", "b"]
    );
}

//! Checks that the README's quick start is this package.

use std::fs;

use toml::Table;

const README: &str = include_str!("../../../README.md");

/// The end of `src/lib.rs` that the README omits. It compiles the README's examples as doc tests.
const TAIL: &str = "\n#[cfg(doctest)]\n#[doc = include_str!(\"../../../README.md\")]\nmod readme {}\n";

fn read(path: &str) -> String {
    let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Returns the code block that the README introduces with the file's path.
fn block(path: &str, language: &str) -> &'static str {
    let start = format!("\n`{path}`:\n\n```{language}\n");
    let (_, rest) = README
        .split_once(&start)
        .unwrap_or_else(|| panic!("README.md has no block for {path}"));
    rest.split_once("```\n").expect("the block ends").0
}

#[test]
fn quick_start_sources_match_the_readme() {
    for (path, language) in [
        ("build.rs", "rs"),
        ("proto/helloworld.proto", "proto"),
        ("src/lib.rs", "rs"),
        ("src/main.rs", "rs"),
    ] {
        let file = read(path);
        let file = file.strip_suffix(TAIL).unwrap_or(&file);
        assert_eq!(file, block(path, language), "{path} differs from README.md");
    }
}

/// The manifest inherits from the workspace and so differs in its text. Its dependencies must be the same.
#[test]
fn quick_start_manifest_matches_the_readme() {
    let readme: Table = block("Cargo.toml", "toml")
        .parse()
        .expect("the README's manifest");
    let own: Table = read("Cargo.toml").parse().expect("the package's manifest");
    let workspace: Table = read("../../Cargo.toml")
        .parse()
        .expect("the workspace's manifest");
    let workspace = workspace["workspace"].as_table().expect("a workspace");

    assert_eq!(readme["package"]["name"], own["package"]["name"]);
    assert_eq!(readme["package"]["edition"], workspace["package"]["edition"]);
    let rust = workspace["package"]["rust-version"].as_str().expect("a version");
    assert!(
        README.contains(&format!("needs Rust {rust} ")),
        "README.md does not name Rust {rust}"
    );

    for section in ["dependencies", "build-dependencies"] {
        let documented = readme[section].as_table().expect(section);
        let used = own[section].as_table().expect(section);
        assert!(
            documented.keys().eq(used.keys()),
            "{section}: {documented:?} {used:?}"
        );
        for (name, dependency) in documented {
            assert_eq!(dependency.get("features"), used[name].get("features"), "{name}");
            let inherited = &workspace["dependencies"][name];
            match dependency.get("path") {
                Some(path) => assert_eq!(path.as_str(), Some(&*format!("../rsrpc/{name}")), "{name}"),
                None => {
                    let version = inherited.get("version").unwrap_or(inherited);
                    assert_eq!(dependency.get("version"), Some(version), "{name}");
                }
            }
        }
    }
}

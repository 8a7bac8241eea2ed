//! The files of this crate are those that the README tells its reader to write.

use std::fs;

const README: &str = include_str!("../../../README.md");

/// What `src/lib.rs` has behind the README's text: the README itself, whose snippets are compiled as doc tests.
const TAIL: &str = "\n#[cfg(doctest)]\n#[doc = include_str!(\"../../../README.md\")]\nmod readme {}\n";

#[test]
fn the_quick_start_is_this_crate() {
    for (path, language) in [
        ("proto/helloworld.proto", "proto"),
        ("build.rs", "rs"),
        ("src/lib.rs", "rs"),
        ("src/main.rs", "rs"),
    ] {
        let file = fs::read_to_string(format!("{}/{path}", env!("CARGO_MANIFEST_DIR"))).expect(path);
        let file = file.strip_suffix(TAIL).unwrap_or(&file);
        let block = format!("`{path}`:\n\n```{language}\n{file}```\n");
        assert!(README.contains(&block), "README.md does not hold {path} as it is");
    }
}

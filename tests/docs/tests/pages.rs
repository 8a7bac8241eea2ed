//! Checks that docs/README.md links each page, that each page's examples are compiled, and that links have targets.

use std::fs;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Returns the pages in a folder as paths relative to `docs/`.
fn pages(folder: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(pages(&path, &format!("{prefix}{name}/")));
        } else {
            assert!(
                name.ends_with(".md"),
                "docs/{prefix}{name} is not a Markdown page"
            );
            found.push(format!("{prefix}{name}"));
        }
    }
    found.sort();
    found
}

/// Returns the targets of `[text](target)` outside code blocks.
fn links(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for (index, block) in text.split("```").enumerate() {
        if index % 2 == 0 {
            let targets = block.split("](").skip(1);
            found.extend(targets.filter_map(|rest| rest.split(')').next()));
        }
    }
    found
}

/// Returns the anchor that GitHub generates for a heading.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|each| each.is_alphanumeric() || " -_".contains(*each));
    kept.map(|each| if each == ' ' { '-' } else { each }).collect()
}

#[test]
fn every_page_is_linked_from_the_index_and_compiled() {
    let contents = fs::read_to_string(docs().join("README.md")).unwrap();
    let compiled = include_str!("../src/lib.rs");
    for page in pages(&docs(), "") {
        let linked = page == "README.md" || links(&contents).contains(&page.as_str());
        assert!(linked, "docs/README.md does not link {page}");
        assert!(
            compiled.contains(&format!("\"{page}\"")),
            "tests/docs does not compile {page}"
        );
    }
}

#[test]
fn every_link_has_a_target() {
    let mut checked = 0;
    let top = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"].map(|page| format!("../{page}"));
    for page in pages(&docs(), "").into_iter().chain(top) {
        let path = docs().join(&page);
        let text = fs::read_to_string(&path).unwrap();
        for link in links(&text) {
            if link.starts_with("https://") {
                continue;
            }
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            if fragment.is_empty() {
                assert!(target.exists(), "{page}: the target of {link} does not exist");
                checked += 1;
                continue;
            }
            let target = fs::read_to_string(&target)
                .unwrap_or_else(|_| panic!("{page}: the file of {link} does not exist"));
            let mut headings = target.lines().filter(|line| line.starts_with('#'));
            assert!(
                headings.any(|heading| anchor(heading) == fragment),
                "{page}: the heading of {link} does not exist"
            );
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

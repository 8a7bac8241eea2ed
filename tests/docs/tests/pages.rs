//! Every page is found from the contents, compiled, and leads only to what is there.

use std::fs;
use std::path::{Path, PathBuf};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The pages below a folder, by their paths in `docs/`.
fn pages(folder: &Path, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            found.extend(pages(&path, &format!("{prefix}{name}/")));
        } else {
            assert!(name.ends_with(".md"), "docs/{prefix}{name} is no page");
            found.push(format!("{prefix}{name}"));
        }
    }
    found.sort();
    found
}

/// The targets of `[text](target)`, code aside.
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

/// The anchor of a heading, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let heading = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = heading
        .chars()
        .filter(|each| each.is_alphanumeric() || " -_".contains(*each));
    kept.map(|each| if each == ' ' { '-' } else { each }).collect()
}

#[test]
fn every_page_is_in_the_contents_and_compiled() {
    let contents = fs::read_to_string(docs().join("README.md")).unwrap();
    let compiled = include_str!("../src/lib.rs");
    for page in pages(&docs(), "") {
        let linked = page == "README.md" || links(&contents).contains(&page.as_str());
        assert!(linked, "docs/README.md does not lead to {page}");
        assert!(
            compiled.contains(&format!("\"{page}\"")),
            "tests/docs does not compile {page}"
        );
    }
}

#[test]
fn links_lead_somewhere() {
    let mut checked = 0;
    for page in pages(&docs(), "") {
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
            let target =
                fs::read_to_string(&target).unwrap_or_else(|_| panic!("{page}: {link} leads nowhere"));
            let mut headings = target.lines().filter(|line| line.starts_with('#'));
            assert!(
                fragment.is_empty() || headings.any(|heading| anchor(heading) == fragment),
                "{page}: {link} has no such heading"
            );
            checked += 1;
        }
    }
    assert!(checked > 30, "{checked}");
}

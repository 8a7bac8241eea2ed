//! Package, imports and edition of .proto files. Parsed from the text, since every proper parser is under test here.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;

/// Lists the .proto files below a folder.
pub(super) fn files(folder: &Path) -> Outcome<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
        let path = entry?.path();
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if path.extension() == Some(OsStr::new("proto")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Head of a .proto file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Head {
    pub(super) package: String,
    pub(super) imports: Vec<String>,
    pub(super) is_edition: bool,
}

impl Head {
    pub(super) fn parse(text: &str) -> Self {
        let mut head = Self::default();
        // Top-level statements contain no braces; package and imports are never inside braces.
        for statement in without_comments(text).split([';', '{', '}']) {
            let mut words = statement.split_whitespace();
            match (words.next(), words.next_back()) {
                (Some("package"), Some(name)) if words.next().is_none() => name.clone_into(&mut head.package),
                (Some("import"), Some(path)) => head.imports.push(path.trim_matches(['"', '\'']).to_owned()),
                (Some(edition), _) if edition == "edition" || edition.starts_with("edition=") => {
                    head.is_edition = true;
                }
                _ => {}
            }
        }
        head
    }
}

fn without_comments(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['/', '"']) {
        let (before, from) = rest.split_at(at);
        kept.push_str(before);
        let end = if from.starts_with("//") {
            from.find('\n')
        } else if from.starts_with("/*") {
            from.find("*/").map(|end| end + 2)
        } else if let Some(inside) = from.strip_prefix('"') {
            // Strings are kept. Packages and imports contain no escaped quotes.
            let end = inside.find('"').map_or(from.len(), |end| end + 2);
            kept.push_str(&from[..end]);
            Some(end)
        } else {
            kept.push('/');
            Some(1)
        };
        rest = end.map_or("", |end| &from[end..]);
    }
    kept + rest
}

/// A tree of .proto files by import name.
pub(super) struct Tree {
    pub(super) root: PathBuf,
    pub(super) heads: BTreeMap<String, Head>,
}

impl Tree {
    pub(super) fn read(root: PathBuf) -> Outcome<Self> {
        let mut heads = BTreeMap::new();
        for path in files(&root)? {
            let text = fs::read(&path)?;
            let name = path
                .strip_prefix(&root)?
                .to_str()
                .ok_or("a path that is no UTF-8")?
                .to_owned();
            heads.insert(name, Head::parse(&String::from_utf8_lossy(&text)));
        }
        Ok(Self { root, heads })
    }

    /// Files of each package.
    pub(super) fn packages(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut packages = BTreeMap::<&str, Vec<&str>>::new();
        for (name, head) in &self.heads {
            packages.entry(&head.package).or_default().push(name);
        }
        packages
    }

    /// Returns these files and their imports within the tree, without google.protobuf, which the runtime has.
    pub(super) fn closure<'a>(&'a self, files: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut found = BTreeSet::new();
        let mut open: Vec<&str> = files.into_iter().collect();
        while let Some(name) = open.pop() {
            if let Some((name, head)) = self.heads.get_key_value(name)
                && head.package != "google.protobuf"
                && found.insert(name.as_str())
            {
                open.extend(head.imports.iter().map(String::as_str));
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proto_heads_are_parsed() {
        let text = "// package no;\nsyntax = \"proto3\"; /* package no; */ package a.b ;\nimport \"a/b.proto\";\n\
                    import public 'c.proto';\nmessage M { string package = 1; }";
        let expected = Head {
            package: "a.b".into(),
            imports: vec!["a/b.proto".into(), "c.proto".into()],
            is_edition: false,
        };
        assert_eq!(Head::parse(text), expected);
        assert!(Head::parse("edition=\"2023\";").is_edition && Head::parse("edition = \"2024\";").is_edition);
    }
}

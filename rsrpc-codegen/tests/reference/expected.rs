//! Texts that tests expect: errors in `.stderr` files, and strings in tests.

use std::fmt;
use std::fs;
use std::path::Path;

use super::documented::Text;
use super::{files, root, sources};

/// A text that a test compares with.
pub(crate) struct Expected {
    pub(crate) text: Text,
    place: String,
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text.text)
    }
}

/// Strings that are not expectations: inputs, outputs, and this test.
const OTHERS: &[&str] = &["ui", "golden", "reference", "reference.rs"];

/// Returns all expected texts.
pub(crate) fn all() -> Vec<Expected> {
    let mut found = stderr();
    let folders = [
        "rsrpc-codegen/src",
        "rsrpc-codegen/tests",
        "rsrpc-macros/src",
        "rsrpc-macros/tests",
        "rsrpc-build/src",
        "rsrpc-build/tests",
        "protoc-gen-rsrpc/tests",
        "rsrpc-runtime/src/schema",
        "tests/tests",
    ];
    for folder in folders {
        for path in files(&root().join(folder), ".rs") {
            if path
                .components()
                .any(|part| OTHERS.iter().any(|other| part.as_os_str() == *other))
            {
                continue;
            }
            let place = shown(&path);
            let strings = sources::strings_of_tests(&path);
            let texts = strings
                .iter()
                .flat_map(|text| text.lines().chain([text.as_str()]));
            found.extend(texts.map(|line| Expected {
                text: Text::new(line),
                place: place.clone(),
            }));
        }
    }
    found
}

/// Returns the errors of `.stderr` files, one line each.
pub(crate) fn stderr() -> Vec<Expected> {
    let mut found = Vec::new();
    for path in files(&root().join("rsrpc-macros/tests/ui"), ".stderr") {
        let text = fs::read_to_string(&path).unwrap();
        let mut error: Option<String> = None;
        for line in text.lines() {
            let begins = line
                .strip_prefix("error")
                .filter(|rest| rest.starts_with([':', '[']))
                .and_then(|rest| rest.split_once(": "));
            if let Some((_, message)) = begins {
                error = Some(message.to_owned());
            } else if line.trim_start().starts_with("-->") {
                found.extend(error.take().map(|text| Expected {
                    text: Text::new(&text),
                    place: shown(&path),
                }));
            } else if let Some(error) = &mut error {
                error.push(' ');
                error.push_str(line);
            }
        }
    }
    found
}

fn shown(path: &Path) -> String {
    let path = path.to_str().unwrap();
    path.split_once("/../").map_or(path, |(_, path)| path).to_owned()
}

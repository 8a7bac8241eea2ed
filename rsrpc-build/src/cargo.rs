//! What a build script says to Cargo.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Says nothing where there is no Cargo, as in a test.
pub(crate) struct Cargo {
    out_dir: Option<PathBuf>,
}

impl Cargo {
    pub(crate) fn from_env() -> Self {
        Self {
            out_dir: env::var_os("OUT_DIR").map(PathBuf::from),
        }
    }

    /// Where a build script writes to.
    pub(crate) fn out_dir(&self) -> Option<&Path> {
        self.out_dir.as_deref()
    }

    /// Shows a warning to the user.
    pub(crate) fn warn(&self, warning: impl Display) {
        self.say("warning", warning);
    }

    /// The script runs again when the file changes.
    pub(crate) fn file(&self, path: &Path) {
        self.say("rerun-if-changed", path.display());
    }

    /// The script runs again when one of the files changes. A missing one would have Cargo run it each time.
    pub(crate) fn existing<'a>(&self, paths: impl Iterator<Item = &'a Path>) {
        paths
            .filter(|path| path.is_file())
            .for_each(|path| self.file(path));
    }

    /// The script runs again when the environment variable changes.
    pub(crate) fn variable(&self, name: &str) {
        self.say("rerun-if-env-changed", name);
    }

    /// The script runs again when one of these changes, which are imported from the include directories; also when one
    /// appears in an earlier of them. (A missing import needs no care: Cargo repeats a script that failed.)
    pub(crate) fn imports(&self, names: impl Iterator<Item = String>, includes: &[&Path]) {
        let mut directories = BTreeSet::new();
        for name in names {
            for include in includes {
                let path = include.join(&name);
                if path.is_file() {
                    self.file(&path);
                    break;
                }
                // Cargo looks at all that is in a directory.
                let parents = path.ancestors().skip(1);
                let inside = parents.take_while(|parent| parent.starts_with(include));
                let existing = inside.map(Path::to_owned).find(|parent| parent.is_dir());
                directories.extend(existing.filter(|directory| !self.is_written_to(directory)));
            }
        }
        directories.iter().for_each(|directory| self.file(directory));
    }

    /// Whether builds write somewhere in the directory, so that it is always new.
    fn is_written_to(&self, directory: &Path) -> bool {
        let root = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let Ok(directory) = directory.canonicalize() else {
            return true;
        };
        let mut inside = [&root, &self.out_dir].into_iter().flatten();
        inside.any(|inside| {
            inside
                .canonicalize()
                .is_ok_and(|inside| inside.starts_with(&directory))
        })
    }

    fn say(&self, key: &str, value: impl Display) {
        if self.out_dir.is_some() {
            println!("cargo:{key}={value}");
        }
    }
}

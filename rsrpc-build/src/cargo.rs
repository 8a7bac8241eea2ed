//! Build script instructions to Cargo.

use std::collections::BTreeSet;
use std::env;
use std::fmt::Display;
use std::path::{Path, PathBuf};

/// Prints instructions to Cargo, or nothing outside a build script.
pub(crate) struct Cargo {
    out_dir: Option<PathBuf>,
}

impl Cargo {
    pub(crate) fn from_env() -> Self {
        Self {
            out_dir: env::var_os("OUT_DIR").map(PathBuf::from),
        }
    }

    /// `OUT_DIR` of the build script.
    pub(crate) fn out_dir(&self) -> Option<&Path> {
        self.out_dir.as_deref()
    }

    /// Prints a warning.
    pub(crate) fn warn(&self, warning: impl Display) {
        self.say("warning", warning);
    }

    /// Reruns the build script when the file changes.
    pub(crate) fn file(&self, path: &Path) {
        self.say("rerun-if-changed", path.display());
    }

    /// Reruns the build script when one of the files changes. Missing files are skipped: Cargo would rerun the script
    /// every time.
    pub(crate) fn existing<'a>(&self, paths: impl Iterator<Item = &'a Path>) {
        paths
            .filter(|path| path.is_file())
            .for_each(|path| self.file(path));
    }

    /// Reruns the build script when the environment variable changes.
    pub(crate) fn variable(&self, name: &str) {
        self.say("rerun-if-env-changed", name);
    }

    /// Reruns the build script when one of these imports changes, or appears in an earlier include directory. Missing
    /// imports need no instruction: Cargo reruns a failed script.
    pub(crate) fn imports(&self, names: impl Iterator<Item = String>, includes: &[&Path]) {
        let mut directories = BTreeSet::new();
        for name in names {
            for include in includes {
                let path = include.join(&name);
                if path.is_file() {
                    self.file(&path);
                    break;
                }
                // Cargo watches everything in a directory.
                let parents = path.ancestors().skip(1);
                let inside = parents.take_while(|parent| parent.starts_with(include));
                let existing = inside.map(Path::to_owned).find(|parent| parent.is_dir());
                directories.extend(existing.filter(|directory| !self.is_written_to(directory)));
            }
        }
        directories.iter().for_each(|directory| self.file(directory));
    }

    /// Returns true if a build writes into the directory, which then always counts as changed.
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

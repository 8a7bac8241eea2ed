//! Paths and cargo metadata of the workspace.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::{Outcome, process};

/// The workspace as cargo describes it.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) target: PathBuf,
    /// Cache for tools and downloads outside the tree. Names contain versions.
    pub(crate) cache: PathBuf,
    packages: Vec<Value>,
}

impl Workspace {
    pub(crate) fn locate() -> Outcome<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"))
            .parent()
            .expect("xtask lies in the workspace")
            .to_owned();
        let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        command
            .args(["metadata", "--format-version=1", "--no-deps"])
            .current_dir(&root);
        let metadata = process::output(&mut command, Duration::from_secs(300))?.stdout;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let target = metadata["target_directory"]
            .as_str()
            .ok_or("cargo metadata: no target_directory")?
            .into();
        let packages = metadata["packages"]
            .as_array()
            .ok_or("cargo metadata: no packages")?
            .clone();
        let cache = match (env::var_os("XDG_CACHE_HOME"), env::var_os("HOME")) {
            (Some(folder), _) if !folder.is_empty() => PathBuf::from(folder),
            (_, Some(home)) => PathBuf::from(home).join(".cache"),
            _ => return Err("neither XDG_CACHE_HOME nor HOME is set".into()),
        };
        Ok(Self {
            root,
            target,
            cache: cache.join("rsrpc"),
            packages,
        })
    }

    /// Returns `cargo WORDS`, run in the root.
    pub(crate) fn cargo<'a>(&self, words: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
        command.args(words).current_dir(&self.root);
        if is_ci() {
            // A cold build does not profit from incremental compilation and writes twice as much.
            command.env("CARGO_INCREMENTAL", "0");
        }
        command
    }

    /// Path of a program that cargo built; `profile` is `debug` or `release`.
    pub(crate) fn program(&self, profile: &str, name: &str) -> PathBuf {
        self.target.join(profile).join(name)
    }

    /// Features of a package without `default`.
    pub(crate) fn features(&self, package: &str) -> Outcome<Vec<String>> {
        let features = self.package(package)?["features"]
            .as_object()
            .ok_or("cargo metadata: no features")?;
        Ok(features
            .keys()
            .filter(|name| *name != "default")
            .cloned()
            .collect())
    }

    /// Version of a package.
    pub(crate) fn version(&self, package: &str) -> Outcome<&str> {
        let version = self.package(package)?["version"].as_str();
        version.ok_or_else(|| "cargo metadata: no version".into())
    }

    /// Names of a package's integration tests.
    pub(crate) fn tests(&self, package: &str) -> Outcome<Vec<String>> {
        let targets = self.package(package)?["targets"]
            .as_array()
            .ok_or("cargo metadata: no targets")?;
        let is_test = |target: &&Value| target["kind"][0] == "test";
        Ok(targets
            .iter()
            .filter(is_test)
            .filter_map(|target| Some(target["name"].as_str()?.to_owned()))
            .collect())
    }

    /// Names of the packages in `examples/`.
    pub(crate) fn examples(&self) -> Vec<String> {
        let examples = self.root.join("examples");
        let is_example = |package: &&Value| {
            package["manifest_path"]
                .as_str()
                .is_some_and(|path| Path::new(path).starts_with(&examples))
        };
        let name = |package: &Value| Some(package["name"].as_str()?.to_owned());
        self.packages.iter().filter(is_example).filter_map(name).collect()
    }

    fn package(&self, name: &str) -> Outcome<&Value> {
        let found = self.packages.iter().find(|package| package["name"] == name);
        found.ok_or_else(|| format!("the workspace has no package {name}").into())
    }
}

/// Returns true in continuous integration, where no step may be skipped.
pub(crate) fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

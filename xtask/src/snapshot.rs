//! `cargo xtask snapshot`: stores the generated code of this version, which later runtimes must compile.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::workspace::Workspace;

/// Golden cases that together use every part of the runtime's generated-code interface.
const CASES: &[&str] = &[
    "greeter",
    "kinds",
    "proto2",
    "packages",
    "bytes",
    "json_off",
    "default_stubs",
];

/// Copies the golden files of [`CASES`] to `tests/goldens/releases/<version>`.
pub(crate) fn run(workspace: &Workspace) -> Outcome {
    let version = workspace.version("rsrpc-codegen")?;
    let changelog = fs::read_to_string(workspace.root.join("CHANGELOG.md"))?;
    if is_released(&changelog, version) {
        return Err(format!(
            "{version} is released: what it generates is kept as it was; raise the version first"
        )
        .into());
    }
    let releases = workspace.root.join("tests/goldens/releases");
    let goldens = workspace.root.join("rsrpc-codegen/tests/golden");
    let folder = releases.join(version);
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    for case in CASES {
        copy(&goldens.join(case), &folder.join(case))?;
    }
    fs::write(folder.join("cases.rs"), cases(CASES))?;
    fs::write(releases.join("releases.rs"), list(&versions(&releases)?))?;
    println!("wrote {}", folder.display());
    Ok(())
}

/// Returns true if the changelog has a section for the version.
fn is_released(changelog: &str, version: &str) -> bool {
    changelog
        .lines()
        .any(|line| line.starts_with(&format!("## [{version}]")))
}

fn copy(from: &Path, to: &Path) -> Outcome {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).map_err(|error| format!("{}: {error}", from.display()))? {
        let path = entry?.path();
        let to = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy(&path, &to)?;
        } else {
            fs::copy(&path, &to)?;
        }
    }
    Ok(())
}

/// Lists the folders of the releases.
fn versions(releases: &Path) -> Outcome<Vec<String>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(releases)? {
        let path: PathBuf = entry?.path();
        if path.is_dir() {
            found.extend(path.file_name().map(|name| name.to_string_lossy().into_owned()));
        }
    }
    found.sort();
    Ok(found)
}

/// Writes the modules of a release.
fn cases(cases: &[&str]) -> String {
    let module = |case: &&str| {
        format!("/// The case `{case}`.\npub mod {case} {{\n    include!(\"{case}/mod.rs\");\n}}\n")
    };
    "// Written by `cargo xtask snapshot`.\n\n".to_owned()
        + &cases.iter().map(module).collect::<Vec<_>>().join("\n")
}

/// Writes the modules of all releases.
fn list(versions: &[String]) -> String {
    let module = |version: &String| {
        let ident = version.replace(|each: char| !each.is_ascii_alphanumeric(), "_");
        format!(
            "/// What {version} generated.\npub mod v{ident} {{\n    include!(\"{version}/cases.rs\");\n}}\n"
        )
    };
    "// Written by `cargo xtask snapshot`.\n\n".to_owned()
        + &versions.iter().map(module).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn released_snapshot_is_not_overwritten() {
        let changelog = "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-12-01\n";
        assert!(is_released(changelog, "0.1.0"));
        assert!(!is_released(changelog, "0.1.1"));
        assert!(!is_released("## [Unreleased]\n", "0.1.0"));
    }

    #[test]
    fn versions_become_modules() {
        assert_eq!(
            list(&["0.1.0".to_owned(), "1.0.0-rc.1".to_owned()]),
            "// Written by `cargo xtask snapshot`.\n\n\
             /// What 0.1.0 generated.\npub mod v0_1_0 {\n    include!(\"0.1.0/cases.rs\");\n}\n\n\
             /// What 1.0.0-rc.1 generated.\npub mod v1_0_0_rc_1 {\n    include!(\"1.0.0-rc.1/cases.rs\");\n}\n"
        );
    }
}

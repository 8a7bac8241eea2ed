//! What a user's build does not compile: a trait-first service needs no compiler of .proto files.

use std::process::Command;

/// The packages that are compiled for `rsrpc-runtime` with a feature.
fn packages(feature: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args([
            "tree",
            "--quiet",
            "--locked",
            "--offline",
            "--edges",
            "normal,build",
        ])
        .args([
            "--prefix",
            "none",
            "--format",
            "{p}",
            "--package",
            "rsrpc-runtime",
        ])
        .args(["--features", feature])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .output()
        .expect("cargo");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = String::from_utf8(output.stdout).expect("names");
    let names = text.lines().filter_map(|line| line.split_whitespace().next());
    names.map(str::to_owned).collect()
}

#[track_caller]
fn check(feature: &str, package: &str, expected: bool) {
    let found = packages(feature).iter().any(|name| name == package);
    assert_eq!(found, expected, "{package} with {feature}");
}

#[test]
fn macros_without_a_proto_file_are_light() {
    check("macros", "rsrpc-macros", true);
    for heavy in [
        "protox",
        "protox-parse",
        "prost-build",
        "prost-reflect",
        "prettyplease",
        "miette",
    ] {
        check("macros", heavy, false);
    }
}

#[test]
fn macros_with_one_bring_their_compiler() {
    for needed in ["rsrpc-macros", "protox", "prost-build"] {
        check("macro-proto", needed, true);
    }
}

#[test]
fn the_default_has_no_macros() {
    check("default", "rsrpc-macros", false);
}

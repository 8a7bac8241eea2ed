//! Dependencies of a user's build: a trait-first service does not compile a .proto compiler.

use std::process::Command;

/// Lists the packages compiled for `rsrpc-runtime` with a feature.
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
fn feature_macros_builds_no_proto_compiler() {
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
fn feature_macro_proto_builds_protox() {
    for needed in ["rsrpc-macros", "protox", "prost-build"] {
        check("macro-proto", needed, true);
    }
}

#[test]
fn default_features_build_no_macros() {
    check("default", "rsrpc-macros", false);
}

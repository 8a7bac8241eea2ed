//! Dependencies of a user's build: a trait-first service compiles no .proto compiler, messages alone no transport.

use std::process::Command;

/// Lists the packages that cargo compiles for a package with these arguments.
fn tree(package: &str, arguments: &[&str]) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--quiet", "--locked", "--offline"])
        .args(["--prefix", "none", "--format", "{p}", "--package", package])
        .args(arguments)
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

/// Lists the packages compiled for `rsrpc-runtime` with a feature.
fn packages(feature: &str) -> Vec<String> {
    tree(
        "rsrpc-runtime",
        &["--edges", "normal,build", "--features", feature],
    )
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

/// Crates that only clients and servers need.
const TRANSPORT: &[&str] = &["h2", "hyper", "hyper-util", "http-body", "tokio", "tower"];

#[test]
fn messages_only_crate_has_no_transport_dependencies() {
    let edges = ["--edges", "normal"];
    let runtime = |features| {
        let arguments = [&edges[..], &["--no-default-features", "--features", features]].concat();
        tree("rsrpc-runtime", &arguments)
    };
    for (name, found) in [
        ("rsrpc-messages-only", tree("rsrpc-messages-only", &edges)),
        ("no feature", runtime("")),
        ("jsonrpc", runtime("jsonrpc")),
        ("macros", runtime("macros")),
    ] {
        assert!(
            found.iter().any(|package| package == "prost"),
            "{name}: {found:?}"
        );
        for package in TRANSPORT {
            assert!(!found.iter().any(|found| found == package), "{name}: {package}");
        }
    }
}

#[test]
fn client_and_server_have_transport_dependencies() {
    for feature in ["client", "server"] {
        let found = tree(
            "rsrpc-runtime",
            &[
                "--edges",
                "normal",
                "--no-default-features",
                "--features",
                feature,
            ],
        );
        for package in TRANSPORT {
            assert!(found.iter().any(|found| found == package), "{feature}: {package}");
        }
    }
}

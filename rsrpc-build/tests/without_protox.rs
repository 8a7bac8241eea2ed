//! Without the feature `protox`, protoc is the default compiler. `cargo xtask test` runs `cargo test -p rsrpc-build
//! --no-default-features --test without_protox`.
#![cfg(not(feature = "protox"))]

use std::path::Path;
use std::process::Command;
use std::{env, fs};

use rsrpc_build::configure;

const PROTO: &str = "syntax = \"proto3\";\npackage a;\nmessage A {}\n";

/// Output of a build script in its own process with this `PROTOC`.
fn run(protoc: Option<&Path>) -> String {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    fs::write(root.join("a.proto"), PROTO).unwrap();
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "protoc_is_found", "--nocapture"])
        .current_dir(root)
        .env("BUILD_SCRIPT", "yes")
        .env("CARGO_MANIFEST_DIR", root)
        .env("OUT_DIR", root)
        .env_remove("PROTOC")
        .env("PATH", root)
        .envs(protoc.map(|path| ("PROTOC", path)));
    let output = command.output().unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    if root.join("a.rs").exists() {
        text.push_str("written");
    }
    text
}

#[test]
fn protoc_is_found() {
    if env::var_os("BUILD_SCRIPT").is_some() {
        if let Err(error) = configure().compile(&["a.proto"], &["."]) {
            println!("{error:?}");
        }
        return;
    }
    let said = run(Some(&protoc_bin_vendored::protoc_bin_path().unwrap()));
    assert!(said.ends_with("written"), "{said}");
    assert!(said.contains("rerun-if-env-changed=PROTOC"), "{said}");

    let said = run(None);
    let sentence = "cannot run protoc (protoc): not found; install protoc, set the environment variable PROTOC to its \
                    path, or enable the feature `protox` of rsrpc-build";
    assert!(said.contains(sentence), "{said}");
    assert!(said.contains("rerun-if-env-changed=PROTOC"), "{said}");
}

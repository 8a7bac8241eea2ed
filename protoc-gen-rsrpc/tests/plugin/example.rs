//! The example `plugin` contains the output of its script.

use std::env;
use std::path::Path;
use std::process::Command;

use super::PLUGIN;
use super::options::texts;

#[test]
fn checked_in_code_is_what_protoc_generates() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/plugin");
    let out = tempfile::tempdir().unwrap();
    let found = env::var_os("PATH").unwrap_or_default();
    let plugin = Path::new(PLUGIN).parent().unwrap().to_owned();
    let path = env::join_paths(std::iter::once(plugin).chain(env::split_paths(&found))).unwrap();
    // Run by the shell: a checkout may have lost the executable bit.
    let output = Command::new("sh")
        .arg(example.join("generate.sh"))
        .arg(out.path())
        .env("PATH", path)
        .env("PROTOC", protoc_bin_vendored::protoc_bin_path().unwrap())
        .output()
        .unwrap();
    assert!(
        output.status.success() && output.stderr.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let checked_in = texts(&example.join("src/pb"));
    assert_eq!(checked_in.len(), 3);
    if env::var_os("RSRPC_BLESS").is_some() {
        for (name, text) in texts(out.path()) {
            std::fs::write(example.join("src/pb").join(name), text).unwrap();
        }
    } else {
        assert_eq!(checked_in, texts(out.path()), "run examples/plugin/generate.sh");
    }
}

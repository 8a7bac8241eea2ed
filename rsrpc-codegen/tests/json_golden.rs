//! The goldens of the JSON emitter, compared exactly. The test `json` compiles and runs them.
//!
//! `RSRPC_BLESS=1 cargo test -p rsrpc-codegen --test json_golden` rewrites them.

use std::path::Path;

use prost::Message as _;
use rsrpc_codegen::{Options, Request, generate};

#[track_caller]
fn check_golden(package: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/json");
    let file = format!("{package}.proto");
    let set = protox::compile([&file], [&folder]).unwrap();
    let mut options = Options::default();
    options.descriptor = false;
    let request = Request::from_descriptor_set(&set.encode_to_vec(), vec![file], options).unwrap();
    let name = format!("{package}.rs");
    let output = generate(&request).unwrap();
    let found = &output
        .files
        .iter()
        .find(|file| file.name == name)
        .unwrap()
        .content;
    let golden = folder.join(name);
    if std::env::var_os("RSRPC_BLESS").is_some() {
        std::fs::write(&golden, found).unwrap();
    }
    assert_eq!(
        *found,
        std::fs::read_to_string(&golden).unwrap(),
        "{}",
        golden.display()
    );
}

#[test]
fn goldens() {
    check_golden("kitchen");
    check_golden("legacy");
}

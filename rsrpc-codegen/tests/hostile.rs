//! Descriptors that no compiler writes: each yields code or a diagnostic, never a panic.

use std::path::Path;
use std::process::Command;

use rsrpc_codegen::{Options, Request, generate};

/// Descriptors of a file and its imports; the file comes last.
fn descriptors(proto: &str) -> Request {
    let set = tempfile::NamedTempFile::new().unwrap();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let status = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .args(["--include_imports", "--include_source_info", "-o"])
        .arg(set.path())
        .arg("-I")
        .arg(root.join("tests/golden/proto"))
        .arg("-I")
        .arg(root.join("proto"))
        .arg("-I")
        .arg(protoc_bin_vendored::include_path().unwrap())
        .arg(proto)
        .status()
        .unwrap();
    assert!(status.success());
    let set = std::fs::read(set.path()).unwrap();
    Request::from_descriptor_set(&set, vec![proto.to_owned()], Options::default()).unwrap()
}

/// A deterministic random number generator.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

#[test]
fn damaged_descriptors_are_refused() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for proto in [
        "comments.proto",
        "proto2.proto",
        "proto2_corners.proto",
        "names.proto",
        "kinds.proto",
        "method_options.proto",
        "editions/e2023.proto",
        "editions/e2024_implicit.proto",
    ] {
        let whole = descriptors(proto);
        for _ in 0..80 {
            let mut request = whole.clone();
            let broken = request.files.last_mut().unwrap();
            for _ in 0..1 + next(&mut state) % 3 {
                let place = next(&mut state) % broken.len();
                broken[place] = next(&mut state) as u8;
            }
            if let Err(errors) = generate(&request) {
                // Internal errors: earlier validation must catch these inputs.
                for net in rsrpc_codegen::INTERNAL_ERRORS {
                    assert!(!errors.to_string().contains(net), "{errors}");
                }
            }
        }
    }
}

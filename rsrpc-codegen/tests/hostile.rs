//! Descriptors that no compiler writes: each is code or a diagnostic, never a panic.

use std::path::Path;

use rsrpc_codegen::{Options, Request, generate};

fn descriptor_set(proto: &str) -> Vec<u8> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/proto");
    let mut compiler = protox::Compiler::new([directory]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_file(proto).unwrap();
    compiler.encode_file_descriptor_set()
}

/// A small generator of numbers, the same in each run.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

#[test]
fn damaged_descriptors_are_refused() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for proto in ["comments.proto", "proto2.proto", "names.proto", "kinds.proto"] {
        let set = descriptor_set(proto);
        for _ in 0..150 {
            let mut broken = set.clone();
            for _ in 0..1 + next(&mut state) % 3 {
                let place = next(&mut state) % broken.len();
                broken[place] = next(&mut state) as u8;
            }
            let Ok(request) =
                Request::from_descriptor_set(&broken, vec![proto.to_owned()], Options::default())
            else {
                continue;
            };
            if let Err(errors) = generate(&request) {
                // These three are the nets under the checks; what they catch should have been found before.
                for net in [
                    "prost-build cannot take",
                    "is not Rust",
                    "prost-build's output has no",
                ] {
                    assert!(!errors.to_string().contains(net), "{errors}");
                }
            }
        }
    }
}

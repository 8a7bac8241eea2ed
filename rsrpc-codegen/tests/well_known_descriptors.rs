//! The runtime contains the descriptors of google's .proto files for schemas built at run time.
//!
//! `RSRPC_BLESS=1 cargo test -p rsrpc-codegen --test well_known_descriptors` rewrites them.

use std::fs;
use std::path::Path;

/// Files whose types prost-types or prost provides.
const FILES: [&str; 11] = [
    "google/protobuf/any.proto",
    "google/protobuf/api.proto",
    "google/protobuf/descriptor.proto",
    "google/protobuf/duration.proto",
    "google/protobuf/empty.proto",
    "google/protobuf/field_mask.proto",
    "google/protobuf/source_context.proto",
    "google/protobuf/struct.proto",
    "google/protobuf/timestamp.proto",
    "google/protobuf/type.proto",
    "google/protobuf/wrappers.proto",
];

#[test]
fn well_known_descriptors_match_google() {
    let mut compiler = protox::Compiler::with_file_resolver(protox::file::GoogleFileResolver::new());
    compiler.include_imports(true).open_files(FILES).unwrap();
    let expected = compiler.encode_file_descriptor_set();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-runtime/src/schema/well_known.binpb");
    if std::env::var_os("RSRPC_BLESS").is_some() {
        fs::write(&path, &expected).unwrap();
    }
    let stored = fs::read(&path).unwrap();
    assert!(
        stored == expected,
        "{} differs from protox' files: see the head of this test",
        path.display()
    );
}

//! Every diagnostic of the macros with its text and span. `TRYBUILD=overwrite` rewrites the expectations.

use std::fs;
use std::path::Path;

#[test]
fn diagnostics() {
    copy_protos();
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// The cases are compiled in another crate, whose root is the base of .proto paths.
fn copy_protos() {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let root = target.join("tests/trybuild").join(env!("CARGO_PKG_NAME"));
    fs::create_dir_all(root.join("protos")).unwrap();
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protos")).unwrap() {
        let entry = entry.unwrap();
        let copy = root.join("protos").join(entry.file_name());
        fs::copy(entry.path(), copy).unwrap();
    }
}

//! Every diagnostic of the macros, with its text and its span. `TRYBUILD=overwrite` writes what the compiler says.

use std::fs;
use std::path::Path;

#[test]
fn diagnostics() {
    copy_protos();
    trybuild::TestCases::new().compile_fail("tests/ui/*/*.rs");
}

/// The cases are compiled in a crate of their own: its root is where paths of .proto files begin.
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

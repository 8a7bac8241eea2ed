//! Compiles .proto files like a build script.

use std::fs;
use std::path::Path;

use rsrpc_build::{Builder, Error, configure};

/// Writes files into a directory.
fn write(directory: &Path, files: &[(&str, &str)]) {
    for (name, content) in files {
        let path = directory.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

fn compile(
    builder: Builder,
    files: &[(&str, &str)],
    protos: &[&str],
) -> (tempfile::TempDir, Result<(), Error>) {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), files);
    let protos: Vec<_> = protos.iter().map(|proto| directory.path().join(proto)).collect();
    let result = builder
        .out_dir(directory.path().join("out"))
        .compile(&protos, &[directory.path()]);
    (directory, result)
}

#[track_caller]
fn fails(files: &[(&str, &str)], protos: &[&str], expected: &str) {
    let (directory, result) = compile(configure(), files, protos);
    let error = result.unwrap_err();
    let root = directory.path().display().to_string();
    assert_eq!(error.to_string().replace(&root, "ROOT"), expected);
    assert_eq!(
        format!("{error:?}").replace(&root, "ROOT"),
        format!("the .proto files have errors\n{expected}")
    );
}

#[test]
fn files_are_written_once() {
    let files = [
        (
            "a.proto",
            "syntax = \"proto3\"; package a; import \"b.proto\"; message A { b.B b = 1; }",
        ),
        ("b.proto", "syntax = \"proto3\"; package b; message B {}"),
    ];
    let (directory, result) = compile(configure(), &files, &["a.proto"]);
    result.unwrap();
    let out = directory.path().join("out");
    let mut names: Vec<_> = fs::read_dir(&out)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    // Code for imports is generated only on request.
    assert_eq!(names, ["a-descriptor.rs", "a.rs", "mod.rs"]);
    let modified = || fs::metadata(out.join("a.rs")).unwrap().modified().unwrap();
    let before = modified();
    configure()
        .out_dir(&out)
        .compile(&[directory.path().join("a.proto")], &[directory.path()])
        .unwrap();
    assert_eq!(modified(), before);
}

#[test]
fn syntax_errors_have_places() {
    fails(
        &[(
            "a.proto",
            "syntax = \"proto3\";\n\nmessage A {\n  string = 1;\n}\n",
        )],
        &["a.proto"],
        "a.proto:4:10: expected an identifier, but found '='",
    );
}

#[test]
fn every_type_error_has_a_place() {
    fails(
        &[
            (
                "a.proto",
                "syntax = \"proto3\";\nmessage A {\n  B b = 1;\n  C c = 2;\n}\n",
            ),
            (
                "d.proto",
                "syntax = \"proto3\";\npackage d;\nmessage D { E e = 1; }\n",
            ),
        ],
        &["a.proto", "d.proto"],
        "a.proto:3:3: name 'B' is not defined\na.proto:4:3: name 'C' is not defined\n\
         d.proto:3:13: name 'E' is not defined",
    );
}

#[test]
fn missing_files_are_named() {
    fails(
        &[("a.proto", "syntax = \"proto3\";\nimport \"b.proto\";\n")],
        &["a.proto"],
        "a.proto:2:1: import 'b.proto' not found",
    );
    fails(
        &[],
        &["c.proto"],
        "file 'ROOT/c.proto' is not in any include path",
    );
}

#[test]
fn generator_errors_have_places() {
    fails(
        &[(
            "a.proto",
            "syntax = \"proto3\";\n\npackage rpc;\nmessage M {}\nservice S { rpc Get(M) returns (M); }\n",
        )],
        &["a.proto"],
        "a.proto:3:1: JSON-RPC reserves method names that begin with `rpc.`, so services of a package `rpc` cannot be \
         called; rename the package, give each method a `jsonrpc_name`, or generate with json=off",
    );
}

#[test]
fn bad_options_are_errors() {
    let (_directory, result) = compile(
        configure().extern_path("google", "::g").bytes("x-y"),
        &[("a.proto", "syntax = \"proto3\";")],
        &["a.proto"],
    );
    assert_eq!(
        result.unwrap_err().to_string(),
        "option `extern_path` takes `.proto.path=::rust::path`, not `google=::g`\n\
         option `bytes` takes `proto.path`, not `x-y`"
    );
}

#[test]
fn somewhere_to_write_is_needed() {
    assert!(matches!(
        rsrpc_build::compile(&["a.proto"], &["."]),
        Err(Error::NoOutDir)
    ));
}

//! How many lines a method adds to what is generated: exactly, so that none comes in unnoticed.

use std::fs;
use std::path::Path;

use rsrpc_codegen::{Options, Request, generate};

/// What tonic-prost-build 0.14.9 writes for a method on average, client and server together.
const TONIC: usize = 93;

fn lines(options: &str, kind: Kind, methods: usize) -> usize {
    let (request, reply) = match kind {
        Kind::Unary => ("Req", "Rep"),
        Kind::Bidi => ("stream Req", "stream Rep"),
    };
    let methods: String = (0..methods)
        .map(|index| format!("rpc Method{index}({request}) returns ({reply}); "))
        .collect();
    let proto = format!(
        "syntax = \"proto3\"; package thin; message Req {{}} message Rep {{}} service Svc {{ {methods} }}"
    );
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(directory.join("thin.proto"), proto).unwrap();
    let mut compiler = protox::Compiler::new([directory]).unwrap();
    compiler.include_imports(true).open_files(["thin.proto"]).unwrap();
    let set = compiler.encode_file_descriptor_set();
    let options = Options::parse(&format!("json=off,descriptor=off,{options}")).unwrap();
    let request = Request::from_descriptor_set(&set, vec!["thin.proto".to_owned()], options).unwrap();
    let files = generate(&request).unwrap().files;
    files.iter().map(|file| file.content.lines().count()).sum()
}

#[derive(Clone, Copy)]
enum Kind {
    Unary,
    Bidi,
}

#[test]
fn a_method_adds_few_lines() {
    let per_method = |options, kind| lines(options, kind, 3) - lines(options, kind, 2);
    let check = |options, expected| {
        let found = [Kind::Unary, Kind::Bidi].map(|kind| per_method(options, kind));
        assert_eq!(found, expected, "{options}");
        assert!(found.iter().all(|&found| found < TONIC), "{options}: {found:?}");
    };
    // The constant, and its place in the descriptor.
    check("client=off,server=off", [11, 11]);
    // These and the trait.
    check("client=off,mock=off,dyn=off", [27, 30]);
    check("server=off,mock=off,dyn=off", [33, 33]);
    check("mock=off,dyn=off", [41, 41]);
    check("", [60, 60]);
}

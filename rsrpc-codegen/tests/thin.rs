//! Exact number of lines that a method adds to generated code, so that none is added unnoticed.
//!
//! Docs count. The method has no comment and a name as in tutorials.

use std::fs;
use std::path::Path;

use rsrpc_codegen::{Options, Request, generate};

/// Average lines per method of tonic-prost-build 0.14.9, client and server together.
const TONIC: usize = 93;

/// Kinds of methods, with the spelling of request and reply.
const KINDS: [(&str, &str); 4] = [
    ("HelloRequest", "HelloReply"),
    ("HelloRequest", "stream HelloReply"),
    ("stream HelloRequest", "HelloReply"),
    ("stream HelloRequest", "stream HelloReply"),
];

fn lines(options: &str, (request, reply): (&str, &str), methods: usize) -> usize {
    // Names of equal length: `SayHello10`.
    let methods: String = (10..10 + methods)
        .map(|index| format!("rpc SayHello{index}({request}) returns ({reply}); "))
        .collect();
    let proto = format!(
        "syntax = \"proto3\"; package helloworld; message HelloRequest {{}} message HelloReply {{}} \
         service Greeter {{ {methods} }}"
    );
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR"));
    fs::write(directory.join("thin.proto"), proto).unwrap();
    let mut compiler = protox::Compiler::new([directory]).unwrap();
    compiler.include_imports(true).open_files(["thin.proto"]).unwrap();
    let set = compiler.encode_file_descriptor_set();
    let options = Options::parse(&format!("descriptor=off,{options}")).unwrap();
    let request = Request::from_descriptor_set(&set, vec!["thin.proto".to_owned()], options).unwrap();
    let files = generate(&request).unwrap().files;
    files.iter().map(|file| file.content.lines().count()).sum()
}

/// Lines that one more method adds, per kind.
fn per_method(options: &str) -> [usize; 4] {
    // Small numbers of methods are formatted on one line.
    KINDS.map(|kind| lines(options, kind, 12) - lines(options, kind, 11))
}

#[track_caller]
fn sum(parts: &[[usize; 4]]) -> [usize; 4] {
    std::array::from_fn(|kind| parts.iter().map(|part| part[kind]).sum())
}

#[test]
fn lines_per_method() {
    let check = |options, parts: &[[usize; 4]]| {
        assert_eq!(per_method(options), sum(parts), "{options}");
    };
    // Docs, `pub const …`, path, two codecs, `);`, and the entry in the service descriptor.
    let constant = [7, 7, 7, 7];
    // Docs, and `fn` with `&self`, `cx`, the request, and the future of a `Result`, which a stream type spreads over
    // several lines.
    let service_trait = [8, 11, 8, 11];
    // `handlers.unary(Self::SAY_HELLO, T::say_hello);`
    let server = [1, 1, 1, 1];
    // Inherent method: docs, `pub fn`, parameters, body. Trait method: a `forward!`.
    let client = [7 + 1, 7 + 3, 7 + 3, 6 + 1];
    // Trait method: `fn`, parameters, future, body.
    let r#dyn = [7, 7, 7, 7];
    // Trait method, and a documented function to expect a call.
    let mock = [7 + 7, 7 + 7, 7 + 7, 7 + 7];

    check("client=off,server=off", &[constant]);
    check("client=off,mock=off,dyn=off", &[constant, service_trait, server]);
    check("server=off,mock=off,dyn=off", &[constant, service_trait, client]);
    check("mock=off,dyn=off", &[constant, service_trait, server, client]);
    check("mock=off", &[constant, service_trait, server, client, r#dyn]);
    check("", &[constant, service_trait, server, client, r#dyn, mock]);

    // The glue alone: about ten lines.
    assert_eq!(sum(&[server, client]), [9, 11, 11, 8]);
    assert!(per_method("").iter().all(|&all| all < TONIC));
}

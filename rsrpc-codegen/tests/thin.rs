//! How many lines a method adds to what is generated: exactly, so that none comes in unnoticed.
//!
//! Every line counts, those of docs, too. The method has no comment and is called as the tutorials' is.

use std::fs;
use std::path::Path;

use rsrpc_codegen::{Options, Request, generate};

/// What tonic-prost-build 0.14.9 writes for a method on average, client and server together.
const TONIC: usize = 93;

/// Each kind of rpc, as its request and its reply are written.
const KINDS: [(&str, &str); 4] = [
    ("HelloRequest", "HelloReply"),
    ("HelloRequest", "stream HelloReply"),
    ("stream HelloRequest", "HelloReply"),
    ("stream HelloRequest", "stream HelloReply"),
];

fn lines(options: &str, (request, reply): (&str, &str), methods: usize) -> usize {
    // Of one length, whatever their number: `SayHello10`.
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

/// What one more method adds with some options, for each of the [`KINDS`].
fn per_method(options: &str) -> [usize; 4] {
    // Beyond a few, for which the formatter has a line.
    KINDS.map(|kind| lines(options, kind, 12) - lines(options, kind, 11))
}

#[track_caller]
fn sum(parts: &[[usize; 4]]) -> [usize; 4] {
    std::array::from_fn(|kind| parts.iter().map(|part| part[kind]).sum())
}

#[test]
fn a_method_adds_few_lines() {
    let check = |options, parts: &[[usize; 4]]| {
        assert_eq!(per_method(options), sum(parts), "{options}");
    };
    // Docs, `pub const …`, path, two codecs, `);`, and the descriptor's place in the service's.
    let constant = [7, 7, 7, 7];
    // Docs, and `fn` with `&self`, `cx`, the request, and the future of a `Result`, which takes lines of its own
    // around a stream.
    let service_trait = [8, 11, 8, 11];
    // `handlers.unary(Self::SAY_HELLO, T::say_hello);`
    let server = [1, 1, 1, 1];
    // The method: docs, `pub fn` with its parameters and its call, and a line of code. The trait's method: a `forward!`.
    let client = [7 + 1, 7 + 3, 7 + 3, 6 + 1];
    // The trait's method: `fn` with its parameters and its future, and a line of code.
    let r#dyn = [7, 7, 7, 7];
    // The same, and docs and a function to expect it.
    let mock = [7 + 7, 7 + 7, 7 + 7, 7 + 7];

    check("client=off,server=off", &[constant]);
    check("client=off,mock=off,dyn=off", &[constant, service_trait, server]);
    check("server=off,mock=off,dyn=off", &[constant, service_trait, client]);
    check("mock=off,dyn=off", &[constant, service_trait, server, client]);
    check("mock=off", &[constant, service_trait, server, client, r#dyn]);
    check("", &[constant, service_trait, server, client, r#dyn, mock]);

    // The glue alone, which is to be ten lines or so.
    assert_eq!(sum(&[server, client]), [9, 11, 11, 8]);
    assert!(per_method("").iter().all(|&all| all < TONIC));
}

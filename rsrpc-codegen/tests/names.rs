//! Names in collisions: the rules of `docs/names.md`.

use std::collections::BTreeMap;

use protox::file::{ChainFileResolver, File, FileResolver};
use rsrpc_codegen::{Options, Request, generate};

struct Files(BTreeMap<String, String>);

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let text = self
            .0
            .get(name)
            .ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

/// Generated code for some files, without trailing white space.
fn generated(files: &[(&str, &str)]) -> String {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Files(
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    ));
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true);
    for (name, _) in files {
        compiler.open_file(name).unwrap();
    }
    let names = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let set = compiler.encode_file_descriptor_set();
    let options = Options::parse("descriptor=off").unwrap();
    let request = Request::from_descriptor_set(&set, names, options).unwrap();
    let output = generate(&request).unwrap();
    output.files.iter().map(|file| file.content.as_str()).collect()
}

/// Checks that the code for a file of package `a` contains the `expected` texts in order.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    check_files(&[("a.proto", &format!("package a; {text}"))], expected);
}

#[track_caller]
fn check_files(files: &[(&str, &str)], expected: &[&str]) {
    let text = generated(files);
    let mut rest = text.as_str();
    for part in expected {
        let Some((_, after)) = rest.split_once(part) else {
            panic!("`{part}` is missing in {text}");
        };
        rest = after;
    }
}

#[test]
fn types() {
    // The name spelled as in Rust is kept, wherever it is defined.
    check(
        "message foo_bar {} message Foo_Bar {} message FooBar {}",
        &[
            "pub struct FooBar2",
            "\"a.foo_bar\"",
            "pub struct FooBar3",
            "\"a.Foo_Bar\"",
            "pub struct FooBar {",
        ],
    );
    // Numbers in use are skipped.
    check(
        "message A_ {} message A {} message A2 {}",
        &["pub struct A3", "pub struct A {", "pub struct A2"],
    );
    // Enums and messages share a namespace, also nested ones.
    check(
        "message FOO {} enum Foo { X = 0; }",
        &["pub struct Foo2", "pub enum Foo "],
    );
    check(
        "message M { message In {} message in { message X {} } }",
        &[
            "pub mod m {",
            "pub struct In {",
            "pub struct In2",
            "pub mod in_2 {",
        ],
    );
    // The containing message determines the names.
    check(
        "message M { optional foo_bar one = 1; optional FooBar two = 2; } message foo_bar { message In {} } \
         message FooBar { optional foo_bar.In in = 1; }",
        &[
            "one: ::core::option::Option<FooBar2>",
            "two: ::core::option::Option<FooBar>",
            "Option<foo_bar_2::In>",
        ],
    );
    check(
        "message _ {} message __ {}",
        &["pub struct Underscore {", "pub struct Underscore2 {"],
    );
}

#[test]
fn modules() {
    // A message's module yields to a package's; its type does not.
    check_files(
        &[
            (
                "a.proto",
                "package a; message B { message C {} optional C c = 1; oneof d { int32 e = 2; } }",
            ),
            ("b.proto", "package a.b; message D {}"),
        ],
        &[
            "pub struct B {",
            "Option<b_types::C>",
            "Option<b_types::D>",
            "pub mod b_types {",
            "pub enum D {",
        ],
    );
    // A message without a module does not affect the package.
    let text = generated(&[
        ("a.proto", "package a; message B {}"),
        ("b.proto", "package a.b; message D {}"),
    ]);
    assert!(!text.contains("b_types"));
    // Packages yield to lowercase ones.
    check_files(
        &[
            (
                "a.proto",
                "import \"b.proto\"; package A; message M { optional a.M m = 1; }",
            ),
            ("b.proto", "package a; message M {}"),
        ],
        &[
            "Option<super::a::M>",
            "pub mod a {",
            "\"a.rs\"",
            "pub mod a_2 {",
            "\"A.rs\"",
        ],
    );
}

#[test]
fn fields() {
    // The lower number keeps the name; the other is renamed.
    check(
        "message M { optional int32 fooBar = 9 [json_name = \"x\"]; optional int32 foo_bar = 4; }",
        &["pub foo_bar_9:", "pub foo_bar:"],
    );
    check(
        "message M { optional int32 type = 1; optional int32 Type = 2 [json_name = \"x\"]; }",
        &["pub r#type:", "pub type_2:"],
    );
    // A oneof yields to a field, and its type to a nested one.
    check(
        "message M { optional int32 foo = 1; oneof Foo { int32 bar = 2; } message FOO {} }",
        &[
            "pub foo:",
            "pub foo_one_of: ::core::option::Option<m::FooOneOf>",
            "pub struct Foo {",
            "pub enum FooOneOf {",
        ],
    );
    check(
        "message M { oneof o { int32 a_b = 1; int32 AB = 2 [json_name = \"x\"]; int32 aB = 3 [json_name = \"y\"]; } }",
        &["AB(i32)", "Ab(i32)", "AB3(i32)"],
    );
    // Names of prost's derive: `set_kind` is the setter of `kind`.
    check(
        "enum E { X = 0; } message M { optional int32 set_kind = 1; optional E kind = 2; }",
        &["pub set_kind:", "pub kind_2:"],
    );
    check(
        "enum E { X = 0; } message M { map<string, E> type = 1; map<string, int32> fn = 2; }",
        &["pub type_1:", "pub r#fn:"],
    );
    let implicit = "syntax = \"proto3\"; enum E { X = 0; } message M { int32 set_kind = 1; E kind = 2; }";
    check_files(&[("a.proto", implicit)], &["pub set_kind:", "pub kind:"]);
}

#[test]
fn values() {
    check(
        "enum E { E_A_B = 1; E_a_b = 2; A_B = -3; } message M { optional E e = 1 [default = A_B]; }",
        &[
            "default = \"ABMinus3\"",
            "AB = 1",
            "AB2 = 2",
            "ABMinus3 = -3",
            "Self::AB2 => \"E_a_b\"",
            "\"A_B\" => Some(Self::ABMinus3)",
        ],
    );
    // Values of a renamed enum still drop its prefix.
    check(
        "enum Kind { KIND_A = 0; } enum kind { KIND_B = 0; KIND_C = 1; }",
        &["pub enum Kind2", "B = 0", "C = 1"],
    );
}

#[test]
fn services() {
    let message = "message M {} ";
    let check = |text: &str, expected: &[&str]| check(&format!("{message}{text}"), expected);
    check(
        "message Greeter {} service greeter { rpc Get(M) returns (M); }",
        &[
            "\"/a.greeter/Get\"",
            "pub static GREETER_SERVICE_SERVICE",
            "pub struct GreeterServiceServer<T>",
            "pub struct GreeterServiceClient",
        ],
    );
    // Disabled items count, too, so that names do not depend on options.
    for taken in ["Methods", "Server", "Client", "Mock", "Dyn"] {
        check(
            &format!("message Greeter{taken} {{}} service Greeter {{}}"),
            &["pub trait GreeterService:"],
        );
    }
    check(
        "service foo_bar {} service FooBar {}",
        &["pub trait FooBarService:", "pub trait FooBar:"],
    );
    check(
        "message GreeterService {} message greeter {} service Greeter {}",
        &["pub trait GreeterService2:"],
    );
    check(
        "service S { rpc getIt(M) returns (M); rpc GetIt(M) returns (M); rpc New(M) returns (M); rpc new(M) returns (M); }",
        &[
            "fn get_it_2(",
            "fn get_it(",
            "fn new_(",
            "fn new_2(",
            "pub const GET_IT_2",
            "\"/a.S/getIt\"",
            "pub const GET_IT:",
            "pub const NEW:",
            "pub const NEW_2:",
        ],
    );
}

#[test]
fn placeholders_are_never_mistaken() {
    check(
        "message renamed0x { optional string RENAMED1x = 1 [default = \"RENAMED2x renamed0x\"]; } message Renamed0X {} \
         message A {} message a { optional renamed0x field = 1; }",
        &[
            "default = \"RENAMED2x renamed0x\"",
            "pub renamed1x:",
            "\"a.renamed0x\"",
            "pub struct A {",
            "pub struct A2 {",
        ],
    );
}

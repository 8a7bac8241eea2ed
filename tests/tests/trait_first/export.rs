//! The exported .proto file, and the errors of `assert_proto!` when it is out of date.

use std::path::Path;

use rsrpc_runtime::assert_proto;
use rsrpc_runtime::prost::Message as _;
use rsrpc_runtime::prost_types::{FileDescriptorProto, FileDescriptorSet};
use rsrpc_runtime::schema::{CheckedIn, Describe, Schema};
use rsrpc_tests::trait_first::{CATALOG_SERVICE, CatalogMethods};

#[test]
fn checked_in_proto_file_is_current() {
    assert_proto!("proto/trait_first.proto", CatalogMethods);
    assert_proto!("proto/trait_first.proto", crate = "rsrpc_runtime", CatalogMethods);
}

fn without_places(mut file: FileDescriptorProto) -> FileDescriptorProto {
    file.source_code_info = None;
    file
}

/// protox compiles the exported text to the same descriptors.
#[test]
fn exported_text_compiles_to_the_same_descriptors() {
    let mut compiler = protox::Compiler::new(["proto"]).expect("a directory");
    compiler
        .include_imports(true)
        .open_file("trait_first.proto")
        .expect("a .proto file");
    let theirs = compiler.file_descriptor_set();
    let ours = CATALOG_SERVICE.descriptor_set.bytes();
    let ours = FileDescriptorSet::decode(ours).expect("a descriptor set");
    let names = |set: &FileDescriptorSet| -> Vec<String> {
        set.file.iter().map(|file| file.name().to_owned()).collect()
    };
    assert_eq!(names(&ours), names(&theirs));
    assert_eq!(CATALOG_SERVICE.file, "trait_first.proto");
    for (ours, theirs) in ours.file.into_iter().zip(theirs.file) {
        assert_eq!(without_places(ours), without_places(theirs));
    }
}

#[test]
fn comments_are_in_the_descriptors() {
    let set = FileDescriptorSet::decode(CATALOG_SERVICE.descriptor_set.bytes()).expect("a descriptor set");
    let file = set.file.last().expect("a file");
    let locations = &file.source_code_info.as_ref().expect("comments").location;
    let comment = |path: &[i32]| {
        let found = locations.iter().find(|location| location.path == path);
        found.map(|location| location.leading_comments().to_owned())
    };
    assert_eq!(comment(&[6, 0]).as_deref(), Some(" Methods of every kind.\n"));
    assert_eq!(comment(&[6, 0, 2, 0]).as_deref(), Some(" Adds two numbers.\n"));
}

/// The error for an outdated file.
fn told<T: Describe>(checked_in: &str) -> String {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("a.proto");
    std::fs::write(&path, checked_in).expect("a file");
    let file = rsrpc_codegen::protos::parse("a.proto", checked_in).expect("a .proto file");
    let found = Schema::of::<T>().check_proto(&path, CheckedIn::Parsed(Vec::leak(file)));
    let text = found.map_or_else(|error| error.to_string(), |()| String::new());
    text.replace(path.to_str().expect("a path"), "a.proto")
}

#[test]
fn differences_are_reported() {
    let exported = Schema::of::<CatalogMethods>()
        .to_proto("trait_first")
        .expect("a file");
    assert_eq!(told::<CatalogMethods>(&exported), "");
    assert_eq!(told::<CatalogMethods>(&exported.replace('\n', "\r\n")), "");
    // Edits of the checked-in file, and the reported change that undoes each.
    for (now, before, expected) in [
        (
            "int32 an_int32 = 3;",
            "int64 an_int32 = 3;",
            "breaking: field `an_int32` of trait_first.Scalars changed from int64 to int32",
        ),
        (
            "int32 an_int32 = 3;",
            "int32 an_int32 = 99;",
            "breaking: field `an_int32` of trait_first.Scalars changed its number from 99 to 3",
        ),
        (
            "int32 an_int32 = 3;",
            "int32 number = 3;",
            "breaking: field 3 of trait_first.Scalars was renamed from `number` to `an_int32`, which changes its JSON name",
        ),
        (
            "int32 an_int32 = 3;",
            "int32 anInt32 = 3;",
            "compatible: field 3 of trait_first.Scalars was renamed from `anInt32` to `an_int32`",
        ),
        (
            "int32 an_int32 = 3;",
            "bytes other = 3;",
            "breaking: field number 3 of trait_first.Scalars was reused: it was `other` (bytes) and is now `an_int32` (int32)",
        ),
        (
            "int32 an_int32 = 3;",
            "int32 an_int32 = 3; int32 old = 77;",
            "breaking: field `old` of trait_first.Scalars was removed without reserving its number 77: add #[rpc(reserved(77))]",
        ),
        (
            "optional bool a_bool = 16;",
            "optional bool a_bool = 16; bool old = 250;",
            "compatible: field `old` of trait_first.Optionals was removed, and its number 250 is reserved",
        ),
        (
            "int32 an_int32 = 3;",
            "",
            "compatible: field `an_int32` of trait_first.Scalars was added with the number 3",
        ),
        (
            "int32 an_int32 = 3;",
            "reserved 3;",
            "breaking: field `an_int32` of trait_first.Scalars has the number 3, which was reserved",
        ),
        (
            "repeated double doubles = 1;",
            "double doubles = 1;",
            "breaking: field `doubles` of trait_first.Repeated changed from singular to repeated",
        ),
        (
            "optional bool a_bool = 16;",
            "bool a_bool = 16;",
            "breaking: field `a_bool` of trait_first.Optionals changed from singular to optional",
        ),
        (
            "map<string, string> texts = 1;",
            "map<string, bytes> texts = 1;",
            "breaking: field `texts` of trait_first.Maps changed from map<string, bytes> to map<string, string>",
        ),
        (
            "Tree special = 3;",
            "Scalars special = 3;",
            "breaking: field `special` of trait_first.Tree changed from trait_first.Scalars to trait_first.Tree",
        ),
        (
            "[json_name = \"N\"]",
            "",
            "breaking: field `number` of trait_first.Choices changed its JSON name from `number` to `N`",
        ),
        (
            "oneof other",
            "oneof another",
            "compatible: field `number` of trait_first.Choices moved from the oneof `another` to `other`",
        ),
        (
            "int32 first = 1;",
            "oneof one { int32 first = 1; }",
            "breaking: field `first` of trait_first.Choices is no longer in the oneof `one`",
        ),
        (
            "reserved 100, 200 to 299;",
            "reserved 100, 200 to 250;",
            "compatible: message trait_first.Optionals reserves 200 to 299",
        ),
        (
            "reserved \"gone\";",
            "reserved \"gone\", \"away\";",
            "compatible: message trait_first.Optionals no longer reserves the name `away`",
        ),
        (
            "COLOR_RED = 1;",
            "COLOR_RED = 2;",
            "breaking: value `COLOR_RED` of trait_first.Color changed its number from 2 to 1",
        ),
        (
            "COLOR_RED = 1;",
            "RED = 1;",
            "breaking: value 1 of trait_first.Color was renamed from `RED` to `COLOR_RED`, which changes its JSON name",
        ),
        (
            "COLOR_RED = 1;",
            "",
            "compatible: value `COLOR_RED` of trait_first.Color was added with the number 1",
        ),
        (
            "COLOR_RED = 1;",
            "COLOR_RED = 1; OLD = 3;",
            "breaking: value `OLD` of trait_first.Color was removed without reserving its number 3: add #[rpc(reserved(3))]",
        ),
        (
            "rpc Rest(",
            "rpc Sleep(",
            "breaking: method `Sleep` of trait_first.Catalog was removed",
        ),
        (
            "rpc Rest(",
            "rpc Sleep(",
            "compatible: method `Rest` of trait_first.Catalog was added",
        ),
        (
            "rpc Labels(stream Tree)",
            "rpc Labels(Tree)",
            "breaking: method `Labels` of trait_first.Catalog changed from unary to client streaming",
        ),
        (
            "rpc Labels(stream Tree)",
            "rpc Labels(stream Maps)",
            "breaking: method `Labels` of trait_first.Catalog changed its request type from trait_first.Maps to trait_first.Tree",
        ),
        (
            "service Catalog",
            "service Library",
            "breaking: service trait_first.Library was removed",
        ),
        (
            "message Everything {",
            "message Old {} message Everything {",
            "breaking: message trait_first.Old was removed",
        ),
        (
            "package trait_first;",
            "package other;",
            "breaking: the package changed from `other` to `trait_first`, which renames every method and type",
        ),
        (
            "// Adds two numbers.",
            "// Adds.",
            "compatible: comments, the order of definitions, or format",
        ),
    ] {
        assert!(exported.contains(now), "{now}");
        let text = told::<CatalogMethods>(&exported.replacen(now, before, 1));
        assert!(
            text.lines().any(|line| line.trim() == expected),
            "{now} was {before}: {text}"
        );
    }
}

/// Without fields, so that it is valid proto2, too.
#[derive(rsrpc_runtime::Message)]
#[rpc(package = "tiny")]
struct Tiny;

#[test]
fn syntax_mismatch_is_reported() {
    let text = told::<Tiny>("syntax = \"proto2\"; package tiny; message Tiny {}");
    assert_eq!(
        text,
        "a.proto differs from the export of the Rust definitions:\n  \
         breaking: the syntax changed from proto2 to proto3\nRSRPC_BLESS=1 overwrites it"
    );
}

#[test]
fn incomparable_files_are_reported() {
    let check = |path: &str, checked_in| {
        let found = Schema::of::<CatalogMethods>().check_proto(Path::new(path), checked_in);
        found.expect_err("no such file").to_string()
    };
    assert_eq!(
        check("nowhere/a.proto", CheckedIn::Missing),
        "nowhere/a.proto does not exist; RSRPC_BLESS=1 writes it"
    );
    assert_eq!(
        check(
            "Cargo.toml",
            CheckedIn::Broken("Cargo.toml:1:1: expected a definition")
        ),
        "Cargo.toml is not a .proto file: Cargo.toml:1:1: expected a definition\nRSRPC_BLESS=1 overwrites it"
    );
    assert_eq!(
        check("Cargo.toml", CheckedIn::Missing),
        "Cargo.toml differs from the export of the Rust definitions, and was written after this test was compiled: recompile \
         the test to list the differences\nRSRPC_BLESS=1 overwrites it"
    );
    assert_eq!(
        Schema::new()
            .check_proto(Path::new("a.proto"), CheckedIn::Missing)
            .expect_err("nothing")
            .to_string(),
        "nothing to export: the schema has no definitions in Rust"
    );
}

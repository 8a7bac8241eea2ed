//! Exact texts of diagnostics about editions, their features, and proto2 features that Rust lacks.

use std::fs;
use std::io::Write as _;
use std::process::{Command, Stdio};

use rsrpc_codegen::{Diagnostics, Options, Output, Request, generate};

/// Code is generated for the first file.
fn by_protoc(files: &[(&str, &str)]) -> Result<Output, Diagnostics> {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(directory.path().join(name), text).unwrap();
    }
    let set = directory.path().join("set");
    let status = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg("--include_imports")
        .arg("--include_source_info")
        .arg("--experimental_editions")
        .arg("--descriptor_set_out")
        .arg(&set)
        .arg("-I")
        .arg(directory.path())
        .arg("-I")
        .arg(protoc_bin_vendored::include_path().unwrap())
        .arg(files[0].0)
        .status()
        .unwrap();
    assert!(status.success());
    run(&fs::read(set).unwrap(), files[0].0)
}

/// Files that protoc refuses are written as the text of a `FileDescriptorProto`.
fn by_hand(file: &str) -> Result<Output, Diagnostics> {
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg("-I")
        .arg(protoc_bin_vendored::include_path().unwrap())
        .arg("--encode=google.protobuf.FileDescriptorSet")
        .arg("google/protobuf/descriptor.proto")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = format!("file {{ name: 'a.proto' package: 'a' {file} }}");
    protoc.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = protoc.wait_with_output().unwrap();
    assert!(output.status.success(), "{text}");
    run(&output.stdout, "a.proto")
}

fn run(set: &[u8], name: &str) -> Result<Output, Diagnostics> {
    generate(&Request::from_descriptor_set(set, vec![name.to_owned()], Options::default()).unwrap())
}

#[track_caller]
fn fails(result: Result<Output, Diagnostics>, expected: &str) {
    assert_eq!(
        result.map(|_| ()).map_err(|errors| errors.to_string()),
        Err(expected.to_owned())
    );
}

#[track_caller]
fn warns(text: &str, expected: &[&str]) {
    let warnings = by_protoc(&[("a.proto", text)]).unwrap().warnings;
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(warnings, expected);
}

#[test]
fn other_editions_are_refused() {
    fails(
        by_protoc(&[("a.proto", "// A comment.\nedition = \"UNSTABLE\";\npackage a;\n")]),
        "a.proto:2:1: edition UNSTABLE is not supported; the editions are 2023, 2024 and 2026",
    );
    for (edition, expected) in [
        (
            "edition: EDITION_UNSTABLE",
            "edition UNSTABLE is not supported; the editions are 2023, 2024 and 2026",
        ),
        (
            "edition: EDITION_99999_TEST_ONLY",
            "edition 99999_TEST_ONLY is not supported; the editions are 2023, 2024 and 2026",
        ),
        (
            "edition: EDITION_MAX",
            "the descriptor has the unknown edition number 2147483647; the editions are 2023, 2024 and 2026",
        ),
        // `syntax` implies these values.
        (
            "edition: EDITION_PROTO3",
            "the descriptor has the unknown edition number 999; the editions are 2023, 2024 and 2026",
        ),
        (
            "",
            "the descriptor does not say which edition the file uses; the editions are 2023, 2024 and 2026",
        ),
    ] {
        fails(
            by_hand(&format!("syntax: 'editions' {edition}")),
            &format!("a.proto: a: {expected}"),
        );
    }
    // Only the messages of an import matter.
    by_protoc(&[
        (
            "a.proto",
            "edition = \"2024\"; package a; import \"b.proto\"; message A { b.B b = 1; }",
        ),
        (
            "b.proto",
            "edition = \"UNSTABLE\"; package b; export message B {}",
        ),
    ])
    .unwrap();
}

#[test]
fn unknown_values_of_features_are_refused() {
    fails(
        by_hand(
            "syntax: 'editions' edition: EDITION_2023
             options { features { field_presence: FIELD_PRESENCE_UNKNOWN } }
             message_type {
               name: 'M'
               options { features { json_format: JSON_FORMAT_UNKNOWN } }
               field {
                 name: 'f' number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 oneof_index: 0
                 options { features { utf8_validation: UTF8_VALIDATION_UNKNOWN } }
               }
               field {
                 name: 'g' number: 2 label: LABEL_REPEATED type: TYPE_INT32
                 options { features { repeated_field_encoding: REPEATED_FIELD_ENCODING_UNKNOWN } }
               }
               oneof_decl { name: 'o' options { features { message_encoding: MESSAGE_ENCODING_UNKNOWN } } }
             }
             enum_type {
               name: 'E'
               options { features { enum_type: ENUM_TYPE_UNKNOWN } }
               value { name: 'ZERO' number: 0 }
             }",
        ),
        "a.proto: a: feature `field_presence` has the unknown value 0; it takes EXPLICIT, IMPLICIT or \
         LEGACY_REQUIRED\n\
         a.proto: a.M: feature `json_format` has the unknown value 0; it takes ALLOW or LEGACY_BEST_EFFORT\n\
         a.proto: a.M.o: feature `message_encoding` has the unknown value 0; it takes LENGTH_PREFIXED or \
         DELIMITED\n\
         a.proto: a.M.f: feature `utf8_validation` has the unknown value 0; it takes VERIFY or NONE\n\
         a.proto: a.M.g: feature `repeated_field_encoding` has the unknown value 0; it takes PACKED or EXPANDED\n\
         a.proto: a.E: feature `enum_type` has the unknown value 0; it takes OPEN or CLOSED",
    );
}

#[test]
fn unsupported_presence_is_refused() {
    let fields = "
        field {
          name: 'with_default' number: 1 label: LABEL_OPTIONAL type: TYPE_INT32 default_value: '5'
          options { features { field_presence: IMPLICIT } }
        }
        field {
          name: 'member' number: 2 label: LABEL_OPTIONAL type: TYPE_INT32 oneof_index: 0
          options { features { field_presence: LEGACY_REQUIRED } }
        }
        oneof_decl { name: 'o' }
        field {
          name: 'closed' number: 3 label: LABEL_OPTIONAL type: TYPE_ENUM type_name: '.a.E'
          options { features { field_presence: IMPLICIT } }
        }
        field { name: 'fine' number: 4 label: LABEL_OPTIONAL type: TYPE_ENUM type_name: '.a.E' }
        field { name: 'many' number: 5 label: LABEL_REPEATED type: TYPE_ENUM type_name: '.a.E' }";
    let closed = "
        enum_type {
          name: 'E'
          options { features { enum_type: CLOSED } }
          value { name: 'ONE' number: 1 }
        }";
    fails(
        by_hand(&format!(
            "syntax: 'editions' edition: EDITION_2024 message_type {{ name: 'M' {fields} }} {closed}"
        )),
        "a.proto: a.M.with_default: feature `field_presence` is IMPLICIT, which a field with a default value \
         cannot \
         have; set it to EXPLICIT, or leave the default value out\n\
         a.proto: a.M.member: feature `field_presence` is LEGACY_REQUIRED, but a member of a oneof cannot be \
         required; leave the feature out\n\
         a.proto: a.M.closed: feature `field_presence` is IMPLICIT, which a field of the closed enum `a.E` cannot \
         have; set it to EXPLICIT, or the enum's `enum_type` to OPEN",
    );
    let import = "name: 'b.proto' package: 'b' enum_type { name: 'E' value { name: 'ONE' number: 1 } }";
    fails(
        by_hand(&format!(
            "syntax: 'proto3' dependency: 'b.proto' message_type {{
               name: 'M'
               field {{ name: 'e' number: 1 label: LABEL_OPTIONAL type: TYPE_ENUM type_name: '.b.E' }}
             }} }} file {{ {import}"
        )),
        "a.proto: a.M.e: a proto3 field cannot hold the closed enum `b.E`; make the field `optional`",
    );
}

#[test]
fn recursive_required_messages_are_warned_of() {
    warns(
        "syntax = \"proto2\";\npackage a;\nmessage A {\n  required A a = 1;\n}\nmessage B {\n  required C c = \
         1;\n  \
         optional B b = 2;\n}\nmessage C {\n  required group D = 1 {\n    required B b = 1;\n  }\n  required A a = \
         2;\n}\n",
        &[
            "a.proto:4:3: warning: the required field `a` makes `a.A` require itself, so no message could be \
             complete; the field is treated as optional",
            "a.proto:7:3: warning: the required field `c` makes `a.B` require itself, so no message could be \
             complete; the field is treated as optional",
            "a.proto:11:3: warning: the required field `d` makes `a.C` require itself, so no message could be \
             complete; the field is treated as optional",
            "a.proto:12:5: warning: the required field `b` makes `a.C.D` require itself, so no message could be \
             complete; the field is treated as optional",
        ],
    );
    warns(
        "edition = \"2023\";\npackage a;\nmessage A {\n  A a = 1 [features.field_presence = LEGACY_REQUIRED];\n}\n",
        &[
            "a.proto:4:3: warning: the required field `a` makes `a.A` require itself, so no message could be \
             complete; the field is treated as optional",
        ],
    );
}

#[test]
fn unverified_utf8_strings_are_warned_of() {
    const SENTENCE: &str = "feature `utf8_validation` is NONE, but a Rust `String` is always UTF-8: other bytes \
                            fail to decode; declare such fields as `bytes`";
    warns(
        "edition = \"2023\";\npackage a;\noption features.utf8_validation = NONE;\nmessage M {\n  string a = 1;\n  \
         string b = 2 [features.utf8_validation = NONE];\n  string c = 3 [features.utf8_validation = VERIFY];\n}\n",
        &[
            &format!("a.proto:3:1: warning: {SENTENCE}"),
            &format!("a.proto:6:3: warning: {SENTENCE}"),
        ],
    );
}

#[test]
fn message_sets_are_warned_of() {
    warns(
        "syntax = \"proto2\";\npackage a;\n\nmessage M {\n  option message_set_wire_format = true;\n  \
         extensions 4 to \
         max;\n}\n",
        &[
            "a.proto:4:1: warning: `a.M` is a message set: it holds only extensions, which are skipped, so it \
             decodes as empty",
        ],
    );
}

#[test]
fn fields_of_one_json_name_are_warned_of() {
    warns(
        "syntax = \"proto2\";\npackage a;\nmessage M {\n  optional int32 foo_bar = 1;\n  optional int32 \
         foo__bar = 2;\n  \
         optional int32 fooBar = 3;\n}\n",
        &[
            "a.proto:4:3: warning: field `a.M.foo_bar` and field `a.M.fooBar` have the same JSON name, \
             `fooBar`; in JSON the first is named `foo_bar`; set its `json_name`",
            "a.proto:5:3: warning: field `a.M.foo__bar` and field `a.M.fooBar` have the same JSON name, \
             `fooBar`; in JSON the first is named `foo__bar`; set its `json_name`",
        ],
    );
    warns(
        "edition = \"2023\";\npackage a;\nmessage M {\n  option features.json_format = LEGACY_BEST_EFFORT;\n  \
         int32 a_b \
         = 1;\n  int32 aB = 2 [json_name = \"aB\"];\n}\n",
        &[
            "a.proto:5:3: warning: field `a.M.a_b` and field `a.M.aB` have the same JSON name, `aB`; in JSON \
             the first is named `a_b`; set its `json_name`",
        ],
    );
}

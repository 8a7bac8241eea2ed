//! Messages of editions compared with those of proto2 and proto3: same bytes, same JSON, and protoc's encoding.

use std::fmt::Debug;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rsrpc_goldens::editions::golden::editions::{e2023, e2024, proto2, proto3};
use rsrpc_goldens::runtime::JsonContext;
use rsrpc_goldens::runtime::json::{self, Json};
use rsrpc_goldens::runtime::prost::{Message, Name};

/// Encodes a message in text format with protoc.
fn protoc(message: &str, text: &str) -> Vec<u8> {
    let file = match message.split('.').nth(2) {
        Some("e2024") if message.ends_with("Modern") => "e2024_implicit",
        Some(package) => package,
        None => panic!("{message}"),
    };
    let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rsrpc-codegen/tests/golden/proto");
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg("-I")
        .arg(protos)
        .arg("-I")
        .arg(protoc_bin_vendored::include_path().unwrap())
        .arg(format!("--encode={message}"))
        .arg(format!("editions/{file}.proto"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    protoc.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = protoc.wait_with_output().unwrap();
    assert!(output.status.success(), "{message}: {text}");
    output.stdout
}

/// Decodes protoc's bytes, encodes them again, and compares the JSON in both directions.
#[track_caller]
fn check_one<M: Message + Name + Json + PartialEq + Debug>(text: &str, expected: &str) {
    let (name, context) = (M::full_name(), JsonContext::new());
    let bytes = protoc(&name, text);
    let message = M::decode(bytes.as_slice()).unwrap();
    assert_eq!(message.encode_to_vec(), bytes, "{name}: {message:?}");
    assert_eq!(json::to_string(&message, &context).unwrap(), expected, "{name}");
    assert!(
        json::from_str::<M>(expected, &context).unwrap() == message,
        "{name}: {message:?}"
    );
}

#[track_caller]
fn check_modern(text: &str, json: &str) {
    check_one::<proto3::Modern>(text, json);
    check_one::<e2023::Modern>(text, json);
    check_one::<e2024::Modern>(text, json);
}

#[track_caller]
fn check_legacy(text: &str, json: &str) {
    // Required fields must be set.
    let sub = if text.contains("sub {") { "" } else { "sub {}" };
    let text = &format!("{text} id: 0 kind: ONE {sub}");
    check_one::<proto2::Legacy>(text, json);
    check_one::<e2023::Legacy>(text, json);
    check_one::<e2024::Legacy>(text, json);
}

#[test]
fn edition_presence_matches_syntax() {
    check_modern("", "{}");
    check_modern(
        r#"implicit: 0 implicit_text: "" implicit_blob: "" implicit_kind: KIND_UNSPECIFIED"#,
        "{}",
    );
    check_modern(
        r#"explicit: 0 explicit_text: "" explicit_blob: "" explicit_kind: KIND_UNSPECIFIED child {}"#,
        r#"{"explicit":0,"explicitText":"","explicitBlob":"","explicitKind":"KIND_UNSPECIFIED","child":{}}"#,
    );
    check_modern(
        r#"implicit: -1 implicit_text: "t" implicit_blob: "b" implicit_kind: KIND_ONE ratio: 0.5"#,
        r#"{"implicit":-1,"implicitText":"t","implicitBlob":"Yg==","implicitKind":"KIND_ONE","ratio":0.5}"#,
    );
    check_legacy("", r#"{"id":0,"kind":"ONE","sub":{}}"#);
    check_legacy(
        r#"name: "" blob: "" other_kind: TWO sub { n: 0 }"#,
        r#"{"id":0,"name":"","kind":"ONE","otherKind":"TWO","sub":{"n":0},"blob":""}"#,
    );
}

#[test]
fn edition_packing_matches_syntax() {
    check_modern(
        "packed: [1, -2] expanded: [3, 4] kinds: [KIND_ONE, 7] expanded_kinds: [0, 1] packed_with_options: [0.5, 1]",
        r#"{"packed":["1","-2"],"expanded":[3,4],"kinds":["KIND_ONE",7],"expandedKinds":["KIND_UNSPECIFIED","KIND_ONE"],"packedWithOptions":[0.5,1]}"#,
    );
    check_legacy(
        "expanded: [1, 2] packed: [3, 4] kinds: [ONE, ALSO_TWO]",
        r#"{"id":0,"kind":"ONE","expanded":[1,2],"packed":["3","4"],"kinds":["ONE","TWO"],"sub":{}}"#,
    );
}

#[test]
fn delimited_messages_are_groups() {
    for (proto2, editions, json) in [
        (
            "Part { text: 'a' Inner {} Inner { ratio: nan } }",
            "part { text: 'a' inner {} inner { ratio: nan } }",
            None,
        ),
        (
            "Part {} Item { number: 1 } Item { number: -1 } Member { flag: true }",
            "part {} item { number: 1 } item { number: -1 } member { flag: true }",
            Some(
                r#"{"id":0,"kind":"ONE","part":{},"item":[{"number":"1"},{"number":"-1"}],"member":{"flag":true},"sub":{}}"#,
            ),
        ),
    ] {
        let required = "id: 0 kind: ONE sub {}";
        let bytes = protoc("golden.editions.proto2.Legacy", &format!("{proto2} {required}"));
        let editions = format!("{editions} {required}");
        assert_eq!(protoc("golden.editions.e2023.Legacy", &editions), bytes);
        assert_eq!(
            proto2::Legacy::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            bytes
        );
        assert_eq!(
            e2023::Legacy::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            bytes
        );
        assert_eq!(
            e2024::Legacy::decode(bytes.as_slice()).unwrap().encode_to_vec(),
            bytes
        );
        if let Some(json) = json {
            check_one::<proto2::Legacy>(&format!("{proto2} {required}"), json);
            check_one::<e2023::Legacy>(&editions, json);
            check_one::<e2024::Legacy>(&editions, json);
        }
    }
}

#[test]
fn maps_are_never_delimited() {
    check_modern(
        "children { key: 'k' value { child {} } }",
        r#"{"children":{"k":{"child":{}}}}"#,
    );
    check_modern(
        "kind_map { key: 1 value: KIND_ONE }",
        r#"{"kindMap":{"1":"KIND_ONE"}}"#,
    );
    check_legacy(
        "subs { key: 2 value { n: 3 } } zeros { key: 'z' value: MORE }",
        r#"{"id":0,"kind":"ONE","zeros":{"z":"MORE"},"subs":{"2":{"n":3}},"sub":{}}"#,
    );
}

#[test]
fn oneofs_hold_one_member() {
    for (text, json) in [
        ("flag: false", r#"{"flag":false}"#),
        ("other { other {} }", r#"{"other":{"other":{}}}"#),
        ("kind: KIND_UNSPECIFIED", r#"{"kind":"KIND_UNSPECIFIED"}"#),
    ] {
        check_modern(text, json);
    }
    check_legacy("text: ''", r#"{"id":0,"kind":"ONE","text":"","sub":{}}"#);
}

#[test]
fn recursive_delimited_messages_are_boxed() {
    check_one::<e2023::Left>(
        "right { left { n: 1 } member { right { over { left {} } } } again { again {} } } n: 2",
        r#"{"right":{"left":{"n":1},"member":{"right":{"over":{"left":{}}}},"again":{"again":{}}},"n":2}"#,
    );
}

#[test]
fn syntaxes_can_be_mixed() {
    check_one::<e2024::Mixed>(
        "legacy { id: 1 kind: TWO sub {} } modern { explicit: 0 packed: [1, 2] } modern {} left { right {} } open: \
         KIND_ONE closed: TWO",
        r#"{"legacy":{"id":1,"kind":"TWO","sub":{}},"modern":[{"explicit":0,"packed":["1","2"]},{}],"left":{"right":{}},"open":"KIND_ONE","closed":"TWO"}"#,
    );
}

#[test]
fn edition_default_values() {
    fn check<M: Default + Message>(name: fn(&M) -> &str, blob: fn(&M) -> &[u8]) {
        assert_eq!(
            (name(&M::default()), blob(&M::default())),
            ("a \"name\"", &b"\x01\xff\n"[..])
        );
    }
    check(proto2::Legacy::name, proto2::Legacy::blob);
    check(e2023::Legacy::name, e2023::Legacy::blob);
    check(e2024::Legacy::name, e2024::Legacy::blob);
    // An alias has the value of its number.
    assert_eq!(proto2::Legacy::default().other_kind(), proto2::legacy::Kind::Two);
    assert_eq!(e2023::Legacy::default().other_kind(), e2023::legacy::Kind::Two);
    assert_eq!(e2024::Legacy::default().other_kind(), e2024::legacy::Kind::Two);
    // A required closed enum defaults to its first value, which is not zero here.
    assert_eq!(e2023::Legacy::default().kind(), e2023::legacy::Kind::One);
    assert_eq!(e2023::legacy::part::Inner::default().ratio(), f32::NEG_INFINITY);
    assert_eq!(e2024::legacy::Sub::default().n(), u32::MAX);
}

/// A closed enum keeps an unknown number in its field, and its accessor returns the default. In JSON the number is
/// invalid.
#[test]
fn closed_enums() {
    fn check<M: Message + Name + Json>(kind: fn(&M) -> i32) {
        let bytes = [0x20, 9];
        let message = M::decode(&bytes[..]).unwrap();
        assert_eq!(kind(&message), 9);
        assert!(message.encode_to_vec().windows(2).any(|found| found == bytes));
        let context = JsonContext::new();
        let error = json::from_str::<M>(r#"{"otherKind":9}"#, &context)
            .map(drop)
            .unwrap_err();
        assert_eq!(error.to_string(), "otherKind: 9 is not a number of the enum");
        let lenient = JsonContext::new().ignore_unknown(true);
        assert_eq!(
            kind(&json::from_str::<M>(r#"{"otherKind":9}"#, &lenient).unwrap()),
            -1
        );
        assert_eq!(
            kind(&json::from_str::<M>(r#"{"otherKind":2}"#, &context).unwrap()),
            2
        );
    }
    check::<proto2::Legacy>(|message| message.other_kind.unwrap_or(-1));
    check::<e2023::Legacy>(|message| message.other_kind.unwrap_or(-1));
    check::<e2024::Legacy>(|message| message.other_kind.unwrap_or(-1));
    let open = json::from_str::<e2024::Modern>(r#"{"implicitKind":9}"#, &JsonContext::new()).unwrap();
    assert_eq!(open.implicit_kind, 9);
}

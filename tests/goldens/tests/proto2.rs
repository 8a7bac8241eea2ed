//! Corner cases of proto2 compared with protoc.

use std::fmt::Debug;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use rsrpc_goldens::proto2_corners::golden::proto2_corners::{
    Defaults, Endless, Extended, Groups, JsonNames, OnlyExtensions, Packed, Required, Signed, groups, r#type,
};
use rsrpc_goldens::runtime::JsonContext;
use rsrpc_goldens::runtime::json::{self, Json};
use rsrpc_goldens::runtime::prost::{Message, Name};

fn protoc(message: &str, text: &str) -> Vec<u8> {
    let protos = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../rsrpc-codegen/tests/golden/proto");
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg("-I")
        .arg(protos)
        .arg(format!("--encode={message}"))
        .arg("proto2_corners.proto")
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
fn check<M: Message + Name + Json + PartialEq + Debug>(text: &str, expected: &str) {
    let context = JsonContext::new();
    let bytes = protoc(&M::full_name(), text);
    let message = M::decode(bytes.as_slice()).unwrap();
    assert_eq!(message.encode_to_vec(), bytes, "{message:?}");
    assert_eq!(json::to_string(&message, &context).unwrap(), expected);
    assert_eq!(json::from_str::<M>(expected, &context).unwrap(), message);
}

#[test]
fn defaults() {
    let message = Defaults::default();
    assert!(message.encode_to_vec().is_empty());
    assert_eq!(message.a_double(), f64::MAX);
    assert_eq!(message.tiny(), 5e-324);
    assert_eq!(message.minus_zero().to_bits(), (-0.0_f64).to_bits());
    assert_eq!(message.infinite(), f64::INFINITY);
    assert!(message.nan().is_nan() && message.not_a_number().is_nan());
    assert_eq!(
        (message.a_float(), message.minus_infinite(), message.whole()),
        (-1e38, f32::NEG_INFINITY, 3.0)
    );
    assert_eq!((message.an_int32(), message.an_int64()), (i32::MIN, i64::MIN));
    assert_eq!((message.a_uint32(), message.a_uint64()), (u32::MAX, u64::MAX));
    assert_eq!((message.a_sint32(), message.a_sint64()), (0o17, i64::MAX));
    assert_eq!((message.a_fixed32(), message.a_fixed64()), (1, 1));
    assert_eq!((message.a_sfixed32(), message.a_sfixed64()), (-1, -1));
    assert!(message.a_bool() && !message.r#false());
    assert_eq!(message.text(), "\"'\\ {} \n\r\t\0 \x7f ü € #\"# ??/ /* */ $x");
    assert_eq!(
        message.blob(),
        b"\0\x01\x7f\x80\xff\x07\x08\x0c\n\r\t\x0b\\'\"?{}"
    );
    assert_eq!((message.empty(), message.no_bytes()), ("", &b""[..]));
    assert_eq!((message.signed(), message.alias()), (Signed::Minus, Signed::One));
    assert_eq!(message.nested(), r#type::Kind::Self_);
    assert_eq!(
        (message.r#type(), message.encoded_len.unwrap_or(30)),
        ("type", 30)
    );
    // Required fields are always present.
    let required = Required::default();
    assert_eq!(
        (required.with_default.as_str(), required.signed_with_default()),
        ("required", Signed::One)
    );
    assert_eq!(required.signed(), Signed::One);
}

#[test]
fn proto2_round_trip() {
    check::<Defaults>(
        "a_double: 0 text: '' signed: SIGNED_MAX alias: SIGNED_AGAIN nested: self imported: ONE type: '' encoded_len: 1",
        r#"{"aDouble":0,"text":"","signed":"SIGNED_MAX","alias":"SIGNED_ONE","nested":"self","imported":"ONE","type":"","encodedLen":1}"#,
    );
    check::<Required>(
        "a_double: 0 a_float: 0 an_int64: 0 a_uint32: 0 a_bool: false text: '' blob: '' signed: SIGNED_MIN type {} \
         Grouped { n: 0 } loop { loops {} } with_default: '' signed_with_default: SIGNED_MINUS",
        r#"{"aDouble":0,"aFloat":0,"anInt64":"0","aUint32":0,"aBool":false,"text":"","blob":"","signed":"SIGNED_MIN","type":{},"grouped":{"n":0},"loop":{"loops":[{}]},"withDefault":"","signedWithDefault":"SIGNED_MINUS"}"#,
    );
    check::<Packed>(
        "doubles: [0, 1] floats: [0, 1] int32s: [0, -1] sint64s: [0, -1] fixed64s: [0, 1] bools: [true, false] enums: \
         [SIGNED_MAX, SIGNED_MINUS] expanded: [true, false] deprecated_one: [1, 2] as_text: [1, 2] cord: 'c'",
        r#"{"doubles":[0,1],"floats":[0,1],"int32s":[0,-1],"sint64s":["0","-1"],"fixed64s":["0","1"],"bools":[true,false],"enums":["SIGNED_MAX","SIGNED_MINUS"],"expanded":[true,false],"deprecatedOne":[1,2],"asText":["1","2"],"cord":"Yw=="}"#,
    );
    check::<Groups>(
        "Self { Inner { up { Self {} } by_name { key: 'k' value { number: 1 } } } } Type { n: 1 } Type { n: 2 Option { \
         some: 's' } } Vec { n: [1, 2] }",
        r#"{"self":{"inner":{"up":{"self":{}},"byName":{"k":{"number":1}}}},"type":[{"n":1},{"n":2,"option":{"some":"s"}}],"vec":{"n":[1,2]}}"#,
    );
    for (text, expected) in [
        ("Box { groups { Box {} } }", r#"{"box":{"groups":{"box":{}}}}"#),
        ("number: 0", r#"{"number":0}"#),
        ("blob: ''", r#"{"blob":""}"#),
        ("signed: SIGNED_MIN", r#"{"signed":"SIGNED_MIN"}"#),
        ("part { text: 'p' }", r#"{"part":{"text":"p"}}"#),
    ] {
        check::<Groups>(text, expected);
    }
    check::<JsonNames>(
        "a: 1 b: 2 c__d: 3 _e: 4",
        r#"{"\"quoted\" \\ ü":1,"b":2,"cD":3,"E":4}"#,
    );
}

#[test]
fn recursive_required_messages() {
    assert_eq!(Endless::default().encode_to_vec(), [0x18, 0]);
    let bytes = [0x0a, 2, 0x18, 1, 0x13, 0x0a, 2, 0x10, 2, 0x14, 0x18, 3];
    let message = Endless::decode(&bytes[..]).unwrap();
    assert_eq!(message.endless.as_ref().unwrap().n, 1);
    let other = message.between.as_ref().unwrap().other.as_ref().unwrap();
    assert_eq!((other.n, &other.endless), (2, &None));
    // Required fields are written even where recursion ends.
    assert_eq!(message.encode_to_vec(), bytes);
}

/// Extensions are skipped, including malformed ones.
#[test]
fn extensions() {
    let text = "before: 1 [golden.proto2_corners.Extended.within]: 'w' [golden.proto2_corners.Extended.nested] { n: 1 } \
                [golden.proto2_corners.more] { before: 2 } [golden.proto2_corners.outside] { n: 3 }";
    let bytes = protoc("golden.proto2_corners.Extended", text);
    let message = Extended::decode(bytes.as_slice()).unwrap();
    assert_eq!(message, Extended { before: Some(1) });
    assert_eq!(message.encode_to_vec(), [8, 1]);
    OnlyExtensions::decode(bytes.as_slice()).unwrap();
    // An unfinished group, and ends of other groups.
    for broken in [&[0x0b][..], &[0x0b, 0x14], &[0x0c]] {
        assert!(Groups::decode(broken).is_err(), "{broken:?}");
    }
    assert_eq!(
        Groups::decode(&[0x0b, 0x0c][..]).unwrap().self_,
        Some(Box::new(groups::Self_::default()))
    );
}

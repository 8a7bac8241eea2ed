//! `google.protobuf.Any`.

use std::sync::Arc;

use prost_types::Any;

use super::messages::{EchoMessage, Everything, SubtractRequest};
use super::{Error, Ok, check, check_in};
use crate::call::{JsonContext, MessageCodec};
use crate::json::{Types, from_str, to_string};

fn context() -> JsonContext {
    let types = Types::new()
        .with(MessageCodec::<SubtractRequest>::protobuf("test.Subtract").json())
        .with(MessageCodec::<EchoMessage>::protobuf("test.Echo").json())
        .with(MessageCodec::<Everything>::protobuf("test.Everything").json())
        .with(MessageCodec::<EchoMessage>::protobuf("test.NoJson"));
    JsonContext::new().types(Arc::new(types))
}

#[test]
fn known_types() {
    for (input, expected) in [
        ("{}", Ok("{}")),
        (
            r#"{"@type":"x/test.Subtract"}"#,
            Ok(r#"{"@type":"x/test.Subtract"}"#),
        ),
        (
            r#"{"minuend":1,"@type":"x/test.Subtract"}"#,
            Ok(r#"{"@type":"x/test.Subtract","minuend":1}"#),
        ),
        (
            r#"{"@type":"a/b/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}"#,
            Ok(r#"{"@type":"a/b/google.protobuf.Timestamp","value":"1970-01-01T00:00:00Z"}"#),
        ),
        (
            r#"{"@type":"x/google.protobuf.Int64Value","value":12}"#,
            Ok(r#"{"@type":"x/google.protobuf.Int64Value","value":"12"}"#),
        ),
        (
            r#"{"@type":"x/google.protobuf.Empty"}"#,
            Ok(r#"{"@type":"x/google.protobuf.Empty"}"#),
        ),
        (
            r#"{"@type":"x/google.protobuf.Empty","value":{}}"#,
            Ok(r#"{"@type":"x/google.protobuf.Empty"}"#),
        ),
        (
            r#"{"value":{"@type":"x/test.Subtract","subtrahend":2},"@type":"x/google.protobuf.Any"}"#,
            Ok(r#"{"@type":"x/google.protobuf.Any","value":{"@type":"x/test.Subtract","subtrahend":2}}"#),
        ),
        (
            r#"{"@type":"x/test.Everything","any":{"@type":"x/google.protobuf.BoolValue","value":true}}"#,
            Ok(
                r#"{"@type":"x/test.Everything","required":"","any":{"@type":"x/google.protobuf.BoolValue","value":true}}"#,
            ),
        ),
        (
            r#"{"@type":"x/test.Unknown","value":"AQ"}"#,
            Ok(r#"{"@type":"x/test.Unknown","value":"AQ=="}"#),
        ),
        (r#"{"minuend":1}"#, Error("`@type` is missing")),
        (r#"{"@type":""}"#, Error("is not a type URL")),
        (r#"{"@type":"test.Subtract"}"#, Error("is not a type URL")),
        (r#"{"@type":"x/"}"#, Error("is not a type URL")),
        (r#"{"@type":1}"#, Error("invalid type")),
        (r#"{"@type":null}"#, Error("invalid type")),
        (
            r#"{"@type":"x/test.Unknown","minuend":1}"#,
            Error("unknown field `minuend`"),
        ),
        (
            r#"{"@type":"x/test.Unknown","value":{}}"#,
            Error("test.Unknown is not a known type"),
        ),
        (r#"{"@type":"x/test.Unknown"}"#, Error("`value` is missing")),
        (
            r#"{"@type":"x/test.Subtract","bogus":1}"#,
            Error("unknown field `bogus`"),
        ),
        (
            r#"{"@type":"x/test.Subtract","minuend":1,"minuend":1}"#,
            Error("minuend: the field appears twice"),
        ),
        (
            r#"{"@type":"x/test.Subtract","@type":"x/test.Subtract"}"#,
            Error("`@type` appears twice"),
        ),
        (
            r#"{"@type":"x/google.protobuf.Timestamp"}"#,
            Error("`value` is missing"),
        ),
        (
            r#"{"@type":"x/google.protobuf.BoolValue","value":true,"value":true}"#,
            Error("`value` appears twice"),
        ),
        (
            r#"{"@type":"x/google.protobuf.BoolValue","value":true,"a":1}"#,
            Error("unknown field `a`"),
        ),
        (
            r#"{"@type":"x/google.protobuf.BoolValue","value":null}"#,
            Error("null is not a message"),
        ),
        (r#"{"@type":"x/test.NoJson"}"#, Error("lacks an encoding")),
        ("[]", Error("invalid type")),
    ] {
        check_in::<Any>(&context(), input, expected);
    }
    check::<Any>(
        r#"{"@type":"x/google.protobuf.Value","value":null}"#,
        Ok(r#"{"@type":"x/google.protobuf.Value","value":null}"#),
    );
    check_in::<Any>(
        &context().ignore_unknown(true),
        r#"{"@type":"x/test.Subtract","a":{},"minuend":1}"#,
        Ok(r#"{"@type":"x/test.Subtract","minuend":1}"#),
    );
}

#[test]
fn invalid_contents() {
    let write = |type_url: &str, value: &[u8]| {
        let any = Any {
            type_url: type_url.into(),
            value: value.into(),
        };
        to_string(&any, &context()).map_err(|error| error.to_string())
    };
    super::compare("", write("", b"x"), Error("is not a type URL"));
    super::compare(
        "",
        write("x/test.Subtract", b"\x08"),
        Error("does not contain a valid test.Subtract"),
    );
}

/// Each level is parsed separately: neither stack use nor time may grow with their product.
#[test]
fn any_nesting_depth_is_limited() {
    let nested = |levels: usize, innermost: &str| {
        let open = r#"{"@type":"x/google.protobuf.Any","value":"#;
        format!("{}{innermost}{}", open.repeat(levels), "}".repeat(levels))
    };
    let context = context();
    let any: Any = from_str(&nested(10, "{}"), &context).unwrap();
    assert_eq!(to_string(&any, &context).unwrap(), nested(10, "{}"));
    for levels in [20, 1_000, 100_000] {
        let error = from_str::<Any>(&nested(levels, "{}"), &context)
            .unwrap_err()
            .to_string();
        assert!(error.contains("too deeply"), "{error}");
    }
    let deep = format!(
        r#"{{"@type":"x/test.Echo","child":{}{{}}{}}}"#,
        r#"{"text":"\"}","child":"#.repeat(100_000),
        "}".repeat(100_000)
    );
    assert!(
        from_str::<Any>(&deep, &context)
            .unwrap_err()
            .to_string()
            .contains("too deeply")
    );

    let mut any = Any::default();
    for _ in 0..100 {
        any = Any::from_msg(&any).unwrap();
    }
    assert!(
        to_string(&any, &context)
            .unwrap_err()
            .to_string()
            .contains("too deeply")
    );
}

//! Tests of JSON-RPC `params` as a message.

use prost_types::{Any, Duration, FieldMask, ListValue, Struct, Timestamp, Value};

use super::messages::{EchoMessage, SubtractRequest, WrapMessage};
use super::{Error, Expected, Ok, compare};
use crate::call::{JsonContext, MessageCodec};
use crate::json::{Json, params_from_str, to_string};

#[track_caller]
fn check<M: Json>(params: impl Into<Option<&'static str>>, expected: Expected) {
    let params = params.into();
    let context = JsonContext::new();
    let output = params_from_str::<M>(params, &context).and_then(|message| to_string(&message, &context));
    compare(
        params.unwrap_or("absent"),
        output.map_err(|error| error.to_string()),
        expected,
    );
}

#[test]
fn messages() {
    for (params, expected) in [
        ("[42,23]", Ok(r#"{"minuend":42,"subtrahend":23}"#)),
        ("[\"42\",23.0]", Ok(r#"{"minuend":42,"subtrahend":23}"#)),
        ("[null,3]", Ok(r#"{"subtrahend":3}"#)),
        ("[5]", Ok(r#"{"minuend":5}"#)),
        ("[]", Ok("{}")),
        ("[null]", Ok("{}")),
        ("null", Ok("{}")),
        ("{}", Ok("{}")),
        (" [ { \"minuend\":5 } ] ", Ok(r#"{"minuend":5}"#)),
        ("[{}]", Ok("{}")),
        ("[5,3,1]", Error("too many positional params: the message has 2")),
        (
            "[5,3,null]",
            Error("too many positional params: the message has 2"),
        ),
        ("[{},1]", Error("too many positional params: the message has 1")),
        ("[1,{}]", Error("subtrahend: invalid type")),
        ("[\"x\",3]", Error("minuend: x is not a number")),
        ("[[1]]", Error("minuend: invalid type")),
        ("[1", Error("EOF")),
        ("[1]]", Error("trailing characters")),
        ("7", Error("invalid type")),
    ] {
        check::<SubtractRequest>(params, expected);
    }
    check::<SubtractRequest>(None, Ok("{}"));
    check::<WrapMessage>("[{\"text\":\"x\"}]", Ok(r#"{"inner":{"text":"x"}}"#));
    check::<WrapMessage>("[{\"inner\":{}}]", Error("inner: unknown field `inner`"));
    check::<WrapMessage>("[{},7]", Ok(r#"{"inner":{},"n":7}"#));
    check::<EchoMessage>(
        r#"["t",1,[1,2],"KIND_ONE",{},"a"]"#,
        Ok(r#"{"text":"t","bigNumber":"1","nums":[1,2],"kind":"KIND_ONE","child":{},"a":"a"}"#),
    );
    check::<EchoMessage>(r#"[null,null,null,null,null,null,0]"#, Ok(r#"{"b":0}"#));
    check::<EchoMessage>(r#"[null,null,null,null,null,"a",0]"#, Error("b: another member"));
}

#[test]
fn special_requests() {
    check::<ListValue>("[1,[2]]", Ok("[1,[2]]"));
    check::<ListValue>("[]", Ok("[]"));
    check::<ListValue>(None, Ok("[]"));
    check::<ListValue>("{}", Error("requires an array"));
    check::<Struct>("{\"a\":1}", Ok("{\"a\":1}"));
    check::<Struct>("[{\"a\":1}]", Ok("{\"a\":1}"));
    check::<Struct>("[1]", Error("invalid type"));
    check::<Struct>("[{},{}]", Error("too many positional params"));
    check::<Any>("[{}]", Ok("{}"));
    check::<Any>("{}", Ok("{}"));
    check::<Value>("[1]", Ok("[1]"));
    check::<Value>("{\"a\":1}", Ok("{\"a\":1}"));
    check::<Value>("null", Ok("null"));
    check::<Value>(None, Ok("null"));
    check::<i32>("[5]", Ok("5"));
    check::<i32>("[null]", Ok("0"));
    check::<i32>("[]", Ok("0"));
    check::<i32>(None, Ok("0"));
    check::<i32>("[1,2]", Error("too many positional params"));
    check::<i32>("{\"value\":5}", Error("requires an array"));
    check::<i64>("[5]", Ok("\"5\""));
    check::<Vec<u8>>("[\"AA\"]", Ok("\"AA==\""));
    check::<Timestamp>("[\"1970-01-01T00:00:00Z\"]", Ok("\"1970-01-01T00:00:00Z\""));
    check::<Timestamp>("{}", Error("requires an array"));
    check::<Duration>("[\"1s\"]", Ok("\"1s\""));
    check::<FieldMask>("[\"a,b\"]", Ok("\"a,b\""));
    for params in [
        None,
        Some("[]"),
        Some("{}"),
        Some("[{}]"),
        Some("null"),
        Some(" [ { } ] "),
    ] {
        check::<()>(params, Ok("{}"));
    }
    check::<()>("[null]", Error("too many positional params"));
    check::<()>("[1]", Error("invalid type"));
    check::<()>("{\"a\":1}", Error("unknown field"));
}

/// Checks that a server reads back the `params` that a client writes.
#[test]
fn written_params_read_back() {
    fn check<M: Json + prost::Message + PartialEq + std::fmt::Debug>(json: &str, expected: &str) {
        let context = JsonContext::new();
        let codec = const { MessageCodec::<M>::protobuf("test.M").json() };
        let codec = codec.as_json().unwrap();
        let message = (codec.decode)(json, &context).unwrap();
        let mut output = b"before".to_vec();
        (codec.encode_params)(&message, &context, &mut output).unwrap();
        let params = std::str::from_utf8(&output[6..]).unwrap();
        assert_eq!(params, expected);
        assert_eq!((codec.decode_params)(Some(params), &context).unwrap(), message);
    }
    check::<EchoMessage>("{\"nums\":[1]}", "{\"nums\":[1]}");
    check::<i32>("5", "[5]");
    check::<String>("\"a\"", "[\"a\"]");
    check::<Timestamp>("\"1970-01-01T00:00:00Z\"", "[\"1970-01-01T00:00:00Z\"]");
    check::<ListValue>("[[]]", "[[]]");
    check::<Struct>("{}", "{}");
    check::<Value>("null", "null");
    check::<Value>("[{}]", "[{}]");
    check::<Any>("{}", "{}");
    check::<()>("{}", "{}");

    let codec = MessageCodec::<Value>::protobuf("google.protobuf.Value").json();
    let value = crate::json::from_str("5", &JsonContext::new()).unwrap();
    let mut output = b"before".to_vec();
    let error =
        (codec.as_json().unwrap().encode_params)(&value, &JsonContext::new(), &mut output).unwrap_err();
    assert!(error.to_string().contains("must be an array, an object or null"));
    assert_eq!(output, b"before");
}

//! Fields of every kind, and invalid messages.

use super::messages::{EchoMessage, Everything, SubtractRequest};
use super::{Error, Ok, check, check_in};
use crate::call::JsonContext;
use crate::json::{MapKey, from_str};

#[test]
fn echo_messages() {
    for (input, expected) in [
        ("{}", Ok("{}")),
        (" {\n} ", Ok("{}")),
        (
            r#"{"text":"x","bigNumber":"7"}"#,
            Ok(r#"{"text":"x","bigNumber":"7"}"#),
        ),
        (r#"{"big_number":7}"#, Ok(r#"{"bigNumber":"7"}"#)),
        (r#"{"b":0,"text":""}"#, Ok(r#"{"b":0}"#)),
        (r#"{"a":"","kind":"KIND_UNSPECIFIED"}"#, Ok(r#"{"a":""}"#)),
        (r#"{"a":null,"b":1}"#, Ok(r#"{"b":1}"#)),
        (r#"{"b":1,"a":null}"#, Ok(r#"{"b":1}"#)),
        (r#"{"kind":"KIND_ONE"}"#, Ok(r#"{"kind":"KIND_ONE"}"#)),
        (r#"{"kind":"KIND_UN"}"#, Ok(r#"{"kind":"KIND_ONE"}"#)),
        (r#"{"kind":1.0}"#, Ok(r#"{"kind":"KIND_ONE"}"#)),
        (r#"{"kind":99}"#, Ok(r#"{"kind":99}"#)),
        (r#"{"kind":-1}"#, Ok(r#"{"kind":-1}"#)),
        (r#"{"nums":[1,"2",3.0]}"#, Ok(r#"{"nums":[1,2,3]}"#)),
        (r#"{"nums":[],"child":{}}"#, Ok(r#"{"child":{}}"#)),
        (
            r#"{"text":null,"bigNumber":null,"nums":null,"kind":null,"child":null}"#,
            Ok("{}"),
        ),
        (r#"{"t\u0065xt":"\ud83d\ude00\n"}"#, Ok(r#"{"text":"😀\n"}"#)),
        (
            r#"{"child":{"child":{"nums":[1]}}}"#,
            Ok(r#"{"child":{"child":{"nums":[1]}}}"#),
        ),
        (
            r#"{"a":"x","b":1}"#,
            Error("b: another member of the oneof is set"),
        ),
        (
            r#"{"text":"x","text":"y"}"#,
            Error("text: the field appears twice"),
        ),
        (
            r#"{"text":null,"text":"y"}"#,
            Error("text: the field appears twice"),
        ),
        (
            r#"{"bigNumber":1,"big_number":1}"#,
            Error("bigNumber: the field appears twice"),
        ),
        (r#"{"Text":"x"}"#, Error("unknown field `Text`")),
        (
            r#"{"child":{"child":{"bogus":1}}}"#,
            Error("child.child: unknown field `bogus`"),
        ),
        (
            r#"{"child":{"bigNumber":1.5}}"#,
            Error("child.bigNumber: 1.5 is not an integer"),
        ),
        (r#"{"nums":[1,null]}"#, Error("nums[1]: null is not allowed here")),
        (r#"{"nums":[1,[2]]}"#, Error("nums[1]: invalid type")),
        (r#"{"nums":5}"#, Error("nums: invalid type")),
        (r#"{"child":[]}"#, Error("child: invalid type")),
        (
            r#"{"kind":"KIND_TWO"}"#,
            Error("kind: KIND_TWO is not a name of the enum"),
        ),
        (r#"{"kind":"1"}"#, Error("kind: 1 is not a name of the enum")),
        (r#"{"kind":1.5}"#, Error("kind: 1.5 is not an integer")),
        (
            r#"{"kind":2147483648}"#,
            Error("kind: 2147483648 is out of range"),
        ),
        (r#"{"text":1}"#, Error("text: invalid type")),
        (r#"{"text":"\ud83d"}"#, Error("text: ")),
        ("{}{}", Error("trailing characters")),
        ("{} x", Error("trailing characters")),
        ("null", Error("null is not a message")),
        ("[]", Error("invalid type")),
        ("", Error("EOF")),
        (r#"{"text":"x",}"#, Error("trailing comma")),
    ] {
        check::<EchoMessage>(input, expected);
    }
}

#[test]
fn other_shapes() {
    for (input, expected) in [
        ("{}", Ok(r#"{"required":""}"#)),
        (
            r#"{"optional":0,"optionalKind":0}"#,
            Ok(r#"{"optional":0,"optionalKind":"KIND_UNSPECIFIED","required":""}"#),
        ),
        (
            r#"{"kinds":["KIND_ONE",0,7]}"#,
            Ok(r#"{"kinds":["KIND_ONE","KIND_UNSPECIFIED",7],"required":""}"#),
        ),
        (
            r#"{"kindMap":{"":1}}"#,
            Ok(r#"{"kindMap":{"":"KIND_ONE"},"required":""}"#),
        ),
        (
            r#"{"messages":{"true":{},"false":{"minuend":1}}}"#,
            Ok(r#"{"messages":{"false":{"minuend":1},"true":{}},"required":""}"#),
        ),
        (
            r#"{"blobs":{"-1":"AQI=","9223372036854775807":""}}"#,
            Ok(r#"{"blobs":{"-1":"AQI=","9223372036854775807":""},"required":""}"#),
        ),
        (
            r#"{"blob":"-_","many":["","AA"]}"#,
            Ok(r#"{"blob":"+w==","required":"","many":["","AA=="]}"#),
        ),
        (
            r#"{"wrapper":0,"float":-0.0}"#,
            Ok(r#"{"float":-0.0,"wrapper":"0","required":""}"#),
        ),
        (
            r#"{"wrapper":null,"value":null,"null":null}"#,
            Ok(r#"{"value":null,"null":null,"required":""}"#),
        ),
        (r#"{"null":"NULL_VALUE"}"#, Ok(r#"{"null":null,"required":""}"#)),
        (r#"{"nothing":null}"#, Ok(r#"{"required":"","nothing":null}"#)),
        (
            r#"{"boxed":{"kind":"KIND_UNSPECIFIED"}}"#,
            Ok(r#"{"required":"","boxed":{"required":"","kind":"KIND_UNSPECIFIED"}}"#),
        ),
        (
            r#"{"kind":1,"nothing":null}"#,
            Error("nothing: another member of the oneof is set"),
        ),
        (
            r#"{"kindMap":{"a":null}}"#,
            Error("kindMap: null is not allowed here"),
        ),
        (
            r#"{"kindMap":{"a":1,"a":1}}"#,
            Error("kindMap: a key appears twice"),
        ),
        (
            r#"{"messages":{"yes":{}}}"#,
            Error("messages: yes is not a key of this map"),
        ),
        (r#"{"messages":{true:{}}}"#, Error("key must be a string")),
        (r#"{"blobs":{"1.5":""}}"#, Error("blobs: 1.5 is not a key")),
        (r#"{"blob":"!"}"#, Error("blob: ! is not base64")),
        (
            r#"{"value":[null,{"a":[]}]}"#,
            Ok(r#"{"value":[null,{"a":[]}],"required":""}"#),
        ),
    ] {
        check::<Everything>(input, expected);
    }
}

#[test]
fn unknown_members_can_be_skipped() {
    let lenient = JsonContext::new().ignore_unknown(true);
    for (input, expected) in [
        (
            r#"{"minuend":1,"x":{"y":[1,{}]},"x":null,"subtrahend":2}"#,
            Ok(r#"{"minuend":1,"subtrahend":2}"#),
        ),
        (r#"{"minuend":"x"}"#, Error("minuend: x is not a number")),
        (r#"{"minuend":1,"minuend":1}"#, Error("appears twice")),
    ] {
        check_in::<SubtractRequest>(&lenient, input, expected);
    }
    for (input, expected) in [
        (r#"{"optionalKind":"NEW"}"#, Ok(r#"{"required":""}"#)),
        (
            r#"{"kinds":["NEW","KIND_ONE"]}"#,
            Ok(r#"{"kinds":["KIND_ONE"],"required":""}"#),
        ),
        (
            r#"{"kindMap":{"a":"NEW","b":1}}"#,
            Ok(r#"{"kindMap":{"b":"KIND_ONE"},"required":""}"#),
        ),
        (r#"{"kind":"NEW"}"#, Ok(r#"{"required":""}"#)),
    ] {
        check_in::<Everything>(&lenient, input, expected);
    }
}

#[test]
fn keys() {
    assert_eq!(u64::parse("18446744073709551615"), Some(u64::MAX));
    assert_eq!(u32::parse("-1"), None);
    assert_eq!(i32::parse(""), None);
    assert_eq!(bool::parse("True"), None);
}

#[test]
fn a_message_reads_into_its_fields() {
    let message: EchoMessage = from_str(r#"{"nums":[1],"kind":1,"b":2}"#, &JsonContext::new()).unwrap();
    assert_eq!((message.nums, message.kind), (vec![1], 1));
}

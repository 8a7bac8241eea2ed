//! The goldens of the JSON emitter compile and behave like proto3 JSON.

use rsrpc_runtime::{JsonContext, json};

#[allow(missing_docs, unreachable_pub, dead_code, clippy::all)]
mod kitchen {
    include!("json/kitchen.rs");
}

#[allow(missing_docs, unreachable_pub, dead_code, clippy::all)]
mod legacy {
    include!("json/legacy.rs");
}

use kitchen::Everything;
use legacy::Legacy;

/// Reads `input`, converts it through its bytes, and writes it again.
#[track_caller]
fn check<M: json::Json + prost::Message>(input: &str, expected: Result<&str, &str>) {
    let context = JsonContext::new();
    let output = json::from_str::<M>(input, &context).and_then(|message| {
        let message = M::decode(message.encode_to_vec().as_slice()).unwrap();
        json::to_string(&message, &context)
    });
    match (output, expected) {
        (Ok(found), Ok(expected)) => assert_eq!(found, expected),
        (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
        (found, expected) => panic!("{input}: {found:?} instead of {expected:?}"),
    }
}

#[test]
fn every_field_round_trips() {
    for text in [
        r#"{"flag":true,"bigNumber":"-5","blob":"AQI=","kind":"KIND_ONE"}"#,
        r#"{"maybe":0,"maybeKind":"KIND_UNSPECIFIED","nums":[1,-2],"kinds":["KIND_NEGATIVE",7]}"#,
        r#"{"kindMap":{"k":"KIND_ONE"},"map":{"-3":{"child":{"child":{}}}}}"#,
        r#"{"a":""}"#,
        r#"{"ofKind":"KIND_UNSPECIFIED"}"#,
        r#"{"boxed":{"boxed":{}}}"#,
        r#"{"nothing":null}"#,
        r#"{"empty":{}}"#,
        r#"{"wrapper":"0","value":null,"time":"1970-01-01T00:00:00Z","mask":"a.bC"}"#,
        r#"{"any":{"@type":"t/google.protobuf.Duration","value":"1s"},"old":1,"@x":2,"type":3,"ratio":0.5}"#,
        r#"{"list":[1,{}],"strings":["",""],"shadow":{"some":"OK","nothing":{}},"last":"l"}"#,
    ] {
        check::<Everything>(text, Ok(text));
    }
    for (input, expected) in [
        (r#"{"kind":"KIND_UN"}"#, Ok(r#"{"kind":"KIND_ONE"}"#)),
        (r#"{"renamed":2}"#, Ok(r#"{"@x":2}"#)),
        (r#"{"big_number":2}"#, Ok(r#"{"bigNumber":"2"}"#)),
        (
            r#"{"child":{"of_kind":"KIND_TWO"}}"#,
            Err("child.ofKind: KIND_TWO is not a name"),
        ),
        (
            r#"{"a":"","empty":{}}"#,
            Err("empty: another member of the oneof is set"),
        ),
    ] {
        check::<Everything>(input, expected);
    }
    check::<kitchen::Option>(
        r#"{"result":{"option":{"some":{}}},"string":{"string":"s"},"box":{"box":{}}}"#,
        Ok(r#"{"result":{"option":{"some":{}}},"string":{"string":"s"},"box":{"box":{}}}"#),
    );
    check::<kitchen::Old>(r#"{"n":1}"#, Ok(r#"{"n":1}"#));
}

#[test]
fn proto2() {
    check::<Legacy>(
        r#"{"grouped":{"n":1},"text":"x"}"#,
        Ok(r#"{"number":0,"closed":"ONE","inner":{},"text":"x","grouped":{"n":1}}"#),
    );
}

#[test]
fn positions_are_by_number() {
    let context = JsonContext::new();
    let positions: Everything = json::params_from_str(Some(r#"[true, 5, "AA==", 1]"#), &context).unwrap();
    assert_eq!(
        json::to_string(&positions, &context).unwrap(),
        r#"{"flag":true,"bigNumber":"5","blob":"AA==","kind":"KIND_ONE"}"#
    );
    let object: Everything = json::params_from_str(Some(r#"[{"last":"l"}]"#), &context).unwrap();
    assert_eq!(object.last, "l");
}

//! The tables convert like the generated code for the same types.

use prost::Message;

use super::{builtin, *};
use crate::call::details::quota_failure::Violation;
use crate::call::{JsonContext, JsonError};
use crate::json::{Json, from_str, to_string};

fn check<M: Message + Default + Json + PartialEq>(name: &str, messages: &[M]) {
    let detail = builtin(name).unwrap();
    let cx = JsonContext::new();
    for message in messages.iter().chain([&M::default()]) {
        let json = to_string(message, &cx).unwrap();
        let bytes = message.encode_to_vec();
        assert_eq!(detail.to_json(&bytes, &cx).unwrap(), json);
        assert_eq!(detail.parse_json(&json, &cx).unwrap(), bytes, "{json}");
        // A field that is repeated in an encoding is merged.
        let twice = [bytes.clone(), bytes.clone()].concat();
        let merged = to_string(&M::decode(&*twice).unwrap(), &cx).unwrap();
        assert_eq!(detail.to_json(&twice, &cx).unwrap(), merged);
        for end in 0..bytes.len() {
            let typed = M::decode(&bytes[..end]).map_err(|error| error.to_string());
            let typed = typed.map(|message| to_string(&message, &cx).unwrap());
            same(&bytes[..end], detail.to_json(&bytes[..end], &cx), typed);
        }
        // An unknown field of a newer peer, and a field of another type.
        for extra in [&b"\xa2\x06\x01x"[..], b"\x0b\x0c", b"\x0d\0\0\0\0", b"\x08\x01"] {
            let bytes = [&bytes, extra].concat();
            let typed = M::decode(&*bytes).map_err(|error| error.to_string());
            let typed = typed.map(|message| to_string(&message, &cx).unwrap());
            same(&bytes, detail.to_json(&bytes, &cx), typed);
        }
    }
}

/// Checks for the same JSON, or for the same error after a field path.
fn same(bytes: &[u8], found: Result<String, JsonError>, typed: Result<String, String>) {
    match (found, typed) {
        (Ok(found), Ok(typed)) => assert_eq!(found, typed, "{bytes:?}"),
        (Err(found), Err(typed)) => assert!(found.to_string().ends_with(&typed), "{found}, not {typed}"),
        (found, typed) => panic!("{bytes:?}: {found:?}, not {typed:?}"),
    }
}

/// Reads JSON that is invalid, or valid only for a lenient reader.
fn check_text<M: Message + Default + Json>(name: &str, texts: &[&str]) {
    let detail = builtin(name).unwrap();
    for cx in [JsonContext::new(), JsonContext::new().ignore_unknown(true)] {
        for text in texts {
            let typed = from_str::<M>(text, &cx).map(|message| message.encode_to_vec());
            let found = detail.parse_json(text, &cx);
            assert_eq!(
                found.map_err(|error| error.to_string()),
                typed.map_err(|error| error.to_string()),
                "{text}"
            );
        }
    }
}

#[test]
fn values() {
    let localized = LocalizedMessage::new("en", "no");
    check(
        "ErrorInfo",
        &[ErrorInfo::new("R", "d")
            .with("k", "v")
            .with("", "w")
            .with("x", "")],
    );
    let delay = |seconds, nanos| RetryInfo {
        retry_delay: Some(prost_types::Duration { seconds, nanos }),
    };
    check("RetryInfo", &[delay(1, 500_000_000), delay(-3, 0), delay(0, 0)]);
    check("DebugInfo", &[DebugInfo::new("d").stack(["a", "", "c"])]);
    let violation = Violation {
        subject: "s".into(),
        description: "d".into(),
        api_service: "a".into(),
        quota_metric: "m".into(),
        quota_id: "i".into(),
        quota_dimensions: [("k".to_owned(), "v".to_owned())].into(),
        quota_value: i64::MIN,
        future_quota_value: Some(0),
    };
    check(
        "QuotaFailure",
        &[QuotaFailure {
            violations: vec![violation, Violation::default()],
        }],
    );
    check(
        "PreconditionFailure",
        &[PreconditionFailure::violation("t", "s", "d").and("", "", "x")],
    );
    let mut bad = BadRequest::violation("f", "d").and("g", "e");
    bad.field_violations[1].localized_message = Some(localized.clone());
    bad.field_violations[0].localized_message = Some(LocalizedMessage::default());
    bad.field_violations[0].reason = "r".into();
    check("BadRequest", &[bad]);
    check(
        "RequestInfo",
        &[RequestInfo {
            request_id: "i".into(),
            serving_data: "s".into(),
        }],
    );
    check(
        "ResourceInfo",
        &[ResourceInfo::new("t", "n").owner("o").description("d")],
    );
    check("Help", &[Help::link("d", "u").and("e", "v")]);
    check("LocalizedMessage", &[localized]);
    assert!(builtin("Violation").is_none() && builtin("FieldViolation").is_none());
}

#[test]
fn texts() {
    check_text::<ErrorInfo>(
        "ErrorInfo",
        &[
            r#"{"reason":"a","reason":"b"}"#,
            r#"{"reason":1}"#,
            r#"{"metadata":{"a":1}}"#,
            r#"{"metadata":{"a":"b","a":"c"}}"#,
            r#"{"metadata":null,"domain":null}"#,
            r#"{"other":[{}]}"#,
            "[]",
            "null",
            "{",
        ],
    );
    check_text::<RetryInfo>("RetryInfo", &[r#"{"retryDelay":"x"}"#, r#"{"retry_delay":"2s"}"#]);
    check_text::<QuotaFailure>(
        "QuotaFailure",
        &[
            r#"{"violations":[{"quotaValue":"5","futureQuotaValue":7}]}"#,
            r#"{"violations":[{},{"quotaValue":"x"}]}"#,
            r#"{"violations":[null]}"#,
            r#"{"violations":[{},1]}"#,
            r#"{"violations":null}"#,
            r#"{"violations":{}}"#,
            r#"{"violations":[{}"#,
        ],
    );
    check_text::<BadRequest>(
        "BadRequest",
        &[
            r#"{"fieldViolations":[{"field":"f","localizedMessage":{"locale":2}}]}"#,
            r#"{"fieldViolations":[{"field":"f","localizedMessage":null}]}"#,
            r#"{"field_violations":[{"field":"f","localized_message":{"locale":"de"}}]}"#,
        ],
    );
}

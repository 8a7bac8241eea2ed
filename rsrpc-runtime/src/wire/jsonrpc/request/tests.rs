use super::*;

fn request<'a>(method: &'a str, params: Option<&'a str>, id: Option<&'a str>) -> BatchEntry<'a> {
    BatchEntry::Request(Request {
        method: method.into(),
        params,
        id: id.map(|id| Id::of_value(id).unwrap()),
        meta: None,
    })
}

fn invalid(id: &str) -> BatchEntry<'_> {
    BatchEntry::Invalid(Id::of_value(id).unwrap())
}

#[test]
fn single_request_is_parsed() {
    let check = |text: &str, expected: BatchEntry<'_>| {
        assert_eq!(
            IncomingMessage::parse(text.as_bytes(), 10),
            IncomingMessage::One(expected),
            "{text}"
        );
    };
    check(
        r#"{"jsonrpc":"2.0","method":"m","id":1}"#,
        request("m", None, Some("1")),
    );
    check(
        r#" { "id" : "\u0031" , "x" : {} , "params" : [ 1 ] , "method" : "\u006d" , "jsonrpc" : "2\u002e0" } "#,
        request("m", Some("[ 1 ]"), Some(r#""\u0031""#)),
    );
    check(
        r#"{"jsonrpc":"2.0","\u006dethod":"m","id":-1e2}"#,
        request("m", None, Some("-1e2")),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"m","params":null,"id":null}"#,
        request("m", None, Some("null")),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"","params":{}}"#,
        request("", Some("{}"), None),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"m","result":1,"error":2,"id":1}"#,
        request("m", None, Some("1")),
    );

    for value in ["1", "null", "\"x\"", "true", "{}", "{\"id\":{}}", "{\"id\":true}"] {
        check(value, invalid("null"));
    }
    check(r#"{"id":1}"#, invalid("1"));
    check(r#"{"jsonrpc":2.0,"method":"m","id":1}"#, invalid("1"));
    check(r#"{"jsonrpc":"2.00","method":"m","id":1}"#, invalid("1"));
    check(r#"{"jsonrpc":"2.0","method":["m"],"id":1}"#, invalid("1"));
    check(
        r#"{"jsonrpc":"2.0","method":"m","params":"p","id":"a"}"#,
        invalid("\"a\""),
    );
    check(r#"{"jsonrpc":"2.0","method":"m","params":7}"#, invalid("null"));
    check(r#"{"jsonrpc":"2.0","method":"m","id":[]}"#, invalid("null"));
    check(
        r#"{"jsonrpc":"2.0","jsonrpc":"2.0","method":"m","id":1}"#,
        invalid("1"),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"m","method":"m","id":1}"#,
        invalid("1"),
    );
    check(
        r#"{"jsonrpc":"2.0","method":"m","params":[],"params":[],"id":1}"#,
        invalid("1"),
    );
    check(r#"{"jsonrpc":"2.0","method":"m","id":1,"id":1}"#, invalid("null"));
    check(
        r#"{"jsonrpc":"2.0","result":1,"id":1}"#,
        BatchEntry::Response(Id::of_value("1").unwrap()),
    );
    check(r#"{"jsonrpc":"2.0","error":{}}"#, BatchEntry::Response(Id::NULL));
}

#[test]
fn meta_is_kept_unparsed() {
    let meta = |text: &'static str| match IncomingMessage::parse(text.as_bytes(), 10) {
        IncomingMessage::One(BatchEntry::Request(request)) => request.meta,
        other => panic!("{other:?}"),
    };
    assert_eq!(
        meta(r#"{"jsonrpc":"2.0","method":"m","meta":{"k":1}}"#),
        Some(r#"{"k":1}"#)
    );
    assert_eq!(meta(r#"{"jsonrpc":"2.0","method":"m","meta":1,"meta":2}"#), None);
}

#[test]
fn batches_are_parsed() {
    let check = |text: &str, expected: IncomingMessage<'_>| {
        assert_eq!(IncomingMessage::parse(text.as_bytes(), 3), expected, "{text}");
    };
    check("[]", IncomingMessage::Refused(ProtocolError::InvalidRequest));
    check(" [ ] ", IncomingMessage::Refused(ProtocolError::InvalidRequest));
    check("[1]", IncomingMessage::Batch(vec![invalid("null")]));
    check(
        r#"[[{"jsonrpc":"2.0","method":"m"}] , {"jsonrpc":"2.0","method":"m","id":1},{}]"#,
        IncomingMessage::Batch(vec![
            invalid("null"),
            request("m", None, Some("1")),
            invalid("null"),
        ]),
    );
    check(
        "[1,2,3,4]",
        IncomingMessage::Refused(ProtocolError::BatchTooLarge),
    );
    check(
        "[1,2,3,4,5,6]",
        IncomingMessage::Refused(ProtocolError::BatchTooLarge),
    );
    check("[1,2,3,4,x]", IncomingMessage::Refused(ProtocolError::ParseError));
    check("[1,2,3,]", IncomingMessage::Refused(ProtocolError::ParseError));
}

#[test]
fn invalid_json_gets_one_error() {
    for text in [
        "",
        " ",
        r#"{"jsonrpc":"2.0","method":"m","id":1"#,
        r#"{"jsonrpc":"2.0","method":1,"id":1}x"#,
        r#"{"method":"m","method":"m","params":[NaN]}"#,
        r#"{"jsonrpc":"2.0","method":"m","params":["\ud800"]}"#,
        "\u{feff}{}",
    ] {
        assert_eq!(
            IncomingMessage::parse(text.as_bytes(), 3),
            IncomingMessage::Refused(ProtocolError::ParseError),
            "{text}"
        );
    }
    assert_eq!(
        IncomingMessage::parse(b"{\"a\":\"\xff\"}", 3),
        IncomingMessage::Refused(ProtocolError::ParseError)
    );
    let deep = |levels: usize| {
        format!(
            r#"[{{"jsonrpc":"2.0","method":"m","params":{}{}}}]"#,
            "[".repeat(levels),
            "]".repeat(levels)
        )
    };
    assert!(matches!(
        IncomingMessage::parse(deep(126).as_bytes(), 3),
        IncomingMessage::Batch(_)
    ));
    assert_eq!(
        IncomingMessage::parse(deep(127).as_bytes(), 3),
        IncomingMessage::Refused(ProtocolError::ParseError)
    );
}

/// Mutates requests by removing, duplicating and changing bytes. Parsing must not panic and must agree with
/// serde_json on the syntax.
#[test]
fn mutated_requests_agree_with_serde_json() {
    let seeds = [
        r#"{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}"#,
        r#"[{"jsonrpc":"2.0","method":"sum","params":[1,2.5e-3,"\ud83d\ude00"],"id":"1"},{"foo":null},[true],false]"#,
        r#"{"jsonrpc":"2.0","method":"m\u0041ü","meta":{"k":["v"],"grpc-timeout":"1S"},"id":-0.5}"#,
    ];
    let interesting = b"{}[]\",:\\u0-.e1 \x00\x1f\x7f\xc3\xff\xed";
    // A small generator with a fixed seed, which makes the test reproducible.
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for round in 0..60_000 {
        let mut text = seeds[round % seeds.len()].as_bytes().to_vec();
        for _ in 0..=random(4) {
            if text.is_empty() {
                break;
            }
            let at = random(text.len());
            match random(5) {
                0 => drop(text.remove(at)),
                1 => text.insert(at, interesting[random(interesting.len())]),
                2 => text[at] = interesting[random(interesting.len())],
                3 => text.truncate(at.max(1)),
                _ => text.extend_from_within(at..),
            }
        }
        let is_json = std::str::from_utf8(&text)
            .is_ok_and(|text| serde_json::from_str::<serde_core::de::IgnoredAny>(text).is_ok());
        let parsed = IncomingMessage::parse(&text, 1000);
        if parsed == IncomingMessage::Refused(ProtocolError::ParseError) {
            // serde_json does not check surrogates in strings that it skips.
            let has_surrogates = String::from_utf8_lossy(&text).contains("\\u");
            assert!(!is_json || has_surrogates, "{}", String::from_utf8_lossy(&text));
        } else {
            assert!(is_json, "{}", String::from_utf8_lossy(&text));
        }
        if let IncomingMessage::One(BatchEntry::Request(request)) = parsed {
            let _ = request.meta.map(super::super::Meta::parse);
        }
    }
}

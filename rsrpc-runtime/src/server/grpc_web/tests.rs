use super::*;

fn headers(values: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in values {
        headers.append(*name, HeaderValue::from_static(value));
    }
    headers
}

#[test]
fn accept_header_selects_reply_form() {
    let check = |accept: &[&'static str], expected: [BodyEncoding; 2]| {
        let accept: Vec<_> = accept.iter().map(|value| ("accept", *value)).collect();
        let forms =
            [BodyEncoding::Binary, BodyEncoding::Text].map(|form| reply_form(&headers(&accept), form));
        assert_eq!(forms, expected, "{accept:?}");
    };
    let as_sent = [BodyEncoding::Binary, BodyEncoding::Text];
    check(&[], as_sent);
    check(&["*/*"], as_sent);
    check(&["application/grpc-web-text"], [BodyEncoding::Text; 2]);
    check(&["application/grpc-web-text+proto, */*"], [BodyEncoding::Text; 2]);
    check(&["application/grpc-web"], [BodyEncoding::Binary; 2]);
    check(
        &["text/html", "application/grpc-web+proto;q=1"],
        [BodyEncoding::Binary; 2],
    );
    check(&["application/grpc-web, application/grpc-web-text"], as_sent);
}

#[test]
fn cors_exposes_status_and_metadata() {
    let check = |values: &[(&'static str, &'static str)], expected: &str| {
        let mut headers = headers(values);
        expose_headers(&mut headers);
        assert_eq!(headers[ACCESS_CONTROL_EXPOSE_HEADERS], expected);
    };
    let always = "grpc-status, grpc-message, grpc-status-details-bin";
    check(&[], always);
    check(
        &[
            ("content-type", "application/grpc-web+proto"),
            ("grpc-status", "5"),
            ("twice", "1"),
            ("twice", "2"),
            ("own-bin", "AA"),
        ],
        &format!("{always}, twice, own-bin"),
    );
}

#[test]
fn content_type_selects_message_format() {
    let formats = |protobuf, json, custom| MethodFormats {
        protobuf,
        json,
        custom,
    };
    let check = |value: &'static str, formats, expected| {
        let call = WebCall::of(&HeaderValue::from_static(value), formats);
        let call = call.map(|call| (call.requested, call.form, call.default_subtype));
        assert_eq!(call, expected, "{value}");
    };
    let both = Some(formats(true, true, None));
    let json = Some((
        RequestedFormat::As(MessageFormat::Json),
        BodyEncoding::Text,
        "proto",
    ));
    check(
        "application/grpc-web",
        both,
        Some((RequestedFormat::Bare, BodyEncoding::Binary, "proto")),
    );
    check("application/grpc-web-text+JSON", both, json);
    check("application/grpc-web-text+json", None, json);
    check(
        "application/grpc-web",
        Some(formats(false, false, Some("line"))),
        Some((RequestedFormat::Bare, BodyEncoding::Binary, "line")),
    );
    check("application/grpc-web+thrift", both, None);
    check("application/grpc-webs", both, None);
}

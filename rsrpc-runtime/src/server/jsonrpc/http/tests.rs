use http::HeaderName;
use http::header::ACCESS_CONTROL_ALLOW_ORIGIN;

use super::*;
use crate::server::cors::AllowedOrigins;
use crate::server::jsonrpc::settings::JsonRpcSettings;

fn rpc(settings: JsonRpcSettings, origins: AllowedOrigins) -> JsonRpc {
    JsonRpc {
        names: Default::default(),
        settings,
        origins,
        limits: Default::default(),
        health: Default::default(),
    }
}

/// Returns the status of a request's response; 0 if it depends on the body.
fn status(rpc: &JsonRpc, method: &str, path: &str, headers: &[(&str, &str)]) -> u16 {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    match rpc.claim(&request.body(()).unwrap(), None) {
        JsonRpcClaim::Responded(response) => response.status().as_u16(),
        JsonRpcClaim::Refused(refusal) => refusal.0.as_u16(),
        JsonRpcClaim::Call(_) => 0,
    }
}

#[test]
fn request_heads_are_classified() {
    let rpc = rpc(JsonRpcSettings::default(), AllowedOrigins::default());
    let json = ("content-type", "application/json");
    let check = |method, path, headers: &[(&str, &str)], expected| {
        assert_eq!(
            status(&rpc, method, path, headers),
            expected,
            "{method} {path} {headers:?}"
        );
    };
    check("POST", "/", &[json], 0);
    check("POST", "/?x", &[json], 0);
    check("POST", "/rpc", &[json], 404);
    check("GET", "/", &[], 405);
    check("PUT", "/", &[json], 405);
    check(
        "OPTIONS",
        "/",
        &[("origin", "http://a"), ("access-control-request-method", "POST")],
        405,
    );
    check("GET", "/healthz", &[], 200);
    check("HEAD", "/healthz", &[], 200);
    check("POST", "/healthz", &[json], 404);
    check("POST", "/", &[], 415);
    check("POST", "/", &[json, json], 415);
    check("POST", "/", &[json, ("content-encoding", "gzip")], 415);
    check("POST", "/", &[json, ("content-encoding", "identity")], 0);
    check("POST", "/", &[json, ("host", "a"), ("origin", "http://b")], 403);
    check("POST", "/", &[json, ("host", "a"), ("origin", "http://a")], 0);
    for (value, expected) in [
        ("application/json;charset=utf-8", 0),
        ("Application/JSON ; Charset=\"UTF-8\"", 0),
        ("application/json-rpc", 0),
        ("application/jsonrequest; v=1;", 0),
        ("application/json; charset=iso-8859-1", 415),
        ("application/jsonx", 415),
        ("application/problem+json", 415),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ] {
        check("POST", "/", &[("content-type", value)], expected);
    }
}

#[test]
fn cors_allows_listed_origins() {
    let settings = JsonRpcSettings {
        path: "/rpc".into(),
        ..JsonRpcSettings::default()
    };
    let rpc = rpc(settings, AllowedOrigins::allowing(["https://a"]));
    let ask = ("access-control-request-method", "POST");
    assert_eq!(
        status(&rpc, "OPTIONS", "/rpc", &[("origin", "https://a"), ask]),
        204
    );
    assert_eq!(
        status(&rpc, "OPTIONS", "/rpc", &[("origin", "https://b"), ask]),
        403
    );
    assert_eq!(status(&rpc, "OPTIONS", "/rpc", &[ask]), 405);
    assert_eq!(status(&rpc, "OPTIONS", "/", &[("origin", "https://a"), ask]), 404);
    let post = Request::post("/rpc")
        .header("content-type", "application/json")
        .header("origin", "https://a")
        .body(())
        .unwrap();
    let JsonRpcClaim::Call(call) = rpc.claim(&post, None) else {
        panic!("not claimed")
    };
    let response = call.readable(json(StatusCode::OK, Body::empty()));
    assert_eq!(response.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "https://a");
}

/// The cost of a name does not depend on the number of headers.
#[test]
fn many_hop_by_hop_names_are_stripped_fast() {
    let mut headers = HeaderMap::new();
    let names = "a,".repeat(200_000);
    headers.insert(CONNECTION, HeaderValue::try_from(names).unwrap());
    for key in 0..2000 {
        let name: HeaderName = format!("x-{key}").parse().unwrap();
        headers.insert(name, HeaderValue::from_static("1"));
    }
    let started = std::time::Instant::now();
    assert_eq!(metadata(headers).len(), 2000);
    let elapsed = started.elapsed();
    assert!(elapsed < std::time::Duration::from_secs(3), "{elapsed:?}");
}

#[test]
fn headers_become_metadata() {
    let check = |headers: &[(&str, &str)], expected: &[&str]| {
        let map = headers
            .iter()
            .map(|(name, value)| {
                (
                    name.parse::<HeaderName>().unwrap(),
                    value.parse::<HeaderValue>().unwrap(),
                )
            })
            .collect();
        let metadata = metadata(map);
        let mut kept: Vec<_> = metadata.iter().map(|(key, _)| key).collect();
        kept.sort_unstable();
        assert_eq!(kept, expected);
    };
    check(
        &[
            ("host", "a"),
            ("content-type", "application/json"),
            ("content-length", "2"),
            ("accept", "*/*"),
            ("accept-language", "en"),
            ("sec-fetch-mode", "cors"),
            ("grpc-timeout", "1S"),
            ("connection", "close, X-Hop"),
            ("x-hop", "1"),
            ("te", "trailers"),
            ("user-agent", "curl"),
            ("authorization", "Bearer x"),
            ("trace-bin", "AAE"),
        ],
        &["authorization", "trace-bin", "user-agent"],
    );
    check(&[("host", "a"), ("accept", "*/*")], &[]);
}

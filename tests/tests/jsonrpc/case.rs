//! A line of `cases.jsonl`.

use std::collections::HashMap;

use base64::Engine as _;
use serde::de::IgnoredAny;
use serde_json::Value;

/// An HTTP request to send.
#[derive(Debug, Clone)]
pub(crate) struct HttpRequest {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// The checked parts of an HTTP response.
#[derive(Debug)]
pub(crate) struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl HttpRequest {
    /// Creates a POST of a JSON text.
    pub(crate) fn post(body: impl Into<Vec<u8>>) -> Self {
        let json = "application/json".to_owned();
        Self {
            method: "POST".to_owned(),
            path: "/".to_owned(),
            headers: vec![
                ("content-type".to_owned(), json.clone()),
                ("accept".to_owned(), json),
            ],
            body: body.into(),
        }
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }
}

impl HttpResponse {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", shorten(&String::from_utf8_lossy(&self.body))))
    }
}

/// A JSON-RPC case.
#[derive(Debug)]
pub(crate) struct Case(Value);

impl Case {
    pub(crate) fn parse(line: &str) -> Self {
        Self(serde_json::from_str(line).expect("a case is JSON"))
    }

    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().expect("a case has a name")
    }

    pub(crate) fn class(&self) -> &str {
        self.0["class"].as_str().expect("a case has a class")
    }

    /// Returns true for cases that plain HTTP can send.
    pub(crate) fn is_http(&self) -> bool {
        let transports = self.0["transports"].as_array();
        let named = transports.is_none_or(|transports| transports.iter().any(|name| name == "http"));
        named && !self.0["http_status"].is_null() && self.0["expect_sse"].is_null()
    }

    pub(crate) fn request(&self) -> HttpRequest {
        let mut request = HttpRequest::post(self.body());
        let http = &self.0["http"];
        if let Some(method) = http["method"].as_str() {
            request.method = method.to_owned();
            if method != "POST" && method != "PUT" {
                request.headers.clear();
            }
        }
        if let Some(path) = http["path"].as_str() {
            request.path = path.to_owned();
        }
        for (name, value) in http["headers"].as_object().into_iter().flatten() {
            request.headers.retain(|(known, _)| known != name);
            if let Some(value) = value.as_str() {
                request = request.header(name, value);
            }
        }
        request
    }

    fn body(&self) -> Vec<u8> {
        if let Some(text) = self.0["request_b64"].as_str() {
            return base64::engine::general_purpose::STANDARD
                .decode(text)
                .expect("base64");
        }
        if let Some(text) = self.0["request"].as_str() {
            return text.as_bytes().to_vec();
        }
        let generator = &self.0["request_gen"];
        let part = |name: &str| generator[name].as_str().unwrap_or_default();
        let times = usize::try_from(generator["n"].as_u64().expect("a count")).expect("a small count");
        let mut text = part("prefix").to_owned();
        text.push_str(&part("repeat").repeat(times));
        text.push_str(part("suffix"));
        text.push_str(&part("repeat2").repeat(times));
        text.push_str(part("tail"));
        text.into_bytes()
    }

    /// Compares a response with the expectation.
    pub(crate) fn check(&self, response: &HttpResponse) -> Result<(), String> {
        let case = &self.0;
        let status = case["http_status"].as_u64().expect("a status");
        if u64::from(response.status) != status {
            return Err(format!("status {} instead of {status}", response.status));
        }
        let expects_more = ["expect_has", "expect_len", "expect_contains"]
            .iter()
            .any(|key| !case[key].is_null());
        if case["expect"].is_null() {
            if !expects_more && (200..300).contains(&status) && status != 200 && !response.body.is_empty() {
                return Err("a body where none is expected".to_owned());
            }
        } else {
            let json = response.json();
            let mut accepted =
                std::iter::once(&case["expect"]).chain(case["alt"].as_array().into_iter().flatten());
            if !accepted.any(|expected| is_same(expected, &json)) {
                return Err(format!(
                    "{} instead of {}",
                    shorten(&json.to_string()),
                    case["expect"]
                ));
            }
            if response.header("content-type") != Some("application/json") {
                return Err("not application/json".to_owned());
            }
        }
        self.check_more(response)
    }

    fn check_more(&self, response: &HttpResponse) -> Result<(), String> {
        let case = &self.0;
        let text = String::from_utf8_lossy(&response.body);
        for part in case["expect_contains"].as_array().into_iter().flatten() {
            let part = part.as_str().expect("text");
            if !text.contains(part) {
                return Err(format!("{} lacks {part}", shorten(&text)));
            }
        }
        for member in case["expect_has"].as_array().into_iter().flatten() {
            // `Value` cannot hold some of the numbers.
            let members: HashMap<String, IgnoredAny> =
                serde_json::from_slice(&response.body).map_err(|error| error.to_string())?;
            if !members.contains_key(member.as_str().expect("a name")) {
                return Err(format!("{} lacks {member}", shorten(&text)));
            }
        }
        if let Some(length) = case["expect_len"].as_u64() {
            let found = response.json().as_array().map_or(0, Vec::len);
            if found as u64 != length {
                return Err(format!("{found} answers instead of {length}"));
            }
        }
        for (code, count) in case["expect_codes"].as_object().into_iter().flatten() {
            let json = response.json();
            let code_of = |answer: &&Value| answer["error"]["code"].as_i64() == code.parse().ok();
            let found = json
                .as_array()
                .map_or(0, |answers| answers.iter().filter(code_of).count());
            if Some(found as u64) != count.as_u64() {
                return Err(format!("{code} {found} times instead of {count}"));
            }
        }
        Ok(())
    }
}

/// Compares JSON values. Arrays of responses are unordered, numbers compare by value, and `error.data` is ignored.
fn is_same(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Array(expected), Value::Array(found)) => {
            let mut left: Vec<_> = found.iter().collect();
            expected.len() == found.len()
                && expected.iter().all(|one| {
                    let position = left.iter().position(|other| is_same_response(one, other));
                    position.map(|position| left.swap_remove(position)).is_some()
                })
        }
        _ => is_same_response(expected, found),
    }
}

fn is_same_response(expected: &Value, found: &Value) -> bool {
    let mut found = found.clone();
    if let Some(error) = found.get_mut("error").and_then(Value::as_object_mut) {
        error.remove("data");
    }
    is_equal(expected, &found)
}

fn is_equal(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Number(expected), Value::Number(found)) => expected.as_f64() == found.as_f64(),
        (Value::Array(expected), Value::Array(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .zip(found)
                    .all(|(one, other)| is_equal(one, other))
        }
        (Value::Object(expected), Value::Object(found)) => {
            expected.len() == found.len()
                && expected
                    .iter()
                    .all(|(key, value)| found.get(key).is_some_and(|other| is_equal(value, other)))
        }
        _ => expected == found,
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(300).collect()
}

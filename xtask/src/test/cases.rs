//! The cases of `tests/jsonrpc/cases.jsonl`: the requests, and the check of their responses.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value};

use crate::Outcome;

/// A case. Members are read on demand; [`Case::parse`] refuses unknown ones, so that no expectation is ignored.
pub(super) struct Case {
    members: Map<String, Value>,
}

/// All members of a case, including those for sockets.
const MEMBERS: &[&str] = &[
    "name",
    "class",
    "note",
    "request",
    "request_b64",
    "request_gen",
    "expect",
    "alt",
    "expect_contains",
    "expect_len",
    "expect_codes",
    "expect_has",
    "expect_sse",
    "expect_stream",
    "http_status",
    "http",
    "transports",
    "write_chunk",
    "half_close",
    "closes",
];

impl Case {
    pub(super) fn parse(line: &str) -> Outcome<Self> {
        let members: Map<String, Value> = serde_json::from_str(line)?;
        if let Some(unknown) = members.keys().find(|name| !MEMBERS.contains(&name.as_str())) {
            return Err(format!("a case has the unknown member {unknown}: {line}").into());
        }
        Ok(Self { members })
    }

    pub(super) fn name(&self) -> &str {
        self.members["name"].as_str().unwrap_or("?")
    }

    pub(super) fn class(&self) -> &str {
        self.members["class"].as_str().unwrap_or("?")
    }

    /// Returns true if HTTP can carry the case as one message.
    pub(super) fn is_for_http(&self) -> bool {
        let listed = |transports: &Vec<Value>| transports.iter().any(|transport| transport == "http");
        let named = self
            .get("transports")
            .and_then(Value::as_array)
            .is_none_or(listed);
        named && self.get("http_status").is_some()
    }

    /// Expected HTTP status.
    pub(super) fn http_status(&self) -> Option<u64> {
        self.get("http_status")?.as_u64()
    }

    /// Differences from a plain POST.
    pub(super) fn http(&self, member: &str) -> Option<&Value> {
        self.get("http")?.get(member)
    }

    /// The exact bytes to send.
    pub(super) fn request(&self) -> Outcome<Vec<u8>> {
        if let Some(Value::String(text)) = self.get("request_b64") {
            return Ok(BASE64_STANDARD.decode(text)?);
        }
        if let Some(recipe) = self.get("request_gen") {
            let part = |name: &str| recipe.get(name).and_then(Value::as_str).unwrap_or_default();
            let n = recipe["n"].as_u64().ok_or("request_gen has no n")? as usize;
            let text = [
                part("prefix"),
                &part("repeat").repeat(n),
                part("suffix"),
                &part("repeat2").repeat(n),
                part("tail"),
            ];
            return Ok(text.concat().into_bytes());
        }
        let text = self
            .get("request")
            .and_then(Value::as_str)
            .ok_or("the case has no request")?;
        Ok(text.as_bytes().to_owned())
    }

    /// Compares a response body with the expectation. Returns the reason of a mismatch.
    pub(super) fn objection(&self, body: &[u8]) -> Option<String> {
        let text = String::from_utf8_lossy(body);
        let answer = match text.trim() {
            "" => None,
            text => match serde_json::from_str::<Value>(&without_endless_numbers(text)) {
                Ok(value) => Some(value),
                // A body that is not JSON may be an event stream or the text of a refusal.
                Err(_) if self.get("expect_sse").is_some() || self.get("http").is_some() => None,
                Err(error) => return Some(format!("the answer is no JSON ({error}): {}", brief(text))),
            },
        };
        self.detail_objection(&text, answer.as_ref())
            .or_else(|| self.answer_objection(answer.as_ref()))
    }

    /// Compares the response with `expect` and `alt`. If another `expect_…` member exists, null expects nothing.
    fn answer_objection(&self, answer: Option<&Value>) -> Option<String> {
        let details = [
            "expect_contains",
            "expect_len",
            "expect_codes",
            "expect_has",
            "expect_sse",
        ];
        let expected = self.get("expect");
        if expected.is_none() && details.iter().any(|name| self.get(name).is_some()) {
            return None;
        }
        let alternatives = self.get("alt").and_then(Value::as_array).into_iter().flatten();
        let accepted = |expected: Option<&Value>| match (expected, answer) {
            (None, None) => true,
            (Some(expected), Some(answer)) => equal(expected, answer),
            _ => false,
        };
        let fits = accepted(expected) || alternatives.map(Some).any(accepted);
        let show = |value: Option<&Value>| value.map_or("nothing".into(), |value| brief(&value.to_string()));
        (!fits).then(|| format!("expected {}, got {}", show(expected), show(answer)))
    }

    fn detail_objection(&self, text: &str, answer: Option<&Value>) -> Option<String> {
        let squeezed = text.replace("\": ", "\":");
        for wanted in self
            .get("expect_contains")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let wanted = wanted.as_str().unwrap_or_default();
            if !squeezed.contains(wanted) {
                return Some(format!("{wanted} is not in {}", brief(text)));
            }
        }
        if let Some(wanted) = self.get("expect_len") {
            let len = answer
                .and_then(Value::as_array)
                .map(|entries| entries.len() as u64);
            if len != wanted.as_u64() {
                return Some(format!("{wanted} entries expected, got {len:?}"));
            }
        }
        for (code, wanted) in self
            .get("expect_codes")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let entries = answer.and_then(Value::as_array).into_iter().flatten();
            let codes = entries.filter_map(|entry| entry["error"]["code"].as_i64());
            let found = codes.filter(|found| code.parse() == Ok(*found)).count() as u64;
            if wanted.as_u64() != Some(found) {
                return Some(format!("{wanted} errors {code} expected, got {found}"));
            }
        }
        for path in self
            .get("expect_has")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            let mut parts = path.as_str().unwrap_or_default().split('.');
            if answer
                .and_then(|answer| parts.try_fold(answer, |value, part| value.get(part)))
                .is_none()
            {
                return Some(format!("{path} is not in {}", brief(text)));
            }
        }
        let wanted = self.get("expect_sse")?.as_array()?;
        let events: Option<Vec<Value>> = text
            .lines()
            .filter_map(|line| line.strip_prefix("data:"))
            .map(|data| serde_json::from_str(data).ok())
            .collect();
        let in_order = |events: &Vec<Value>| {
            events.len() == wanted.len()
                && events
                    .iter()
                    .zip(wanted)
                    .all(|(event, wanted)| equal(wanted, event))
        };
        (!events.as_ref().is_some_and(in_order)).then(|| format!("other events: {}", brief(text)))
    }

    /// Returns a member that is neither missing nor null.
    fn get(&self, name: &str) -> Option<&Value> {
        self.members.get(name).filter(|value| !value.is_null())
    }
}

/// Compares JSON. The responses of a batch are unordered.
fn equal(expected: &Value, answer: &Value) -> bool {
    let (Some(expected), Some(answer)) = (expected.as_array(), answer.as_array()) else {
        return same(expected, answer, true);
    };
    let mut left: Vec<&Value> = answer.iter().collect();
    expected.len() == answer.len()
        && expected.iter().all(|wanted| {
            let found = left.iter().position(|entry| same(wanted, entry, true));
            found.map(|index| left.swap_remove(index)).is_some()
        })
}

/// Compares values: numbers by value, and a `response` without its `error.data`.
fn same(expected: &Value, answer: &Value, response: bool) -> bool {
    match (expected, answer) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i128(), b.as_i128()) {
            (Some(a), Some(b)) => a == b,
            _ => a.as_f64() == b.as_f64(),
        },
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, false))
        }
        (Value::Object(a), Value::Object(b)) => {
            let strip = |object: &Map<String, Value>| {
                let mut object = object.clone();
                if response && let Some(Value::Object(error)) = object.get_mut("error") {
                    error.remove("data");
                }
                object
            };
            let (a, b) = (strip(a), strip(b));
            a.len() == b.len()
                && a.iter()
                    .all(|(key, value)| b.get(key).is_some_and(|other| same(value, other, false)))
        }
        _ => expected == answer,
    }
}

fn brief(text: &str) -> String {
    let mut short: String = text.chars().take(200).collect();
    if short.len() < text.len() {
        short += &format!("… ({} bytes)", text.len());
    }
    short
}

/// Truncates numbers of more than 300 digits to their first digit. JSON allows such an id, but serde_json does not
/// read it.
fn without_endless_numbers(text: &str) -> String {
    let mut short = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c: char| c.is_ascii_digit()) {
        let digits = rest[start..].bytes().take_while(u8::is_ascii_digit).count();
        let kept = if digits > 300 { 1 } else { digits };
        short.push_str(&rest[..start + kept]);
        rest = &rest[start + digits..];
    }
    short + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(case: &str, answer: &str, fits: bool) {
        let case = Case::parse(case).expect("a case");
        assert_eq!(case.objection(answer.as_bytes()).is_none(), fits, "{answer}");
    }

    #[test]
    fn responses_are_compared_by_value() {
        let case = r#"{"expect":{"result":5,"id":1},"alt":[{"result":6,"id":1}]}"#;
        check(case, r#"{"id":1,"result":5.0}"#, true);
        check(case, r#"{"id":1,"result":6}"#, true);
        check(case, r#"{"id":1,"result":7}"#, false);
        check(case, r#"{"id":1,"result":"5"}"#, false);
        check(case, r#"{"id":1,"result":5,"extra":null}"#, false);
        check(case, r#"{"id":1}"#, false);
        check(case, "", false);
        check(case, "oops", false);
    }

    #[test]
    fn big_integers_keep_their_value() {
        let case = r#"{"expect":{"id":18446744073709551615}}"#;
        check(case, r#"{"id":18446744073709551615}"#, true);
        check(case, r#"{"id":18446744073709551614}"#, false);
    }

    #[test]
    fn only_error_data_may_differ() {
        let case = r#"{"expect":{"error":{"code":-1,"message":"m"},"id":null}}"#;
        check(
            case,
            r#"{"error":{"code":-1,"message":"m","data":"why"},"id":null}"#,
            true,
        );
        check(
            case,
            r#"{"error":{"code":-1,"message":"m","why":"x"},"id":null}"#,
            false,
        );
        check(case, r#"{"error":{"code":-2,"message":"m"},"id":null}"#, false);
    }

    #[test]
    fn batch_responses_are_unordered() {
        let case = r#"{"expect":[{"id":1},{"id":1},{"id":[1,2]}]}"#;
        check(case, r#"[{"id":[1,2]},{"id":1},{"id":1}]"#, true);
        check(case, r#"[{"id":[2,1]},{"id":1},{"id":1}]"#, false);
        check(case, r#"[{"id":[1,2]},{"id":1},{"id":[1,2]}]"#, false);
        check(case, r#"[{"id":[1,2]},{"id":1}]"#, false);
        check(case, r#"{"id":1}"#, false);
    }

    #[test]
    fn missing_response_is_distinguished() {
        check(r#"{"expect":null}"#, "", true);
        check(r#"{"expect":null}"#, "[]", false);
        check(r#"{"expect":null,"http":{}}"#, "use POST", true);
    }

    #[test]
    fn other_expectations_are_checked() {
        let case = r#"{"expect":null,"expect_contains":["\"id\":1.50"]}"#;
        check(case, r#"{"id": 1.50}"#, true);
        check(case, r#"{"id":1.5}"#, false);
        let case = r#"{"expect":null,"expect_len":2,"expect_codes":{"-8":1}}"#;
        check(case, r#"[{"error":{"code":-8}},{}]"#, true);
        check(case, r#"[{"error":{"code":-8}},{"error":{"code":-8}}]"#, false);
        check(case, r#"[{"error":{"code":-8}}]"#, false);
        let case = r#"{"expect":null,"expect_has":["a.b"]}"#;
        check(case, r#"{"a":{"b":null}}"#, true);
        check(case, r#"{"a":{}}"#, false);
        check(case, "", false);
        let case = r#"{"expect":null,"expect_sse":[{"id":1},{"id":2}]}"#;
        check(case, "data: {\"id\":1}\n\ndata: {\"id\":2}\n\n", true);
        check(case, "data: {\"id\":2}\n\ndata: {\"id\":1}\n\n", false);
        check(case, "data: {\"id\":1}\n\n", false);
        check(case, "", false);
    }

    #[test]
    fn request_bytes_follow_the_case() {
        let request = |case: &str| Case::parse(case).unwrap().request().unwrap();
        assert_eq!(request(r#"{"request":"x"}"#), b"x");
        assert_eq!(request(r#"{"request":"x","request_b64":"/w=="}"#), [0xff]);
        let recipe = r#"{"prefix":"<","repeat":"a","n":2,"suffix":"|","repeat2":"b","tail":">"}"#;
        assert_eq!(
            request(&format!(r#"{{"request":null,"request_gen":{recipe}}}"#)),
            b"<aa|bb>"
        );
        assert!(Case::parse(r#"{"expct":1}"#).is_err());
    }

    #[test]
    fn every_case_parses_and_accepts_its_own_response() {
        let text = include_str!("../../../tests/jsonrpc/cases.jsonl");
        let cases: Vec<Case> = text
            .lines()
            .map(|line| Case::parse(line).expect("a case"))
            .collect();
        for case in cases.iter().filter(|case| case.is_for_http()) {
            case.request().expect("a request");
            let Some(expected) = case.get("expect") else {
                continue;
            };
            let answer = match case.get("expect_contains") {
                // The expected lexeme is lost in a parsed value.
                Some(_) => continue,
                None => expected.to_string(),
            };
            assert_eq!(case.objection(answer.as_bytes()), None, "{}", case.name());
            assert!(case.objection(b"{}").is_some(), "{} takes anything", case.name());
        }
        let required = cases
            .iter()
            .filter(|case| matches!(case.class(), "spec" | "must") && case.is_for_http());
        assert_eq!(required.count(), 59);
    }
}

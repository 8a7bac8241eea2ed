//! JSON-RPC texts.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use serde_json::Value;

use crate::service::answer;

/// Posts a text. The response is empty or valid JSON, and reports a parse error exactly if the text is invalid JSON.
pub fn jsonrpc(input: &[u8]) {
    let request = Request::post("http://fuzz/")
        .header("content-type", "application/json")
        .body(Full::new(Bytes::copy_from_slice(input)))
        .expect("a request");
    let answer = answer(request);
    let status = answer.head.status().as_u16();
    assert!(matches!(status, 200 | 202 | 204 | 413), "{status}");
    if answer.body.is_empty() || status == 413 {
        return;
    }
    let reply: Value = match serde_json::from_slice(&answer.body) {
        Ok(reply) => reply,
        // An id is echoed as written, with any number of digits.
        Err(error) if error.to_string().contains("number out of range") => return,
        Err(error) => panic!("{error}: {}", String::from_utf8_lossy(&answer.body)),
    };
    let replies = match &reply {
        Value::Array(replies) => &**replies,
        reply => std::slice::from_ref(reply),
    };
    assert!(!replies.is_empty());
    for reply in replies {
        assert_eq!(reply["jsonrpc"], "2.0");
        assert!(reply.get("id").is_some(), "{reply}");
        assert_ne!(
            reply.get("result").is_some(),
            reply.get("error").is_some(),
            "{reply}"
        );
    }
    let is_refused = reply["error"]["code"] == -32700;
    match serde_json::from_slice::<Value>(input) {
        Ok(_) => assert!(!is_refused, "this is JSON"),
        // rsrpc limits only depth, at a limit of its own.
        Err(error)
            if ["number out of range", "recursion limit"]
                .iter()
                .any(|limit| error.to_string().contains(limit)) => {}
        Err(error) => assert!(is_refused, "{error}: {reply}"),
    }
}

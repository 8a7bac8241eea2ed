//! The client side: writes request_is_written and parses responses.

use super::json_scanner::{JsonScanner, RawString};
use super::status::{JsonRpcError, status_from_error};
use crate::call::{JsonContext, JsonError, Status};

/// Writes the request object of a call. `params` appends the value of the `params` member.
pub(crate) fn write_request(
    method: &str,
    id: u64,
    output: &mut Vec<u8>,
    params: impl FnOnce(&mut Vec<u8>) -> Result<(), JsonError>,
) -> Result<(), JsonError> {
    output.extend_from_slice(b"{\"jsonrpc\":\"2.0\",\"method\":");
    serde_json::to_writer(&mut *output, method).map_err(|error| JsonError::new(error.to_string()))?;
    output.extend_from_slice(b",\"params\":");
    params(output)?;
    output.extend_from_slice(b",\"id\":");
    output.extend_from_slice(id.to_string().as_bytes());
    output.push(b'}');
    Ok(())
}

/// Parses the response to one request. Returns the JSON of its result, or the status for its error.
///
/// Strict about ambiguous responses: the version, the id, and both or neither of `result` and `error`. Lenient about
/// unknown members, member order and an `error` that is null.
///
/// # Errors
/// The outer error says why the text is not a valid response to this request.
pub(crate) fn read_response<'a>(
    text: &'a [u8],
    id: u64,
    cx: &JsonContext,
) -> Result<Result<&'a str, Status>, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "it is not UTF-8")?;
    let mut scanner = JsonScanner::new(text);
    if scanner.peek() != Some(b'{') {
        return Err("it is not a JSON object");
    }
    let mut members = [None; 4];
    let [version, result, error, response_id] = &mut members;
    let mut is_repeated = false;
    let mut member = |key: RawString<'a>, value: &'a str| {
        let place = match &*key.text() {
            "jsonrpc" => &mut *version,
            "result" => &mut *result,
            "error" => &mut *error,
            "id" => &mut *response_id,
            _ => return,
        };
        is_repeated |= place.replace(value).is_some();
    };
    scanner
        .object(0, &mut member)
        .and_then(|()| scanner.end())
        .map_err(|_| "it is not valid JSON")?;
    let [version, result, error, response_id] = members;
    if is_repeated {
        return Err("a member appears twice");
    }
    if !version
        .and_then(RawString::of_value)
        .is_some_and(|version| version.is("2.0"))
    {
        return Err("its version is not JSON-RPC 2.0");
    }
    let is_ours = response_id.is_some_and(|response_id| is_number(response_id, id));
    match (result, error.filter(|error| *error != "null")) {
        (Some(result), None) if is_ours => Ok(Ok(result)),
        // A server that could not read the id replies with a null id (JSON-RPC 2.0 §5). Only one request is in
        // flight.
        (None, Some(error)) if is_ours || response_id.is_none_or(|response_id| response_id == "null") => {
            let error = JsonRpcError::read(error).ok_or("its error is not a valid error object")?;
            Ok(Err(status_from_error(error, cx)))
        }
        (Some(_), Some(_)) => Err("it has both a result and an error"),
        (None, None) => Err("it has neither a result nor an error"),
        _ => Err("its id does not match the request"),
    }
}

/// Returns `true` if an id is this number, in any JSON spelling.
fn is_number(value: &str, number: u64) -> bool {
    value.parse::<u64>().map_or_else(
        |_| value.parse::<f64>() == Ok(number as f64),
        |value| value == number,
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::Code;

    fn read(text: &str) -> Result<Result<&str, (Code, String)>, &'static str> {
        let read = read_response(text.as_bytes(), 7, &JsonContext::new())?;
        Ok(read.map_err(|status| (status.code(), status.message().to_owned())))
    }

    #[test]
    fn request_is_written() {
        let mut output = Vec::new();
        write_request("p.S/M", 7, &mut output, |output| {
            output.extend(b"[1]");
            Ok(())
        })
        .unwrap();
        assert_eq!(
            String::from_utf8(output).unwrap(),
            r#"{"jsonrpc":"2.0","method":"p.S/M","params":[1],"id":7}"#
        );
    }

    #[test]
    fn results_are_parsed_strictly() {
        for text in [
            r#"{"jsonrpc":"2.0","result":{"a":1},"id":7}"#,
            r#" {"id":7.0, "x":[], "error":null, "result":{"a":1}, "jsonrpc":"2.0"} "#,
        ] {
            assert_eq!(read(text), Ok(Ok(r#"{"a":1}"#)), "{text}");
        }
        let check = |text, expected| assert_eq!(read(text), Err(expected), "{text}");
        check("", "it is not a JSON object");
        check("[]", "it is not a JSON object");
        check(r#"{"jsonrpc":"2.0","result":1,"id":7"#, "it is not valid JSON");
        check(r#"{"jsonrpc":"2.0","result":1,"id":7}x"#, "it is not valid JSON");
        check(r#"{"result":1,"id":7}"#, "its version is not JSON-RPC 2.0");
        check(
            r#"{"jsonrpc":"2.0","result":1,"result":1,"id":7}"#,
            "a member appears twice",
        );
        check(
            r#"{"jsonrpc":"2.0","result":1,"error":{"code":1,"message":""},"id":7}"#,
            "it has both a result and an error",
        );
        check(
            r#"{"jsonrpc":"2.0","id":7}"#,
            "it has neither a result nor an error",
        );
        check(
            r#"{"jsonrpc":"2.0","result":1,"id":"7"}"#,
            "its id does not match the request",
        );
        check(
            r#"{"jsonrpc":"2.0","result":1,"id":null}"#,
            "its id does not match the request",
        );
        check(
            r#"{"jsonrpc":"2.0","error":{"code":1,"message":""},"id":8}"#,
            "its id does not match the request",
        );
        check(
            r#"{"jsonrpc":"2.0","error":1,"id":7}"#,
            "its error is not a valid error object",
        );
        check(
            r#"{"jsonrpc":"2.0","error":{"message":""},"id":7}"#,
            "its error is not a valid error object",
        );
    }

    #[test]
    fn errors_map_to_statuses() {
        let check = |error: &str, code, message: &str| {
            for id in ["7", "null"] {
                let text = format!(r#"{{"jsonrpc":"2.0","error":{error},"id":{id}}}"#);
                assert_eq!(read(&text), Ok(Err((code, message.to_owned()))), "{text}");
            }
        };
        check(r#"{"code":5,"message":"user \u0037"}"#, Code::NotFound, "user 7");
        check(r#"{"code":5}"#, Code::NotFound, "");
        check(
            r#"{"code":-32602,"message":"Invalid params","data":"a is no b"}"#,
            Code::InvalidArgument,
            "Invalid params: a is no b",
        );
        check(
            r#"{"code":-32601,"message":"Method not found"}"#,
            Code::Unimplemented,
            "Method not found",
        );
        check(r#"{"code":-32700,"message":"x"}"#, Code::Internal, "x");
        check(r#"{"code":-32007,"message":"x"}"#, Code::ResourceExhausted, "x");
        check(r#"{"code":-32009,"message":"x"}"#, Code::Unavailable, "x");
        check(r#"{"code":0,"message":"x"}"#, Code::Unknown, "x");
        check(r#"{"code":17,"message":"x"}"#, Code::Unknown, "x");
        check(
            r#"{"code":-32000,"message":"x","data":{"a":1}}"#,
            Code::Unknown,
            "x",
        );
    }

    #[test]
    fn details_and_unknown_errors_are_kept() {
        let text = r#"{"jsonrpc":"2.0","error":{"code":5,"message":"x","data":[{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:01Z"},{"@type":"a.example/p.Unknown","value":"AAE="},7]},"id":7}"#;
        let status = read_response(text.as_bytes(), 7, &JsonContext::new())
            .unwrap()
            .unwrap_err();
        assert_eq!(
            status
                .detail::<prost_types::Timestamp>()
                .unwrap()
                .unwrap()
                .seconds,
            1
        );
        assert_eq!(status.details().len(), 2);
        assert_eq!(status.details()[1].value, [0, 1]);

        let text = r#"{"jsonrpc":"2.0","error":{"code":-32000,"message":"x","data":{"a":1}},"id":7}"#;
        let status = read_response(text.as_bytes(), 7, &JsonContext::new())
            .unwrap()
            .unwrap_err();
        let source = std::error::Error::source(&status).unwrap();
        let error = source.downcast_ref::<JsonRpcError>().unwrap();
        assert_eq!(
            (error.code(), error.message(), error.data()),
            (-32000, "x", Some(r#"{"a":1}"#))
        );
    }
}

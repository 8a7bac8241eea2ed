//! Responses of a server ([JSON-RPC 2.0 §5](https://www.jsonrpc.org/specification#response_object)), as compact JSON
//! with the members `jsonrpc`, `result` or `error`, and `id` in this order.

use super::error::ErrorObject;
use super::id::Id;
use crate::call::JsonContext;

const RESULT: &[u8] = b"{\"jsonrpc\":\"2.0\",\"result\":";
const ERROR: &[u8] = b"{\"jsonrpc\":\"2.0\",\"error\":";
const ID: &[u8] = b",\"id\":";

/// Starts the response of a successful call. The caller appends the JSON of the result.
pub(crate) fn begin_result(output: &mut Vec<u8>) {
    output.extend_from_slice(RESULT);
}

/// Starts the response of a failed call and appends its error object.
pub(crate) fn write_error(failure: &ErrorObject, cx: &JsonContext, output: &mut Vec<u8>) {
    output.extend_from_slice(ERROR);
    failure.write(cx, output);
}

/// Appends the id and ends a response.
pub(crate) fn finish(id: Id<'_>, output: &mut Vec<u8>) {
    output.reserve_exact(ID.len() + id.as_str().len() + 1);
    output.extend_from_slice(ID);
    output.extend_from_slice(id.as_str().as_bytes());
    output.push(b'}');
}

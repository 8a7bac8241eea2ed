//! What a server answers ([JSON-RPC 2.0 §5](https://www.jsonrpc.org/specification#response_object)): compact, its
//! members in the order `jsonrpc`, `result` or `error`, `id`.

use super::error::ErrorObject;
use super::id::Id;
use crate::call::JsonContext;

const RESULT: &[u8] = b"{\"jsonrpc\":\"2.0\",\"result\":";
const ERROR: &[u8] = b"{\"jsonrpc\":\"2.0\",\"error\":";
const ID: &[u8] = b",\"id\":";

/// Begins the response of a call that went well: the result's JSON comes next.
pub(crate) fn begin_result(output: &mut Vec<u8>) {
    output.extend_from_slice(RESULT);
}

/// Begins the response of a call that did not, with the whole error.
pub(crate) fn write_error(failure: &ErrorObject, cx: &JsonContext, output: &mut Vec<u8>) {
    output.extend_from_slice(ERROR);
    failure.write(cx, output);
}

/// Ends a response.
pub(crate) fn finish(id: Id<'_>, output: &mut Vec<u8>) {
    output.reserve_exact(ID.len() + id.as_str().len() + 1);
    output.extend_from_slice(ID);
    output.extend_from_slice(id.as_str().as_bytes());
    output.push(b'}');
}

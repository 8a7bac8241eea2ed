//! Error objects ([JSON-RPC 2.0 §5.1](https://www.jsonrpc.org/specification#error_object)) and the statuses that they
//! represent.

use std::io::Write as _;

use super::status::JsonRpcError;
use crate::call::{Code, JsonContext, JsonError, Status};
use crate::json;

/// An error that the protocol itself reports. Messages are fixed texts; specifics go into `data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProtocolError {
    ParseError,
    InvalidRequest,
    MethodNotFound,
    InvalidParams,
    InternalError,
    NeedsStreaming,
    /// Sent by servers with streaming.
    #[allow(dead_code, reason = "clients map the code without constructing the variant")]
    TooManySubscriptions,
    RequestTooBig,
    ResponseTooBig,
    /// Sent by servers that limit concurrent calls.
    #[allow(dead_code, reason = "clients map the code without constructing the variant")]
    Busy,
    BatchTooLarge,
}

impl ProtocolError {
    /// Returns the code, the message, and the gRPC code that this crate's client maps it to. The specification
    /// defines the first five.
    const fn properties(self) -> (i32, &'static str, Code) {
        match self {
            Self::ParseError => (-32700, "Parse error", Code::Internal),
            Self::InvalidRequest => (-32600, "Invalid Request", Code::Internal),
            Self::MethodNotFound => (-32601, "Method not found", Code::Unimplemented),
            Self::InvalidParams => (-32602, "Invalid params", Code::InvalidArgument),
            Self::InternalError => (-32603, "Internal error", Code::Internal),
            Self::NeedsStreaming => (-32004, "Method needs a streaming transport", Code::Unimplemented),
            Self::TooManySubscriptions => (
                -32006,
                "Too many subscriptions on the connection",
                Code::ResourceExhausted,
            ),
            Self::RequestTooBig => (-32007, "Request is too big", Code::ResourceExhausted),
            Self::ResponseTooBig => (-32008, "Response is too big", Code::ResourceExhausted),
            Self::Busy => (-32009, "Server is busy, try again later", Code::Unavailable),
            Self::BatchTooLarge => (-32010, "The batch request was too large", Code::ResourceExhausted),
        }
    }

    /// Maps an error code to a gRPC code, if the protocol defines it.
    pub(super) fn status_code(code: i64) -> Option<Code> {
        const ALL: [ProtocolError; 11] = [
            ProtocolError::ParseError,
            ProtocolError::InvalidRequest,
            ProtocolError::MethodNotFound,
            ProtocolError::InvalidParams,
            ProtocolError::InternalError,
            ProtocolError::NeedsStreaming,
            ProtocolError::TooManySubscriptions,
            ProtocolError::RequestTooBig,
            ProtocolError::ResponseTooBig,
            ProtocolError::Busy,
            ProtocolError::BatchTooLarge,
        ];
        ALL.iter()
            .map(|protocol_error| protocol_error.properties())
            .find(|properties| i64::from(properties.0) == code)
            .map(|properties| properties.2)
    }

    fn code(self) -> i32 {
        self.properties().0
    }

    fn message(self) -> &'static str {
        self.properties().1
    }
}

/// The error of a failed request.
#[derive(Debug, Clone)]
pub(crate) enum ErrorObject {
    /// A protocol error, with an optional explanation for `data`.
    Protocol(ProtocolError, Option<String>),
    /// A status from the handler or an interceptor.
    Status(Status),
}

impl From<ProtocolError> for ErrorObject {
    fn from(protocol_error: ProtocolError) -> Self {
        Self::Protocol(protocol_error, None)
    }
}

/// Marks invalid `params` while the status passes through interceptors.
#[derive(Debug, Clone, thiserror::Error)]
#[error(transparent)]
struct InvalidParams(JsonError);

impl ErrorObject {
    /// Creates the status for invalid `params`, which interceptors can inspect.
    pub(crate) fn invalid_params_status(error: JsonError) -> Status {
        Status::invalid_argument(error.to_string()).with_source(InvalidParams(error))
    }

    /// Converts the status of a call. A status for invalid `params` becomes a protocol error again.
    pub(crate) fn from_status(status: Status) -> Self {
        let source = std::error::Error::source(&status);
        match source.and_then(|source| source.downcast_ref::<InvalidParams>()) {
            Some(InvalidParams(error)) => {
                Self::Protocol(ProtocolError::InvalidParams, Some(error.to_string()))
            }
            None => Self::Status(status),
        }
    }

    /// Appends the error object: `code`, `message` and an optional `data`.
    pub(super) fn write(&self, cx: &JsonContext, output: &mut Vec<u8>) {
        let mut write = || -> std::io::Result<()> {
            match self {
                Self::Protocol(protocol_error, data) => {
                    begin(protocol_error.code().into(), protocol_error.message(), output)?;
                    if let Some(data) = data {
                        output.write_all(b",\"data\":")?;
                        serde_json::to_writer(&mut *output, data)?;
                    }
                }
                Self::Status(status) => match JsonRpcError::from_status_detail(status) {
                    Some(own) => {
                        begin(own.code(), own.message(), output)?;
                        if let Some(data) = own.data() {
                            write!(output, ",\"data\":{data}")?;
                        }
                    }
                    None => {
                        begin(i32::from(status.code()).into(), status.message(), output)?;
                        if !status.details().is_empty() {
                            write_details(status, cx, output)?;
                        }
                    }
                },
            }
            output.write_all(b"}")
        };
        write().expect("writing to a Vec cannot fail, and strings always serialize");
    }
}

fn begin(code: i64, message: &str, output: &mut Vec<u8>) -> std::io::Result<()> {
    write!(output, "{{\"code\":{code},\"message\":")?;
    Ok(serde_json::to_writer(&mut *output, message)?)
}

/// Appends `,"data":[…]`, with each detail as the JSON of `google.protobuf.Any`.
fn write_details(status: &Status, cx: &JsonContext, output: &mut Vec<u8>) -> std::io::Result<()> {
    let mut separator: &[u8] = b",\"data\":[";
    for detail in status.details() {
        output.write_all(separator)?;
        separator = b",";
        // A detail that does not decode as its type is sent as base64.
        match json::to_string(detail, cx) {
            Ok(json) => output.write_all(json.as_bytes())?,
            Err(_) => write_opaque(detail, output)?,
        }
    }
    output.write_all(b"]")
}

fn write_opaque(detail: &prost_types::Any, output: &mut Vec<u8>) -> std::io::Result<()> {
    use base64::Engine as _;
    output.write_all(b"{\"@type\":")?;
    serde_json::to_writer(&mut *output, &detail.type_url)?;
    let value = base64::engine::general_purpose::STANDARD.encode(&detail.value);
    write!(output, ",\"value\":\"{value}\"}}")
}

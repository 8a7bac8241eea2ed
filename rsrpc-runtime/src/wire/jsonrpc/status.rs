//! Error objects with codes outside gRPC's range: sent by applications and received by clients.

use prost::Name;
use serde_core::Serialize;

use super::error::ProtocolError;
#[cfg(feature = "client")]
use super::json_scanner::{JsonScanner, RawString};
#[cfg(feature = "client")]
use crate::call::JsonContext;
use crate::call::{Code, Status};
#[cfg(feature = "client")]
use crate::json;

/// A JSON-RPC error object whose code is not a gRPC code. [`Status::jsonrpc`] creates it, and
/// [`Status::jsonrpc_error`] reads it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JSON-RPC error {code}: {message}")]
pub struct JsonRpcError {
    code: i64,
    message: String,
    data: Option<String>,
}

impl JsonRpcError {
    /// Returns the `code` member.
    pub fn code(&self) -> i64 {
        self.code
    }

    /// Returns the `message` member. Empty if it was missing.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Returns the `data` member as JSON.
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// Extracts the error object that a handler attached to its status.
    pub(super) fn from_status_detail(status: &Status) -> Option<Self> {
        let JsonRpcErrorDetail { code, message, data } = status.detail().ok()??;
        Some(Self {
            code,
            message,
            data: Some(data).filter(|data| !data.is_empty()),
        })
    }

    fn to_detail(&self) -> JsonRpcErrorDetail {
        JsonRpcErrorDetail {
            code: self.code,
            message: self.message.clone(),
            data: self.data.clone().unwrap_or_default(),
        }
    }
}

impl Status {
    /// Creates a status that JSON-RPC callers receive as an error object of the application: `code`, `message`, and
    /// `data` unless its JSON is `null`.
    ///
    /// The specification reserves -32768 to -32000 for itself and for servers. The codes 1 to 16 are gRPC's and make
    /// an ordinary status if `data` is missing. All other numbers are free. A gRPC caller receives the code to which
    /// this crate's JSON-RPC client maps the error: UNKNOWN for every free number. The error object is also attached
    /// as the detail `rsrpc.JsonRpcError`, so [`jsonrpc_error`](Self::jsonrpc_error) returns the same over both
    /// protocols.
    ///
    /// If `data` cannot be serialized to JSON, it is left out, and the status has the error as its
    /// [`source`](std::error::Error::source).
    ///
    /// ```
    /// use rsrpc_runtime::{Code, Status};
    ///
    /// let status = Status::jsonrpc(-1, "out of stock", [3, 4]);
    /// assert_eq!(status.code(), Code::Unknown);
    /// let error = status.jsonrpc_error().unwrap();
    /// assert_eq!((error.code(), error.data()), (-1, Some("[3,4]")));
    /// ```
    pub fn jsonrpc(code: i64, message: impl Into<String>, data: impl Serialize) -> Self {
        let (data, failure) = match serde_json::to_string(&data) {
            Ok(data) => (Some(data).filter(|data| data != "null"), None),
            Err(error) => (None, Some(error)),
        };
        let error = JsonRpcError {
            code,
            message: message.into(),
            data,
        };
        let status = Self::new(status_code(code), error.message.clone());
        let status = match error.data {
            // A gRPC code without data is an ordinary status on every protocol.
            None if (1..=16).contains(&code) => status,
            _ => status.with(error.to_detail()),
        };
        match failure {
            Some(failure) => status.with_source(failure),
            None => status,
        }
    }

    /// Returns the error object that the peer sent: an application error over any protocol, or an error of the
    /// JSON-RPC protocol. `None` if the code is a gRPC code, which [`code`](Self::code) returns.
    pub fn jsonrpc_error(&self) -> Option<JsonRpcError> {
        let source = std::error::Error::source(self);
        let found = source.and_then(|source| source.downcast_ref::<JsonRpcError>());
        found.cloned().or_else(|| JsonRpcError::from_status_detail(self))
    }
}

/// The status detail that carries an error object, also over gRPC.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct JsonRpcErrorDetail {
    #[prost(int64, tag = "1")]
    code: i64,
    #[prost(string, tag = "2")]
    message: String,
    /// The `data` member as JSON. Empty if it is missing.
    #[prost(string, tag = "3")]
    data: String,
}

impl Name for JsonRpcErrorDetail {
    const PACKAGE: &'static str = "rsrpc";
    const NAME: &'static str = "JsonRpcError";
}

/// Maps the code of an error object to a gRPC code: the same code, the equivalent of a protocol error, or UNKNOWN.
fn status_code(code: i64) -> Code {
    match i32::try_from(code) {
        Ok(number @ 1..=16) => Code::from_i32(number),
        _ => ProtocolError::status_code(code).unwrap_or(Code::Unknown),
    }
}

#[cfg(feature = "client")]
impl JsonRpcError {
    /// Parses an error object from valid JSON. Returns `None` for another value or if the code is missing.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (mut code, mut message, mut data) = (None, None, None);
        JsonScanner::new(value)
            .object(0, |key, value| match &*key.text() {
                "code" => code = value.parse().ok(),
                "message" => message = RawString::of_value(value),
                "data" if value != "null" => data = Some(value.to_owned()),
                _ => {}
            })
            .ok()?;
        Some(Self {
            code: code?,
            message: message
                .map(|message| message.text().into_owned())
                .unwrap_or_default(),
            data,
        })
    }
}

/// Converts an error object to a status. A handler's status keeps its code and details. A protocol error gets the
/// equivalent gRPC code. Any other error becomes UNKNOWN and stays attached when the status is forwarded.
#[cfg(feature = "client")]
pub(super) fn status_from_error(error: JsonRpcError, cx: &JsonContext) -> Status {
    let code = status_code(error.code);
    if (1..=16).contains(&error.code) {
        let details = details(error.data.as_deref().unwrap_or("[]"), cx);
        let status = Status::new(code, error.message.clone());
        return match details {
            Some(details) => details.into_iter().fold(status, Status::with_any),
            // The data does not have this protocol's format. Expose it to the caller as the source.
            None => status.with_source(error),
        };
    }
    let status = match ProtocolError::status_code(error.code) {
        // Text in `data` explains the error. The error object is not attached, because a caller further up did not
        // cause it.
        Some(_) => Status::new(
            code,
            match error.data.as_deref().and_then(RawString::of_value) {
                Some(reason) => format!("{}: {}", error.message, reason.text()),
                None => error.message.clone(),
            },
        ),
        None => Status::new(code, error.message.clone()).with(error.to_detail()),
    };
    status.with_source(error)
}

/// Parses the elements that are `google.protobuf.Any` and skips others. Returns `None` if the data is not an array.
#[cfg(feature = "client")]
fn details(data: &str, cx: &JsonContext) -> Option<Vec<prost_types::Any>> {
    let mut details = Vec::new();
    let read = JsonScanner::new(data).array(|scanner| {
        details.extend(json::from_str::<prost_types::Any>(scanner.value(1)?, cx).ok());
        Ok(())
    });
    read.is_ok().then_some(details)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;
    use std::error::Error as _;

    use super::*;

    #[track_caller]
    fn check(code: i64, expected: Code) {
        let status = Status::jsonrpc(code, "no", ());
        assert_eq!((status.code(), status.message()), (expected, "no"));
        let error = status.jsonrpc_error().unwrap();
        assert_eq!((error.code(), error.message(), error.data()), (code, "no", None));
    }

    #[test]
    fn codes_map_to_grpc_codes() {
        check(-1, Code::Unknown);
        check(0, Code::Unknown);
        check(17, Code::Unknown);
        check(i64::MAX, Code::Unknown);
        check(-32602, Code::InvalidArgument);
        check(-32050, Code::Unknown);
    }

    #[test]
    fn data_is_serialized_as_json() {
        let data = |status: Status| status.jsonrpc_error().unwrap().data().map(str::to_owned);
        assert_eq!(data(Status::jsonrpc(1000, "", "why")), Some("\"why\"".to_owned()));
        assert_eq!(data(Status::jsonrpc(1000, "", None::<u8>)), None);
        // A JSON object cannot have such keys.
        let broken = Status::jsonrpc(1000, "", HashMap::from([([1, 2], 3)]));
        assert_eq!(broken.source().unwrap().to_string(), "key must be a string");
        assert_eq!(data(broken), None);
    }

    #[test]
    fn grpc_codes_have_no_error_object() {
        assert_eq!(Status::not_found("x").jsonrpc_error(), None);
        let plain = Status::jsonrpc(5, "x", ());
        assert_eq!((plain.code(), plain.message()), (Code::NotFound, "x"));
        assert_eq!(plain.jsonrpc_error(), None);
        assert_eq!(
            Status::jsonrpc(5, "x", 1).jsonrpc_error().unwrap().data(),
            Some("1")
        );
    }
}

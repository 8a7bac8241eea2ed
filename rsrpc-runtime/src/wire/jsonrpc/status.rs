//! Error objects beyond gRPC's codes: what an application sends, and what a client gets.

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

/// An error object of JSON-RPC whose code is not one of gRPC's: sent with [`Status::jsonrpc`], read with
/// [`Status::jsonrpc_error`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("JSON-RPC error {code}: {message}")]
pub struct JsonRpcError {
    code: i64,
    message: String,
    data: Option<String>,
}

impl JsonRpcError {
    /// The member `code`.
    pub fn code(&self) -> i64 {
        self.code
    }

    /// The member `message`; empty when there was none.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The member `data`, as JSON.
    pub fn data(&self) -> Option<&str> {
        self.data.as_deref()
    }

    /// The error that a handler sends with its status.
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
    /// A status that JSON-RPC callers get as an error object of the application's own: `code`, `message`, and `data`
    /// unless its JSON is `null`.
    ///
    /// The specification reserves -32768 to -32000 for itself and for servers, and 1 to 16 are gRPC's codes, which
    /// without `data` make an ordinary status; other numbers are free. A gRPC caller gets the code that our JSON-RPC
    /// client would make of the error: UNKNOWN for every number that is free. The error goes along as a detail,
    /// `rsrpc.JsonRpcError`, so that [`jsonrpc_error`](Self::jsonrpc_error) is the same over both protocols.
    ///
    /// Where `data` cannot be written as JSON it is left out, and the reason is the status's
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
            // A status by itself, and nothing more than that on any protocol.
            None if (1..=16).contains(&code) => status,
            _ => status.with(error.to_detail()),
        };
        match failure {
            Some(failure) => status.with_source(failure),
            None => status,
        }
    }

    /// The error object that the other side sent: one of the application's own, over any protocol, or one that was
    /// found by the protocol of JSON-RPC. `None` where the code is one of gRPC's, which the status has as it is.
    pub fn jsonrpc_error(&self) -> Option<JsonRpcError> {
        let source = std::error::Error::source(self);
        let found = source.and_then(|source| source.downcast_ref::<JsonRpcError>());
        found.cloned().or_else(|| JsonRpcError::from_status_detail(self))
    }
}

/// Carries an error object within a status, and over gRPC.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct JsonRpcErrorDetail {
    #[prost(int64, tag = "1")]
    code: i64,
    #[prost(string, tag = "2")]
    message: String,
    /// JSON; empty for none.
    #[prost(string, tag = "3")]
    data: String,
}

impl Name for JsonRpcErrorDetail {
    const PACKAGE: &'static str = "rsrpc";
    const NAME: &'static str = "JsonRpcError";
}

/// gRPC's code for the code of an error object: its own, the one that says what the protocol found, or UNKNOWN.
fn status_code(code: i64) -> Code {
    match i32::try_from(code) {
        Ok(number @ 1..=16) => Code::from_i32(number),
        _ => ProtocolError::status_code(code).unwrap_or(Code::Unknown),
    }
}

#[cfg(feature = "client")]
impl JsonRpcError {
    /// Reads an error object, valid JSON; `None` for anything else, or without a code.
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

/// The status that an error stands for. A handler's status comes back as it was; what the protocol found wrong gets
/// the code of gRPC that says the same; the rest is UNKNOWN, and goes on as it is where it is passed on.
#[cfg(feature = "client")]
pub(super) fn status_from_error(error: JsonRpcError, cx: &JsonContext) -> Status {
    let code = status_code(error.code);
    if (1..=16).contains(&error.code) {
        let details = details(error.data.as_deref().unwrap_or("[]"), cx);
        let status = Status::new(code, error.message.clone());
        return match details {
            Some(details) => details.into_iter().fold(status, Status::with_any),
            // Not what this protocol puts there: for the caller to understand.
            None => status.with_source(error),
        };
    }
    let status = match ProtocolError::status_code(error.code) {
        // Where `data` is text, it says what was wrong. To whom this is passed on, the fault would not be theirs.
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

/// The elements that are `google.protobuf.Any`; others are not ours to understand. `None` if there is no array.
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
    fn codes_have_one_meaning() {
        check(-1, Code::Unknown);
        check(0, Code::Unknown);
        check(17, Code::Unknown);
        check(i64::MAX, Code::Unknown);
        check(-32602, Code::InvalidArgument);
        check(-32050, Code::Unknown);
    }

    #[test]
    fn data_is_json() {
        let data = |status: Status| status.jsonrpc_error().unwrap().data().map(str::to_owned);
        assert_eq!(data(Status::jsonrpc(1000, "", "why")), Some("\"why\"".to_owned()));
        assert_eq!(data(Status::jsonrpc(1000, "", None::<u8>)), None);
        // No JSON object has such keys.
        let broken = Status::jsonrpc(1000, "", HashMap::from([([1, 2], 3)]));
        assert_eq!(broken.source().unwrap().to_string(), "key must be a string");
        assert_eq!(data(broken), None);
    }

    #[test]
    fn other_statuses_have_none() {
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

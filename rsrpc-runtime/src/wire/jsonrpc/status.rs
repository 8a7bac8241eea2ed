//! Error objects that a client gets, as statuses.

use super::error::Fault;
use super::scan::{RawString, Scanner};
use crate::call::{Code, JsonContext, Status};
use crate::json;

/// An error object of a JSON-RPC server, as it was sent: the [`source`](std::error::Error::source) of the status that
/// it became, unless the code is one of gRPC's, which say it all.
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

    /// Reads an error object, valid JSON; `None` for anything else, or without a code.
    pub(super) fn read(value: &str) -> Option<Self> {
        let (mut code, mut message, mut data) = (None, None, None);
        Scanner::new(value)
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
/// the code of gRPC that says the same; the rest is UNKNOWN.
pub(super) fn status_from_error(error: JsonRpcError, cx: &JsonContext) -> Status {
    let of_grpc = i32::try_from(error.code)
        .ok()
        .filter(|code| (1..=16).contains(code));
    if let Some(code) = of_grpc {
        let status = Status::new(Code::from_i32(code), error.message);
        return details(error.data.as_deref().unwrap_or("[]"), cx)
            .into_iter()
            .fold(status, Status::with_any);
    }
    let code = Fault::status_code(error.code).unwrap_or(Code::Unknown);
    // Where `data` is text, it says what was wrong.
    let reason = error.data.as_deref().and_then(RawString::of_value);
    let message = match reason {
        Some(reason) => format!("{}: {}", error.message, reason.text()),
        None => error.message.clone(),
    };
    Status::new(code, message).with_source(error)
}

/// The elements that are `google.protobuf.Any`; others are not ours to understand.
fn details(data: &str, cx: &JsonContext) -> Vec<prost_types::Any> {
    let mut details = Vec::new();
    let read = Scanner::new(data).array(|scanner| {
        details.extend(json::from_str::<prost_types::Any>(scanner.value(1)?, cx).ok());
        Ok(())
    });
    if read.is_err() {
        details.clear();
    }
    details
}

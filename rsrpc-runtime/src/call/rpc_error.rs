//! Conversion between an application's error types and statuses.

use std::fmt::Display;
use std::str::FromStr;

use super::Status;

/// An application error that converts to a [`Status`] and back.
///
/// `#[derive(RpcError)]` (feature `macros`) implements it for an enum. Each variant has a gRPC code and an
/// [`ErrorInfo`](super::details::ErrorInfo) that names the variant and holds its fields. A handler then uses `?` on
/// such errors, and a client recovers them with [`from_status`](Self::from_status).
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be converted to a status",
    label = "expected `Status` or a type with #[derive(RpcError)]"
)]
pub trait RpcError: Sized {
    /// Converts into the status that the peer receives. `Status::from` does the same.
    fn into_status(self) -> Status;

    /// Recovers the error from a status. Returns `None` for a status with another origin, and for variants with fields
    /// that are not transmitted.
    fn from_status(status: &Status) -> Option<Self>;
}

impl RpcError for Status {
    fn into_status(self) -> Status {
        self
    }

    /// Returns a clone of the status.
    fn from_status(status: &Status) -> Option<Self> {
        Some(status.clone())
    }
}

/// The bound on an error whose variants have no explicit message.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no message for its status",
    label = "`{Self}` does not implement `Display`",
    note = "implement `Display`, or set the message beside the code: `#[rpc(not_found, message = \"user {{id}}\")]`"
)]
pub trait ErrorMessage {
    /// Returns the message.
    fn message(&self) -> String;
}

impl<T: Display> ErrorMessage for T {
    fn message(&self) -> String {
        self.to_string()
    }
}

/// The bound on error fields that are stored in the metadata of an `ErrorInfo`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot be stored in a status",
    label = "`{Self}` does not implement `Display` and `FromStr`",
    note = "`#[rpc(skip)]` omits the field, and the variant cannot be recovered; `#[rpc(default)]` omits it and \
            restores its default"
)]
#[doc(hidden)]
pub trait ErrorField: Sized {
    /// Formats the field.
    fn write(&self) -> String;
    /// Parses a field formatted by [`write`](Self::write).
    fn read(text: &str) -> Option<Self>;
}

impl<T: Display + FromStr> ErrorField for T {
    fn write(&self) -> String {
        self.to_string()
    }

    fn read(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

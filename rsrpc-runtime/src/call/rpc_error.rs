//! Errors of an application's own type, as statuses and back.

use std::fmt::Display;
use std::str::FromStr;

use super::Status;

/// An error that travels as a [`Status`], and comes back as what it was.
///
/// `#[derive(RpcError)]` (feature `macros`) implements it for an enum: each variant has a code of gRPC, and a
/// [`ErrorInfo`](super::details::ErrorInfo) that names the variant and holds its fields. A handler then uses `?` on
/// such errors, and a client asks [`from_status`](Self::from_status) what a call failed with.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no error that travels",
    label = "neither `Status` nor derived from `RpcError`"
)]
pub trait RpcError: Sized {
    /// The status that other sides get; `Status::from` gives the same.
    fn into_status(self) -> Status;

    /// The error that a status was made from; `None` if it was made from something else, or from a variant with a
    /// field that does not travel.
    fn from_status(status: &Status) -> Option<Self>;
}

impl RpcError for Status {
    fn into_status(self) -> Status {
        self
    }

    /// Every status is one.
    fn from_status(status: &Status) -> Option<Self> {
        Some(status.clone())
    }
}

/// What an error has to be where a variant has no message of its own.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "a status of `{Self}` has no message",
    label = "`{Self}` lacks `Display`",
    note = "implement `Display`, or write the message with the code, as in `#[rpc(not_found, message = \"user {{id}}\")]`"
)]
pub trait ErrorMessage {
    /// The message.
    fn message(&self) -> String;
}

impl<T: Display> ErrorMessage for T {
    fn message(&self) -> String {
        self.to_string()
    }
}

/// What a field of an error has to be, so that it can stand in the metadata of an `ErrorInfo`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{Self}` cannot travel in a status",
    label = "`{Self}` lacks `Display` or `FromStr`",
    note = "`#[rpc(skip)]` leaves the field out, and the variant does not come back; `#[rpc(default)]` leaves it out, \
            and its default comes back"
)]
#[doc(hidden)]
pub trait ErrorField: Sized {
    /// The field's text.
    fn write(&self) -> String;
    /// The field of a text that [`write`](Self::write) wrote.
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

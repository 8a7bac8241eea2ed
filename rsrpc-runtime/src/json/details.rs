//! JSON of the `google.rpc` error details, which every server and client supports.
//!
//! Every program contains these types, but few convert more than one or two. So tables describe them, and one reader
//! and one writer interpret the tables. Code for each type would be many times larger. The field names come from the
//! generated code for these types, which is linked only into programs whose own messages use them.

#[rustfmt::skip]
mod generated;
mod record;
#[cfg(test)]
mod tests;

use super::message::{Field, JsonMessage};
use crate::call::AnyType;
use crate::call::details::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure, RequestInfo,
    ResourceInfo, RetryInfo, bad_request, help, precondition_failure, quota_failure,
};

/// The description of one message type.
struct DetailType {
    /// Name without the package.
    name: &'static str,
    fields: &'static [Field],
    /// Kind of each field.
    kinds: &'static [FieldKind],
}

/// The kind of a field in these messages.
#[derive(Clone, Copy)]
enum FieldKind {
    Text,
    Texts,
    /// A map from string to string.
    Map,
    Integer,
    OptionalInteger,
    Duration,
    Message(&'static DetailType),
    Messages(&'static DetailType),
}

impl DetailType {
    const fn of<M: JsonMessage>(name: &'static str, kinds: &'static [FieldKind]) -> Self {
        assert!(M::FIELDS.len() == kinds.len(), "each field has a kind");
        Self {
            name,
            fields: M::FIELDS,
            kinds,
        }
    }
}

macro_rules! details {
    ($($name:ident = $type:ident $(in $module:ident)?: $($kind:ident $(($of:ident))?),*;)*) => {
        $(static $name: DetailType = DetailType::of::<$($module::)? $type>(
            stringify!($type),
            &[$(FieldKind::$kind $((&$of))?),*],
        );)*
    };
}

details! {
    ERROR_INFO = ErrorInfo: Text, Text, Map;
    RETRY_INFO = RetryInfo: Duration;
    DEBUG_INFO = DebugInfo: Texts, Text;
    QUOTA_VIOLATION = Violation in quota_failure: Text, Text, Text, Text, Text, Map, Integer, OptionalInteger;
    QUOTA_FAILURE = QuotaFailure: Messages(QUOTA_VIOLATION);
    PRECONDITION_VIOLATION = Violation in precondition_failure: Text, Text, Text;
    PRECONDITION_FAILURE = PreconditionFailure: Messages(PRECONDITION_VIOLATION);
    FIELD_VIOLATION = FieldViolation in bad_request: Text, Text, Text, Message(LOCALIZED_MESSAGE);
    BAD_REQUEST = BadRequest: Messages(FIELD_VIOLATION);
    REQUEST_INFO = RequestInfo: Text, Text;
    RESOURCE_INFO = ResourceInfo: Text, Text, Text, Text;
    LINK = Link in help: Text, Text;
    HELP = Help: Messages(LINK);
    LOCALIZED_MESSAGE = LocalizedMessage: Text, Text;
}

/// Returns a type of `google.rpc` by its name without the package.
pub(super) fn builtin(name: &str) -> Option<&'static dyn AnyType> {
    const ALL: [&DetailType; 10] = [
        &BAD_REQUEST,
        &DEBUG_INFO,
        &ERROR_INFO,
        &HELP,
        &LOCALIZED_MESSAGE,
        &PRECONDITION_FAILURE,
        &QUOTA_FAILURE,
        &REQUEST_INFO,
        &RESOURCE_INFO,
        &RETRY_INFO,
    ];
    let found = ALL.into_iter().find(|detail| detail.name == name)?;
    Some(found)
}

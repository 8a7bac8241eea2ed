//! The JSON of `google.rpc`'s error details, which every server and client knows.
//!
//! Every program holds all of these, and hardly any converts more than one or two. So they are described by tables,
//! which one reader and one writer go by: code for each type is many times larger. Generated code for the types, of
//! which the tables have the fields' names, is only in programs whose own messages hold them.

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

/// One message type.
struct DetailType {
    /// The name without the package.
    name: &'static str,
    fields: &'static [Field],
    /// What each of the fields is.
    kinds: &'static [FieldKind],
}

/// What a field is; those of one message have no other kinds.
#[derive(Clone, Copy)]
enum FieldKind {
    Text,
    Texts,
    /// From text to text.
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

/// A type of `google.rpc` by its name there.
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

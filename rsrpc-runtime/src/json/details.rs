//! The JSON of `google.rpc`'s error details, which every server and client knows.

#[rustfmt::skip]
mod generated;

use super::any::Known;
use crate::call::AnyType;
use crate::call::details::{
    BadRequest, DebugInfo, ErrorInfo, Help, LocalizedMessage, PreconditionFailure, QuotaFailure, RequestInfo,
    ResourceInfo, RetryInfo,
};

/// A type of `google.rpc` by its name there.
pub(super) fn builtin(name: &str) -> Option<&'static dyn AnyType> {
    macro_rules! find {
        ($($type:ident)*) => {
            match name {
                $(stringify!($type) => {
                    Some(const { &Known::<$type>::new(concat!("google.rpc.", stringify!($type))) })
                })*
                _ => None,
            }
        };
    }
    find! {
        BadRequest DebugInfo ErrorInfo Help LocalizedMessage PreconditionFailure QuotaFailure RequestInfo ResourceInfo
        RetryInfo
    }
}

//! `#[derive(RpcError)]`: conversion of errors to statuses and back.

use std::fmt;

use rsrpc_runtime::details::ErrorInfo;
use rsrpc_runtime::{Code, RpcError, Status};

#[derive(Debug, PartialEq, RpcError, thiserror::Error)]
#[rpc(domain = "users.example.com")]
enum UserError {
    #[error("user {id} is gone")]
    #[rpc(not_found, reason = "GONE")]
    Gone { id: u64 },
    #[error("{0} comes after {1:?}")]
    #[rpc(out_of_range, domain = "numbers.example.com")]
    TooLarge(i64, Option<f64>),
    #[error("nobody is here")]
    #[rpc(failed_precondition, message = "come back later")]
    NobodyHere,
    #[error("…")]
    #[rpc(aborted, message = "{0:?}: {{0}} {1:>3}|{0}")]
    Formatted(String, u8),
    #[error("a key: {key}")]
    #[rpc(permission_denied)]
    Secret {
        #[rpc(default)]
        key: String,
        r#type: char,
    },
    #[error("disk")]
    #[rpc(data_loss)]
    Disk {
        path: String,
        #[source]
        cause: NotAnError,
    },
}

/// `#[source]` needs an error type, and `io::Error` has no `PartialEq`.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the cause")]
struct NotAnError;

#[track_caller]
fn check(error: UserError, code: Code, message: &str, info: ErrorInfo, back: Option<UserError>) {
    let status = Status::from(error);
    assert_eq!((status.code(), status.message()), (code, message));
    assert_eq!(status.detail::<ErrorInfo>().unwrap(), Some(info));
    assert_eq!(UserError::from_status(&status), back);
}

#[test]
fn errors_become_statuses_and_come_back() {
    let domain = "users.example.com";
    check(
        UserError::Gone { id: 7 },
        Code::NotFound,
        "user 7 is gone",
        ErrorInfo::new("GONE", domain).with("id", "7"),
        Some(UserError::Gone { id: 7 }),
    );
    let numbers = "numbers.example.com";
    check(
        UserError::TooLarge(-3, Some(0.1)),
        Code::OutOfRange,
        "-3 comes after Some(0.1)",
        ErrorInfo::new("TOO_LARGE", numbers)
            .with("field0", "-3")
            .with("field1", "0.1"),
        Some(UserError::TooLarge(-3, Some(0.1))),
    );
    check(
        UserError::TooLarge(4, None),
        Code::OutOfRange,
        "4 comes after None",
        ErrorInfo::new("TOO_LARGE", numbers).with("field0", "4"),
        Some(UserError::TooLarge(4, None)),
    );
    check(
        UserError::NobodyHere,
        Code::FailedPrecondition,
        "come back later",
        ErrorInfo::new("NOBODY_HERE", domain),
        Some(UserError::NobodyHere),
    );
    check(
        UserError::Formatted("a".into(), 5),
        Code::Aborted,
        "\"a\": {0}   5|a",
        ErrorInfo::new("FORMATTED", domain)
            .with("field0", "a")
            .with("field1", "5"),
        Some(UserError::Formatted("a".into(), 5)),
    );
}

#[test]
fn fields_may_stay_behind() {
    let domain = "users.example.com";
    check(
        UserError::Secret {
            key: "sesame".into(),
            r#type: 'x',
        },
        Code::PermissionDenied,
        "a key: sesame",
        ErrorInfo::new("SECRET", domain).with("type", "x"),
        Some(UserError::Secret {
            key: String::new(),
            r#type: 'x',
        }),
    );
    check(
        UserError::Disk {
            path: "/".into(),
            cause: NotAnError,
        },
        Code::DataLoss,
        "disk",
        ErrorInfo::new("DISK", domain).with("path", "/"),
        None,
    );
}

#[test]
fn other_statuses_are_not_taken_for_errors() {
    let gone = |info: ErrorInfo| UserError::from_status(&Status::not_found("x").with(info));
    assert_eq!(UserError::from_status(&Status::not_found("x")), None);
    assert_eq!(
        gone(ErrorInfo::new("GONE", "other.example.com").with("id", "7")),
        None
    );
    assert_eq!(
        gone(ErrorInfo::new("AWAY", "users.example.com").with("id", "7")),
        None
    );
    assert_eq!(gone(ErrorInfo::new("GONE", "users.example.com")), None);
    assert_eq!(
        gone(ErrorInfo::new("GONE", "users.example.com").with("id", "seven")),
        None
    );
}

/// An error with inner errors; the last variant holds any other status.
#[derive(Debug, RpcError)]
enum Outer {
    #[rpc(transparent)]
    User(UserError),
    #[rpc(unavailable)]
    Closed,
    #[rpc(transparent)]
    Other { status: Status },
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an outer error")
    }
}

#[test]
fn transparent_variants_are_what_they_hold() {
    let status = Status::from(Outer::User(UserError::Gone { id: 1 }));
    assert_eq!(status.message(), "user 1 is gone");
    assert!(matches!(
        Outer::from_status(&status),
        Some(Outer::User(UserError::Gone { id: 1 }))
    ));
    let status = Status::from(Outer::Other {
        status: Status::data_loss("all"),
    });
    assert_eq!(status.to_string(), "DATA_LOSS: all");
    assert!(matches!(
        Outer::from_status(&status),
        Some(Outer::Other { status }) if status.message() == "all"
    ));
    // The default domain is the crate's name.
    let status = Status::from(Outer::Closed);
    assert_eq!(
        status.detail().unwrap(),
        Some(ErrorInfo::new("CLOSED", "rsrpc-macros"))
    );
    assert!(matches!(Outer::from_status(&status), Some(Outer::Closed)));
}

/// Shadows names that generated code uses.
mod shadows {
    #![allow(dead_code)]
    use std::fmt::Display;
    use std::str::FromStr;

    #[derive(Debug)]
    struct Option;
    struct Result;
    struct String;
    struct Status;

    #[derive(Debug, rsrpc_runtime::RpcError)]
    pub(super) enum Error<T: Display + FromStr> {
        #[rpc(internal, message = "{error} {info}")]
        Odd {
            error: T,
            info: u8,
            message: u8,
            status: u8,
        },
    }

    #[derive(rsrpc_runtime::RpcError)]
    pub(super) enum Never {}
}

#[test]
fn names_around_do_not_matter() {
    use shadows::Error;

    let status = Status::from(Error::Odd {
        error: 1.5,
        info: 2,
        message: 3,
        status: 4,
    });
    assert_eq!(status.message(), "1.5 2");
    let Some(Error::Odd {
        error,
        info,
        message,
        status,
    }) = Error::<f64>::from_status(&status)
    else {
        panic!()
    };
    assert_eq!((error, info, message, status), (1.5, 2, 3, 4));
    assert!(shadows::Never::from_status(&Status::internal("")).is_none());
}

/// Every code.
#[derive(Debug, RpcError)]
enum Every {
    #[rpc(cancelled, message = "")]
    Cancelled,
    #[rpc(unknown, message = "")]
    Unknown,
    #[rpc(invalid_argument, message = "")]
    InvalidArgument,
    #[rpc(deadline_exceeded, message = "")]
    DeadlineExceeded,
    #[rpc(not_found, message = "")]
    NotFound,
    #[rpc(already_exists, message = "")]
    AlreadyExists,
    #[rpc(permission_denied, message = "")]
    PermissionDenied,
    #[rpc(resource_exhausted, message = "")]
    ResourceExhausted,
    #[rpc(failed_precondition, message = "")]
    FailedPrecondition,
    #[rpc(aborted, message = "")]
    Aborted,
    #[rpc(out_of_range, message = "")]
    OutOfRange,
    #[rpc(unimplemented, message = "")]
    Unimplemented,
    #[rpc(internal, message = "")]
    Internal,
    #[rpc(unavailable, message = "")]
    Unavailable,
    #[rpc(data_loss, message = "")]
    DataLoss,
    #[rpc(unauthenticated, message = "")]
    Unauthenticated,
}

#[test]
fn every_code_has_its_name() {
    use Every::*;
    let all = [
        Cancelled,
        Unknown,
        InvalidArgument,
        DeadlineExceeded,
        NotFound,
        AlreadyExists,
        PermissionDenied,
        ResourceExhausted,
        FailedPrecondition,
        Aborted,
        OutOfRange,
        Unimplemented,
        Internal,
        Unavailable,
        DataLoss,
        Unauthenticated,
    ];
    for (number, error) in (1..).zip(all) {
        let name = format!("{error:?}");
        let status = Status::from(error);
        assert_eq!(i32::from(status.code()), number);
        assert_eq!(format!("{:?}", status.code()), name);
    }
}

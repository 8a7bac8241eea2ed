//! Reads the method options of `rsrpc/options.proto`.

use std::time::Duration;

use prost::Message as _;

use super::descriptor::{self, MethodDescriptor};
use super::files::{Files, SourceFile};
use crate::model::{IdempotencyLevel, MethodOptions, RetryPolicy};
use crate::naming;

/// The text of `rsrpc/options.proto`, built in for build scripts and macros.
pub const OPTIONS_PROTO: &str = include_str!("../../proto/rsrpc/options.proto");

/// The import name of [`OPTIONS_PROTO`].
pub const OPTIONS_PROTO_NAME: &str = "rsrpc/options.proto";

/// The number of the extension `rsrpc.method`.
const EXTENSION: i32 = 72_761;

/// gRPC status codes by number: the names in `rsrpc.Code` and in the runtime's `Code`.
const CODES: [(&str, &str); 17] = [
    ("OK", "Ok"),
    ("CANCELLED", "Cancelled"),
    ("UNKNOWN", "Unknown"),
    ("INVALID_ARGUMENT", "InvalidArgument"),
    ("DEADLINE_EXCEEDED", "DeadlineExceeded"),
    ("NOT_FOUND", "NotFound"),
    ("ALREADY_EXISTS", "AlreadyExists"),
    ("PERMISSION_DENIED", "PermissionDenied"),
    ("RESOURCE_EXHAUSTED", "ResourceExhausted"),
    ("FAILED_PRECONDITION", "FailedPrecondition"),
    ("ABORTED", "Aborted"),
    ("OUT_OF_RANGE", "OutOfRange"),
    ("UNIMPLEMENTED", "Unimplemented"),
    ("INTERNAL", "Internal"),
    ("UNAVAILABLE", "Unavailable"),
    ("DATA_LOSS", "DataLoss"),
    ("UNAUTHENTICATED", "Unauthenticated"),
];

/// `google.protobuf.MethodOptions` with the extension `rsrpc.method`.
#[derive(Clone, PartialEq, prost::Message)]
struct ExtendedMethodOptions {
    #[prost(message, optional, tag = "72761")]
    method: Option<DeclaredMethodOptions>,
}

/// `rsrpc.MethodOptions`.
#[derive(Clone, PartialEq, prost::Message)]
struct DeclaredMethodOptions {
    #[prost(message, optional, tag = "1")]
    timeout: Option<prost_types::Duration>,
    #[prost(string, tag = "2")]
    jsonrpc_name: String,
    #[prost(message, optional, tag = "3")]
    retry: Option<DeclaredRetry>,
}

/// `rsrpc.RetryPolicy`.
#[derive(Clone, PartialEq, prost::Message)]
struct DeclaredRetry {
    #[prost(uint32, tag = "1")]
    max_attempts: u32,
    #[prost(message, optional, tag = "2")]
    initial_backoff: Option<prost_types::Duration>,
    #[prost(message, optional, tag = "3")]
    max_backoff: Option<prost_types::Duration>,
    #[prost(double, tag = "4")]
    backoff_multiplier: f64,
    #[prost(int32, repeated, tag = "5")]
    retryable_status_codes: Vec<i32>,
}

/// An invalid method option.
pub(crate) struct OptionProblem {
    /// The path within the method's descriptor.
    path: Vec<i32>,
    pub(crate) message: String,
}

impl OptionProblem {
    /// Returns the source path of the option, or of its closest ancestor with a position.
    pub(crate) fn place(&self, source: &SourceFile, method: &[i32]) -> Vec<i32> {
        let mut place = [method, &self.path].concat();
        while place.len() > method.len() && !source.is_located(&place) {
            place.pop();
        }
        place
    }
}

/// Returns the valid options of a method, and the problems with the others.
pub(crate) fn method_options(
    files: &Files,
    source: &SourceFile,
    method: &MethodDescriptor,
) -> (MethodOptions, Vec<OptionProblem>) {
    let mut options = MethodOptions {
        idempotency: match method.options().idempotency_level {
            descriptor::NO_SIDE_EFFECTS => IdempotencyLevel::NoSideEffects,
            descriptor::IDEMPOTENT => IdempotencyLevel::Idempotent,
            _ => IdempotencyLevel::Unknown,
        },
        ..MethodOptions::default()
    };
    let mut reading = OptionReader { problems: Vec::new() };
    if is_imported(files, source) {
        match ExtendedMethodOptions::decode(method.encoded_options()) {
            Ok(ExtendedMethodOptions {
                method: Some(declared),
            }) => reading.method(declared, &mut options),
            Ok(ExtendedMethodOptions { method: None }) => {}
            Err(error) => reading.problem(&[], format!("`(rsrpc.method)` is invalid: {error}")),
        }
    }
    (options, reading.problems)
}

/// Returns whether the extension number means `rsrpc.method`. The number is from the range for private use.
fn is_imported(files: &Files, source: &SourceFile) -> bool {
    let mut imports = source
        .file
        .dependency
        .iter()
        .chain(&source.file.option_dependency);
    files.named(OPTIONS_PROTO_NAME).is_some() || imports.any(|import| import == OPTIONS_PROTO_NAME)
}

struct OptionReader {
    problems: Vec<OptionProblem>,
}

impl OptionReader {
    /// `path` is within the extension.
    fn problem(&mut self, path: &[i32], message: String) {
        let path = [&[descriptor::path::METHOD_OPTIONS, EXTENSION], path].concat();
        self.problems.push(OptionProblem { path, message });
    }

    fn method(&mut self, declared: DeclaredMethodOptions, options: &mut MethodOptions) {
        let DeclaredMethodOptions {
            timeout,
            jsonrpc_name,
            retry,
        } = declared;
        if let Some(timeout) = timeout {
            options.timeout = self.duration(&[1], "timeout", &timeout);
        }
        if let Some(reserved) = naming::RESERVED_IN_JSONRPC
            .iter()
            .find(|reserved| jsonrpc_name.starts_with(**reserved))
        {
            let text = format!(
                "`jsonrpc_name` is {jsonrpc_name:?}, but JSON-RPC reserves names that begin with `{reserved}`"
            );
            self.problem(&[2], text);
        } else if !jsonrpc_name.is_empty() {
            options.jsonrpc_name = Some(jsonrpc_name);
        }
        if let Some(retry) = retry {
            options.retry = self.retry(&retry);
        }
    }

    fn retry(&mut self, declared: &DeclaredRetry) -> Option<RetryPolicy> {
        let before = self.problems.len();
        let DeclaredRetry {
            max_attempts,
            backoff_multiplier,
            retryable_status_codes,
            ..
        } = declared;
        if *max_attempts < 2 {
            let text = format!(
                "`retry.max_attempts` is {max_attempts}; it must be at least 2, because it counts the first attempt"
            );
            self.problem(&[3, 1], text);
        }
        let initial_backoff = self.backoff(2, "retry.initial_backoff", declared.initial_backoff.as_ref());
        let max_backoff = self.backoff(3, "retry.max_backoff", declared.max_backoff.as_ref());
        if !backoff_multiplier.is_finite() || *backoff_multiplier <= 0.0 {
            let text = format!("`retry.backoff_multiplier` is {backoff_multiplier}; it must be positive");
            self.problem(&[3, 4], text);
        }
        let mut codes = Vec::new();
        for (index, number) in retryable_status_codes.iter().enumerate() {
            let known = usize::try_from(*number).ok().and_then(|number| CODES.get(number));
            match known {
                Some(("OK", _)) => {
                    self.problem(
                        &[3, 5, descriptor::path::to_i32(index)],
                        "`retry.retryable_status_codes` \
                                                                            contains OK, which is not a \
                                                                            failure"
                            .to_owned(),
                    );
                }
                Some((_, code)) => {
                    let code = naming::ident(code);
                    if !codes.contains(&code) {
                        codes.push(code);
                    }
                }
                None => self.problem(
                    &[3, 5, descriptor::path::to_i32(index)],
                    format!(
                        "`retry.retryable_status_codes` contains {number}, which is not a gRPC status code \
                             (1 to 16)"
                    ),
                ),
            }
        }
        if retryable_status_codes.is_empty() {
            self.problem(
                &[3, 5],
                "`retry.retryable_status_codes` is empty, so no call would be retried; add one, such as \
                 UNAVAILABLE"
                    .to_owned(),
            );
        }
        (self.problems.len() == before).then_some(RetryPolicy {
            max_attempts: *max_attempts,
            initial_backoff: initial_backoff?,
            max_backoff: max_backoff?,
            backoff_multiplier: *backoff_multiplier,
            retryable_status_codes: codes,
        })
    }

    fn backoff(&mut self, field: i32, name: &str, value: Option<&prost_types::Duration>) -> Option<Duration> {
        match value {
            Some(value) => self.duration(&[3, field], name, value),
            None => {
                self.problem(
                    &[3, field],
                    format!("`{name}` is missing; a retry policy needs it"),
                );
                None
            }
        }
    }

    fn duration(&mut self, path: &[i32], name: &str, value: &prost_types::Duration) -> Option<Duration> {
        let prost_types::Duration { seconds, nanos } = *value;
        let positive = match (u64::try_from(seconds), u32::try_from(nanos)) {
            (Ok(seconds), Ok(nanos)) if (seconds, nanos) != (0, 0) => Some((seconds, nanos)),
            _ => None,
        };
        match positive {
            Some((seconds @ 0..=MAX_SECONDS, nanos @ 0..1_000_000_000)) => {
                Some(Duration::new(seconds, nanos))
            }
            Some(_) => {
                let text = format!(
                    "`{name}` has {seconds} seconds and {nanos} nanos; a duration has at most {MAX_SECONDS} \
                     seconds \
                     and 999999999 nanos"
                );
                self.problem(path, text);
                None
            }
            None => {
                let text = format!("`{name}` has {seconds} seconds and {nanos} nanos; it must be positive");
                self.problem(path, text);
                None
            }
        }
    }
}

/// The most that `google.protobuf.Duration` allows: 10,000 years.
const MAX_SECONDS: u64 = 315_576_000_000;

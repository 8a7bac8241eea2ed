//! Method options from a service definition.

use std::time::Duration;

use super::Code;

/// Options that a method's definition sets for its clients: in a .proto file with `rsrpc/options.proto`, on a Rust
/// trait with `#[rpc(…)]`.
///
/// Read it from [`MethodDescriptor::options`](super::MethodDescriptor::options).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MethodOptions {
    /// Default timeout for calls that set none; unlimited by default. Clients apply it before a channel's own default.
    /// Servers ignore it.
    pub timeout: Option<Duration>,
    /// Declares if a call can be repeated safely.
    pub idempotency: IdempotencyLevel,
    /// Alternative name under which JSON-RPC clients call the method.
    pub jsonrpc_name: Option<&'static str>,
    /// Retry policy for failed calls.
    pub retry: Option<RetryPolicy>,
}

/// Safety of calling a method twice: `google.protobuf.MethodOptions.IdempotencyLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdempotencyLevel {
    /// Not specified.
    #[default]
    Unknown,
    /// Calls have no side effects.
    NoSideEffects,
    /// Repeating a call has no further effect.
    Idempotent,
}

/// A retry policy, like `retryPolicy` in a service config ([gRFC
/// A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Maximum number of attempts including the first; at least 2.
    pub max_attempts: u32,
    /// Upper bound of the randomized delay before the second attempt.
    pub initial_backoff: Duration,
    /// Upper bound of every delay.
    pub max_backoff: Duration,
    /// Factor by which the delay's upper bound grows with each attempt.
    pub backoff_multiplier: f64,
    /// Status codes that are retried.
    pub retryable_status_codes: &'static [Code],
}

impl MethodOptions {
    /// Creates options without any setting.
    pub const fn new() -> Self {
        Self {
            timeout: None,
            idempotency: IdempotencyLevel::Unknown,
            jsonrpc_name: None,
            retry: None,
        }
    }

    /// Sets [`timeout`](Self::timeout).
    #[must_use]
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sets [`idempotency`](Self::idempotency).
    #[must_use]
    pub const fn idempotency(mut self, level: IdempotencyLevel) -> Self {
        self.idempotency = level;
        self
    }

    /// Sets [`jsonrpc_name`](Self::jsonrpc_name).
    #[must_use]
    pub const fn jsonrpc_name(mut self, name: &'static str) -> Self {
        self.jsonrpc_name = Some(name);
        self
    }

    /// Sets [`retry`](Self::retry).
    #[must_use]
    pub const fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }
}

impl Default for MethodOptions {
    fn default() -> Self {
        Self::new()
    }
}

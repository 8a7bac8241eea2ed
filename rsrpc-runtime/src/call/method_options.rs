//! What a definition says of a method beside its messages.

use std::time::Duration;

use super::Code;

/// What a method's definition asks of those who call it: in a .proto file by `rsrpc/options.proto`, on a Rust trait by
/// `#[rpc(…)]`.
///
/// Read it from [`MethodDescriptor::options`](super::MethodDescriptor::options).
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub struct MethodOptions {
    /// How long a call may take that says nothing of its time itself; without limit by default. Clients apply it before
    /// a channel's own default, servers do not.
    pub timeout: Option<Duration>,
    /// Whether a call can be repeated.
    pub idempotency: IdempotencyLevel,
    /// Another name by which JSON-RPC clients call the method.
    pub jsonrpc_name: Option<&'static str>,
    /// When a failed call is tried again.
    pub retry: Option<RetryPolicy>,
}

/// Whether a method can be called twice without harm: `google.protobuf.MethodOptions.IdempotencyLevel`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum IdempotencyLevel {
    /// Nothing is said.
    #[default]
    Unknown,
    /// Calls change nothing.
    NoSideEffects,
    /// A second call changes nothing more.
    Idempotent,
}

/// When a failed call is tried again, as a service config's `retryPolicy` says it
/// ([gRFC A6](https://github.com/grpc/proposal/blob/master/A6-client-retries.md)).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included; at least 2.
    pub max_attempts: u32,
    /// The longest pause before the second attempt; the pauses themselves are random below it.
    pub initial_backoff: Duration,
    /// What no pause exceeds.
    pub max_backoff: Duration,
    /// What each further pause is multiplied by.
    pub backoff_multiplier: f64,
    /// The failures after which it is tried again.
    pub retryable_status_codes: &'static [Code],
}

impl MethodOptions {
    /// Nothing is said.
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

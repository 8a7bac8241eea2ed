//! The options of a call, and its cancellation.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;

use crate::call::{
    CallParts, CompressionOverride, Context, DeadlineTimer, Metadata, MetadataError, MethodDescriptor,
    Status, now,
};

/// Headers that carry a trace, as specified by the [W3C's Trace Context](https://www.w3.org/TR/trace-context/).
const TRACE_CONTEXT: [&str; 2] = ["traceparent", "tracestate"];

/// The options that a caller sets on a call.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    metadata: Metadata,
    timeout: Option<Duration>,
    parent: Option<Context>,
    compression: CompressionOverride,
    /// The first invalid option. The call fails with it.
    invalid: Option<Box<MetadataError>>,
}

impl CallOptions {
    pub(crate) fn timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    pub(crate) fn metadata(&mut self, key: &str, value: &str) {
        let added = self.metadata.append(key, value);
        self.record(added);
    }

    pub(crate) fn metadata_bin(&mut self, key: &str, value: &[u8]) {
        let added = self.metadata.append_bin(key, value);
        self.record(added);
    }

    pub(crate) fn within(&mut self, parent: &Context) {
        self.parent = Some(parent.clone());
    }

    #[cfg(any(feature = "gzip", feature = "zstd"))]
    pub(crate) fn compression(&mut self, compression: CompressionOverride) {
        self.compression = compression;
    }

    fn record(&mut self, added: Result<(), MetadataError>) {
        if let (Err(error), None) = (added, &self.invalid) {
            self.invalid = Some(Box::new(error));
        }
    }

    /// Resolves the deadline and metadata of a call, and starts its timeout.
    ///
    /// # Errors
    /// INVALID_ARGUMENT for an invalid option; CANCELLED if the parent call has been cancelled.
    pub(crate) fn resolve(
        mut self,
        default_timeout: Option<Duration>,
        method: &'static MethodDescriptor,
    ) -> Result<(CallParts, Cancellation), Status> {
        if let Some(error) = self.invalid {
            return Err(Status::invalid_argument(error.to_string()).with_source(error));
        }
        let timeout = self.timeout.or(method.options().timeout).or(default_timeout);
        let started = now();
        // A timeout beyond the range of the clock has no deadline.
        let mut deadline = timeout.and_then(|timeout| started.checked_add(timeout));
        let mut within = None;
        if let Some(parent) = self.parent {
            deadline = match (deadline, parent.deadline()) {
                (Some(own), Some(parents)) => Some(own.min(parents)),
                (own, parents) => own.or(parents),
            };
            for key in TRACE_CONTEXT {
                if let (Some(value), false) = (parent.metadata().get(key), self.metadata.contains_key(key)) {
                    // An invalid value is dropped: the trace ends here.
                    let _ = self.metadata.insert(key, value);
                }
            }
            if parent.is_cancelled() {
                return Err(cancelled());
            }
            within = Some(parent);
        }
        let cancellation = Cancellation::new(started, deadline, within);
        let parts = CallParts {
            method: Some(method),
            metadata: self.metadata,
            deadline,
            compression_override: self.compression,
            ..CallParts::default()
        };
        Ok((parts, cancellation))
    }
}

/// The conditions that end a call on the client's side: its deadline, and the cancellation of its parent call.
pub(crate) struct Cancellation {
    started: Instant,
    pub(crate) deadline: DeadlineTimer,
    parent: Option<Context>,
    parent_cancelled: Option<BoxFuture<'static, ()>>,
}

impl Cancellation {
    /// Creates the cancellation of a call that started at `started`, with an optional parent call.
    pub(crate) fn new(started: Instant, deadline: Option<Instant>, parent: Option<Context>) -> Self {
        let waited = parent.clone();
        Self {
            started,
            deadline: DeadlineTimer::new(deadline),
            parent_cancelled: waited.map(|parent| -> BoxFuture<'static, ()> {
                Box::pin(async move { parent.cancelled().await })
            }),
            parent,
        }
    }

    /// Returns the incoming call that this call is part of.
    pub(crate) fn parent(&self) -> Option<Context> {
        self.parent.clone()
    }

    /// Returns the instant at which the call started.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Runs `work` until it completes or the call ends. `Err` is the status of the ended call.
    pub(crate) async fn guard<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Status> {
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => self.poll(cx).map(Err),
        })
        .await
    }

    /// Ready with the status once the call must end. Polled when the call itself is pending.
    #[inline]
    pub(crate) fn poll(&mut self, cx: &mut std::task::Context<'_>) -> Poll<Status> {
        if self.deadline.poll(cx).is_ready() {
            return Poll::Ready(deadline_exceeded());
        }
        match &mut self.parent_cancelled {
            Some(parent) => parent.as_mut().poll(cx).map(|()| cancelled()),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancellation")
            .field("deadline", &self.deadline)
            .field("parent", &self.parent)
            .finish()
    }
}

pub(crate) fn deadline_exceeded() -> Status {
    Status::deadline_exceeded("the deadline passed")
}

fn cancelled() -> Status {
    Status::cancelled("the call that this one is part of was cancelled")
}

/// Defines the option methods that every kind of call has.
macro_rules! call_options {
    () => {
        /// Sets the timeout, which starts at `.await` and is also sent to the server. The call then fails with
        /// DEADLINE_EXCEEDED. Overrides the timeout of the method's definition and of the channel.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout(timeout);
            self
        }

        /// Adds metadata. An invalid key or value fails the call with INVALID_ARGUMENT.
        pub fn metadata(mut self, key: &str, value: &str) -> Self {
            self.options.metadata(key, value);
            self
        }

        /// Adds binary metadata. The key must end in `-bin`.
        pub fn metadata_bin(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
            self.options.metadata_bin(key, value.as_ref());
            self
        }

        /// Compresses the requests of this call with an algorithm that the server supports. `None` disables compression.
        /// Overrides the channel's `send_compression`. JSON-RPC ignores it.
        #[cfg(any(feature = "gzip", feature = "zstd"))]
        pub fn compression(mut self, compression: impl Into<Option<crate::Compression>>) -> Self {
            self.options.compression(compression.into().into());
            self
        }

        /// Makes this call part of an incoming call: it inherits that call's deadline, cancellation and trace context. Other
        /// metadata is not forwarded.
        pub fn within(mut self, cx: &crate::Context) -> Self {
            self.options.within(cx);
            self
        }
    };
}
pub(crate) use call_options;

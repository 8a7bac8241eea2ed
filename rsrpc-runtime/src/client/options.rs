//! What can be said of one call before it is made.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_core::future::BoxFuture;

use super::Channel;
use crate::call::{
    CallParts, CompressionOverride, Context, DeadlineTimer, Metadata, MetadataError, MethodDescriptor,
    Status, now,
};

/// Headers that carry a trace, by the [W3C's Trace Context](https://www.w3.org/TR/trace-context/).
const TRACE_CONTEXT: [&str; 2] = ["traceparent", "tracestate"];

/// The options of a call value.
#[derive(Debug, Clone, Default)]
pub(crate) struct CallOptions {
    metadata: Metadata,
    timeout: Option<Duration>,
    parent: Option<Context>,
    compression: CompressionOverride,
    /// The first mistake, which the call fails with.
    mistake: Option<Box<MetadataError>>,
}

impl CallOptions {
    pub(crate) fn timeout(&mut self, timeout: Duration) {
        self.timeout = Some(timeout);
    }

    pub(crate) fn metadata(&mut self, key: &str, value: &str) {
        let added = self.metadata.append(key, value);
        self.note(added);
    }

    pub(crate) fn metadata_bin(&mut self, key: &str, value: &[u8]) {
        let added = self.metadata.append_bin(key, value);
        self.note(added);
    }

    pub(crate) fn within(&mut self, parent: &Context) {
        self.parent = Some(parent.clone());
    }

    #[cfg(any(feature = "gzip", feature = "zstd"))]
    pub(crate) fn compression(&mut self, compression: CompressionOverride) {
        self.compression = compression;
    }

    fn note(&mut self, added: Result<(), MetadataError>) {
        if let (Err(mistake), None) = (added, &self.mistake) {
            self.mistake = Some(Box::new(mistake));
        }
    }

    /// What goes along with the call, and what can end it from here.
    pub(crate) fn begin(
        mut self,
        channel: &Channel,
        method: &'static MethodDescriptor,
    ) -> Result<(CallParts, Cancellation), Status> {
        if let Some(mistake) = self.mistake {
            return Err(Status::invalid_argument(mistake.to_string()).with_source(mistake));
        }
        let timeout = self
            .timeout
            .or(method.options().timeout)
            .or(channel.default_timeout());
        let started = now();
        // A timeout past what the clock can say never ends.
        let mut deadline = timeout.and_then(|timeout| started.checked_add(timeout));
        let mut within = None;
        if let Some(parent) = self.parent {
            deadline = match (deadline, parent.deadline()) {
                (Some(own), Some(parents)) => Some(own.min(parents)),
                (own, parents) => own.or(parents),
            };
            for key in TRACE_CONTEXT {
                if let (Some(value), false) = (parent.metadata().get(key), self.metadata.contains_key(key)) {
                    // Not metadata by its content: then there is no trace to go on.
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

/// What ends a call on the client's side: its deadline, and the call that it is part of.
pub(crate) struct Cancellation {
    started: Instant,
    pub(crate) deadline: DeadlineTimer,
    parent: Option<Context>,
    parent_cancelled: Option<BoxFuture<'static, ()>>,
}

impl Cancellation {
    /// What ends a call at a deadline, within the same incoming call as another.
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

    /// The incoming call that the call is part of.
    pub(crate) fn parent(&self) -> Option<Context> {
        self.parent.clone()
    }

    /// When the call was begun.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// Runs work until it is done or the call is to end; then `Err` has the reason.
    pub(crate) async fn guard<T>(&mut self, work: impl Future<Output = T>) -> Result<T, Status> {
        let mut work = pin!(work);
        poll_fn(|cx| match work.as_mut().poll(cx) {
            Poll::Ready(done) => Poll::Ready(Ok(done)),
            Poll::Pending => self.poll(cx).map(Err),
        })
        .await
    }

    /// Why the call is to end, once it is. Polled when the call itself has nothing to do.
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

/// The methods that every call value has.
macro_rules! call_options {
    () => {
        /// Gives up after this time, counted from the `.await`; the server is told. The outcome is then
        /// DEADLINE_EXCEEDED. Replaces what the method's definition says, and the channel's default.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout(timeout);
            self
        }

        /// Adds metadata. A key or value that cannot be metadata fails the call with INVALID_ARGUMENT.
        pub fn metadata(mut self, key: &str, value: &str) -> Self {
            self.options.metadata(key, value);
            self
        }

        /// Adds binary metadata, under a key that ends in `-bin`.
        pub fn metadata_bin(mut self, key: &str, value: impl AsRef<[u8]>) -> Self {
            self.options.metadata_bin(key, value.as_ref());
            self
        }

        /// Compresses what the call sends by an algorithm that the server is known to take, or with `None` by none,
        /// whatever the channel does. Over JSON-RPC it does nothing.
        #[cfg(any(feature = "gzip", feature = "zstd"))]
        pub fn compression(mut self, compression: impl Into<Option<crate::Compression>>) -> Self {
            self.options.compression(compression.into().into());
            self
        }

        /// Makes the call part of an incoming one: it has at most that call's remaining time, is cancelled with it,
        /// and belongs to its trace. No other metadata goes along.
        pub fn within(mut self, cx: &crate::Context) -> Self {
            self.options.within(cx);
            self
        }
    };
}
pub(crate) use call_options;

//! The server-side context of a call.

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Waker;
use std::time::{Duration, Instant};

use http::Extensions;
use tokio::sync::Notify;

#[cfg(any(feature = "gzip", feature = "zstd"))]
use super::Compression;
use super::deadline::now;
use super::{CallCompression, CompressionOverride, Metadata, MetadataError, MethodDescriptor, Peer};

use crate::sync::MutexExt as _;

/// A handle on a call: its method, metadata, deadline, peer and extensions, and the metadata of its response.
///
/// Cheap to clone; a clone may outlive the call. Tests build one with [`Context::new`] and the `with_` methods:
///
/// ```
/// use rsrpc_runtime::{Context, Metadata};
///
/// let mut metadata = Metadata::new();
/// metadata.insert("tenant", "blue")?;
/// let cx = Context::new().with_metadata(metadata);
/// assert_eq!(cx.metadata().get("tenant"), Some("blue"));
/// # Ok::<(), rsrpc_runtime::MetadataError>(())
/// ```
#[derive(Clone)]
pub struct Context {
    state: Arc<ContextState>,
}

struct ContextState {
    call: CallParts,
    response: Mutex<ResponseMetadata>,
    cancelled: AtomicBool,
    cancellation: Notify,
}

/// Properties of a call that are known before its context exists.
#[derive(Debug, Default, Clone)]
pub(crate) struct CallParts {
    pub(crate) method: Option<&'static MethodDescriptor>,
    pub(crate) metadata: Metadata,
    pub(crate) deadline: Option<Instant>,
    pub(crate) peer: Peer,
    pub(crate) extensions: Extensions,
    /// Set on outgoing calls.
    pub(crate) compression_override: CompressionOverride,
    /// Set on incoming calls whose messages may be compressed.
    #[cfg_attr(not(any(feature = "gzip", feature = "zstd")), allow(dead_code))]
    pub(crate) compression: Option<Arc<CallCompression>>,
}

/// Headers and trailers of a response in progress.
#[derive(Default)]
pub(crate) struct ResponseMetadata {
    pub(crate) headers: Metadata,
    pub(crate) trailers: Metadata,
    pub(crate) phase: HeaderPhase,
    /// Waker of the call's task while it waits for the handler.
    task: Option<Waker>,
}

/// Progress of a response's headers.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderPhase {
    /// The headers can still be changed.
    #[default]
    Open,
    /// The handler has requested that the headers be sent now.
    Requested,
    /// The headers have been sent.
    Sent,
}

impl Context {
    /// Creates a context without a call: no method, metadata, deadline, peer or extensions.
    pub fn new() -> Self {
        Self::default()
    }

    pub(crate) fn from_call(call: CallParts) -> Self {
        let state = ContextState {
            call,
            response: Mutex::default(),
            cancelled: AtomicBool::new(false),
            cancellation: Notify::new(),
        };
        Self {
            state: Arc::new(state),
        }
    }

    /// Replaces the request metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        self.with_call(|call| call.metadata = metadata)
    }

    /// Sets the deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.with_call(|call| call.deadline = Some(deadline))
    }

    /// Sets the peer.
    #[must_use]
    pub fn with_peer(self, peer: Peer) -> Self {
        self.with_call(|call| call.peer = peer)
    }

    /// Adds an extension, replacing any of the same type.
    #[must_use]
    pub fn with_extension<T: Clone + Send + Sync + 'static>(self, extension: T) -> Self {
        self.with_call(|call| drop(call.extensions.insert(extension)))
    }

    fn with_call(self, change: impl FnOnce(&mut CallParts)) -> Self {
        let mut call = match Arc::try_unwrap(self.state) {
            Ok(state) => state.call,
            Err(state) => state.call.clone(),
        };
        change(&mut call);
        Self::from_call(call)
    }

    /// Returns the called method; `None` in a context created with [`new`](Self::new).
    pub fn method(&self) -> Option<&'static MethodDescriptor> {
        self.state.call.method
    }

    /// Returns the request's metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.state.call.metadata
    }

    /// Returns the call's deadline.
    pub fn deadline(&self) -> Option<Instant> {
        self.state.call.deadline
    }

    /// Returns the time until the deadline: zero once it has passed, `None` without a deadline.
    pub fn time_remaining(&self) -> Option<Duration> {
        self.deadline()
            .map(|deadline| deadline.saturating_duration_since(now()))
    }

    /// Returns the peer of the call's connection.
    pub fn peer(&self) -> &Peer {
        &self.state.call.peer
    }

    /// Returns the extension of type `T`, added by an interceptor or an HTTP layer.
    pub fn extension<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.state.call.extensions.get()
    }

    /// Returns whether the call is cancelled: the caller cancelled or disconnected, or the deadline passed.
    pub fn is_cancelled(&self) -> bool {
        self.state.cancelled.load(Ordering::Acquire)
    }

    /// Waits until the call [is cancelled](Self::is_cancelled). Never completes for a call that ends normally.
    ///
    /// Handlers need not check this: they are dropped on cancellation. It is meant for tasks that a handler spawned.
    ///
    /// Cancel safe.
    pub async fn cancelled(&self) {
        let mut notified = pin!(self.state.cancellation.notified());
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// Sets a response header to one value, replacing any previous values.
    ///
    /// # Errors
    /// The key or the value is invalid, or the headers have already been sent.
    pub fn set_header(&self, key: &str, value: &str) -> Result<(), MetadataError> {
        self.response_headers(|headers| headers.insert(key, value))
            .unwrap_or(Err(MetadataError::HeadersSent))
    }

    /// Sets a response trailer to one value, replacing any previous values. Trailers are sent when the call ends.
    ///
    /// # Errors
    /// The key or the value is invalid.
    pub fn set_trailer(&self, key: &str, value: &str) -> Result<(), MetadataError> {
        self.response_trailers(|trailers| trailers.insert(key, value))
    }

    /// Changes the response headers. Returns `None` without calling `change` once the headers have been sent.
    #[must_use = "the headers may have been sent, and the change itself may fail"]
    pub fn response_headers<R>(&self, change: impl FnOnce(&mut Metadata) -> R) -> Option<R> {
        let mut response = self.response();
        (response.phase == HeaderPhase::Open).then(|| change(&mut response.headers))
    }

    /// Changes the response trailers, which are sent when the call ends.
    pub fn response_trailers<R>(&self, change: impl FnOnce(&mut Metadata) -> R) -> R {
        change(&mut self.response().trailers)
    }

    /// Sends the response headers now instead of with the first message. Repeated calls have no effect.
    pub fn send_headers(&self) {
        let mut response = self.response();
        if response.phase == HeaderPhase::Open {
            response.phase = HeaderPhase::Requested;
            if let Some(task) = response.task.take() {
                task.wake();
            }
        }
    }

    /// Overrides the server's compression options for the replies of this call. `None` disables compression, for
    /// example for a reply that contains a secret.
    ///
    /// Returns whether the setting takes effect: `false` if the caller does not accept the algorithm. Once the headers
    /// have been sent, the announced algorithm can be disabled and enabled again from the next message on, but not
    /// replaced.
    #[cfg(any(feature = "gzip", feature = "zstd"))]
    pub fn set_compression(&self, compression: impl Into<Option<Compression>>) -> bool {
        let compression = compression.into();
        match &self.state.call.compression {
            Some(call) => call.select(compression),
            None => compression.is_none(),
        }
    }

    /// Returns whether the most recent request message was compressed.
    #[cfg(any(feature = "gzip", feature = "zstd"))]
    pub fn was_compressed(&self) -> bool {
        let call = &self.state.call.compression;
        call.as_ref().is_some_and(|call| call.is_request_compressed())
    }

    pub(crate) fn response(&self) -> MutexGuard<'_, ResponseMetadata> {
        // The data stays consistent even if a closure passed to `response_headers` panicked.
        self.state.response.lock_unpoisoned()
    }

    /// Registers the call's task for [`send_headers`](Self::send_headers). Returns `true` if headers are to be sent
    /// immediately.
    pub(crate) fn watch_headers(&self, task: &Waker) -> bool {
        let mut response = self.response();
        match response.phase {
            HeaderPhase::Requested => true,
            HeaderPhase::Sent => false,
            HeaderPhase::Open => {
                if !response.task.as_ref().is_some_and(|known| known.will_wake(task)) {
                    response.task = Some(task.clone());
                }
                false
            }
        }
    }

    pub(crate) fn cancel(&self) {
        self.state.cancelled.store(true, Ordering::Release);
        self.state.cancellation.notify_waiters();
    }

    /// Runs `work` until it completes or the call is cancelled. Returns `None` on cancellation.
    pub async fn or_cancelled<F: Future>(&self, work: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            output = work => Some(output),
            () = self.cancelled() => None,
        }
    }
}

impl Default for Context {
    fn default() -> Self {
        Self::from_call(CallParts::default())
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let call = &self.state.call;
        f.debug_struct("Context")
            .field("method", &call.method.map(MethodDescriptor::path))
            .field("metadata", &call.metadata)
            .field("time_remaining", &self.time_remaining())
            .field("peer", &call.peer)
            .field("cancelled", &self.is_cancelled())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn cancellation_reaches_every_clone() {
        let cx = Context::new();
        let waiting = tokio::spawn({
            let cx = cx.clone();
            async move { cx.cancelled().await }
        });
        tokio::task::yield_now().await;
        assert!(!cx.is_cancelled());
        cx.cancel();
        waiting.await.unwrap();
        cx.cancelled().await;
        assert_eq!(cx.or_cancelled(std::future::pending::<()>()).await, None);
    }

    #[test]
    fn send_headers_closes_the_response_headers() {
        let cx = Context::new();
        assert!(cx.response_headers(|headers| headers.insert("a", "b")).is_some());
        cx.send_headers();
        assert_eq!(cx.set_header("c", "d"), Err(MetadataError::HeadersSent));
        assert!(cx.response_headers(|headers| headers.insert("c", "d")).is_none());
        assert!(cx.watch_headers(Waker::noop()));
    }

    #[test]
    fn extensions_are_typed() {
        let cx = Context::new().with_extension(7u8).with_extension("name");
        assert_eq!(
            (
                cx.extension::<u8>(),
                cx.extension::<&str>(),
                cx.extension::<u16>()
            ),
            (Some(&7), Some(&"name"), None)
        );
    }
}

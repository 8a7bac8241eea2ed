//! What surrounds a call on the server's side.

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

/// A handle on what surrounds a call: its method, metadata, deadline, peer and extensions, and the metadata of its
/// response.
///
/// Cheap to clone; a clone may outlive the call. A test builds one with [`Context::new`] and the `with_` methods:
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

/// What a call brings along, before there is a context.
#[derive(Debug, Default, Clone)]
pub(crate) struct CallParts {
    pub(crate) method: Option<&'static MethodDescriptor>,
    pub(crate) metadata: Metadata,
    pub(crate) deadline: Option<Instant>,
    pub(crate) peer: Peer,
    pub(crate) extensions: Extensions,
    /// Of an outgoing call.
    pub(crate) compression_override: CompressionOverride,
    /// Of an incoming call whose messages may be compressed.
    #[cfg_attr(not(any(feature = "gzip", feature = "zstd")), allow(dead_code))]
    pub(crate) compression: Option<Arc<CallCompression>>,
}

/// The metadata of a response under way.
#[derive(Default)]
pub(crate) struct ResponseMetadata {
    pub(crate) headers: Metadata,
    pub(crate) trailers: Metadata,
    pub(crate) phase: HeaderPhase,
    /// The call's task, once it waits for the handler.
    task: Option<Waker>,
}

/// How far the headers of a response are.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HeaderPhase {
    /// They can still be set.
    #[default]
    Open,
    /// The handler wants them sent now.
    Requested,
    /// They are on their way.
    Sent,
}

impl Context {
    /// A context without a call around it: no method, metadata, deadline, peer or extensions.
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

    /// The same with other request metadata.
    #[must_use]
    pub fn with_metadata(self, metadata: Metadata) -> Self {
        self.with_call(|call| call.metadata = metadata)
    }

    /// The same with a deadline.
    #[must_use]
    pub fn with_deadline(self, deadline: Instant) -> Self {
        self.with_call(|call| call.deadline = Some(deadline))
    }

    /// The same with a peer.
    #[must_use]
    pub fn with_peer(self, peer: Peer) -> Self {
        self.with_call(|call| call.peer = peer)
    }

    /// The same with an extension, which replaces one of the same type.
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

    /// The method that was called; `None` in a context made by hand.
    pub fn method(&self) -> Option<&'static MethodDescriptor> {
        self.state.call.method
    }

    /// The request's metadata.
    pub fn metadata(&self) -> &Metadata {
        &self.state.call.metadata
    }

    /// When the caller stops waiting.
    pub fn deadline(&self) -> Option<Instant> {
        self.state.call.deadline
    }

    /// How long the caller still waits: zero past the deadline, `None` without one.
    pub fn time_remaining(&self) -> Option<Duration> {
        self.deadline()
            .map(|deadline| deadline.saturating_duration_since(now()))
    }

    /// The other end of the connection.
    pub fn peer(&self) -> &Peer {
        &self.state.call.peer
    }

    /// The extension of this type, put there by an interceptor or an HTTP layer.
    pub fn extension<T: Any + Send + Sync>(&self) -> Option<&T> {
        self.state.call.extensions.get()
    }

    /// Whether nobody waits for the answer any more: the caller has cancelled or is gone, or the deadline has passed.
    pub fn is_cancelled(&self) -> bool {
        self.state.cancelled.load(Ordering::Acquire)
    }

    /// Waits until [`is_cancelled`](Self::is_cancelled). A call that ends in order never is.
    ///
    /// The handler itself need not look: it is dropped when this happens. A task that it spawned may want to.
    pub async fn cancelled(&self) {
        let mut notified = pin!(self.state.cancellation.notified());
        notified.as_mut().enable();
        if !self.is_cancelled() {
            notified.await;
        }
    }

    /// Sets a header of the response to one value.
    ///
    /// # Errors
    /// The key or the value is none, or the headers are sent already.
    pub fn set_header(&self, key: &str, value: &str) -> Result<(), MetadataError> {
        self.response_headers(|headers| headers.insert(key, value))
            .unwrap_or(Err(MetadataError::HeadersSent))
    }

    /// Sets a trailer of the response, which is sent when the call ends, to one value.
    ///
    /// # Errors
    /// The key or the value is none.
    pub fn set_trailer(&self, key: &str, value: &str) -> Result<(), MetadataError> {
        self.response_trailers(|trailers| trailers.insert(key, value))
    }

    /// Changes the response's headers; `None`, and nothing is changed, once they are sent.
    #[must_use = "the headers may be sent already, and a change may fail"]
    pub fn response_headers<R>(&self, change: impl FnOnce(&mut Metadata) -> R) -> Option<R> {
        let mut response = self.response();
        (response.phase == HeaderPhase::Open).then(|| change(&mut response.headers))
    }

    /// Changes the response's trailers, which are sent when the call ends.
    pub fn response_trailers<R>(&self, change: impl FnOnce(&mut Metadata) -> R) -> R {
        change(&mut self.response().trailers)
    }

    /// Sends the response's headers now instead of with the first message. Later calls do nothing.
    pub fn send_headers(&self) {
        let mut response = self.response();
        if response.phase == HeaderPhase::Open {
            response.phase = HeaderPhase::Requested;
            if let Some(task) = response.task.take() {
                task.wake();
            }
        }
    }

    /// Replaces what the server's options say of the compression of this call's replies; `None` turns it off, for a reply
    /// with a secret, say. Whether they are sent so: the caller may not take an algorithm, and once the headers are sent,
    /// what they have announced can be turned off and on again, from the next message on, but not replaced.
    #[cfg(any(feature = "gzip", feature = "zstd"))]
    pub fn set_compression(&self, compression: impl Into<Option<Compression>>) -> bool {
        let compression = compression.into();
        match &self.state.call.compression {
            Some(call) => call.select(compression),
            None => compression.is_none(),
        }
    }

    /// Whether the newest request message came compressed.
    #[cfg(any(feature = "gzip", feature = "zstd"))]
    pub fn was_compressed(&self) -> bool {
        let call = &self.state.call.compression;
        call.as_ref().is_some_and(|call| call.is_request_compressed())
    }

    pub(crate) fn response(&self) -> MutexGuard<'_, ResponseMetadata> {
        // Plain data: whole even if a closure given to `response_headers` panicked.
        self.state.response.lock_unpoisoned()
    }

    /// Lets a call's task know of `send_headers`; whether the headers are to be sent at once.
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

    /// Runs `work` until it is done or the call is cancelled, whichever is first.
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
    fn headers_close_when_they_are_asked_for() {
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

//! The stream type of both directions, and a bounded channel that feeds one.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::{Notify, mpsc};

use super::{Metadata, Status};

use crate::sync::MutexExt as _;

/// A stream of messages: the argument or result of a streaming method, on client and server.
///
/// Implements [`Stream`] of `Result<T, Status>` and ends after its first error. Dropping it before its end cancels the
/// call on the client, or stops the producer on the server.
///
/// ```
/// use rsrpc_runtime::Streaming;
///
/// # tokio_test(async {
/// let mut numbers = Streaming::from(vec![1, 2]);
/// assert_eq!(numbers.message().await?, Some(1));
/// assert_eq!(numbers.message().await?, Some(2));
/// assert_eq!(numbers.message().await?, None);
/// # Ok::<(), rsrpc_runtime::Status>(()) });
/// # fn tokio_test(f: impl Future<Output = Result<(), rsrpc_runtime::Status>>) {
/// #     tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(f).unwrap();
/// # }
/// ```
#[must_use = "dropping a stream before its end cancels its call"]
pub struct Streaming<T> {
    source: Pin<Box<dyn MessageSource<T>>>,
    ended: bool,
}

/// A source of a stream's messages.
pub(crate) trait MessageSource<T>: Send {
    /// Polls for the next message. Not called again after `None` or an error.
    fn poll_message(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>>;

    /// Returns `Ready` once the response headers have arrived or can no longer arrive.
    fn poll_headers(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    /// Returns the headers once `poll_headers` is ready.
    fn headers(&self) -> Option<&Metadata> {
        None
    }

    /// Returns the trailers after the end.
    fn trailers(&self) -> Option<&Metadata> {
        None
    }

    /// Returns the handle that reports the call's outcome to the sender of these messages.
    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        None
    }
}

impl<T: 'static> Streaming<T> {
    /// Creates a stream from any [`Stream`] of results.
    pub fn new(stream: impl Stream<Item = Result<T, Status>> + Send + 'static) -> Self {
        Self::from_source(StreamSource { stream })
    }

    /// Creates a stream from an iterator.
    pub fn iter<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        Self::from_source(IterSource(messages.into_iter()))
    }

    /// Creates an empty stream.
    pub fn empty() -> Self {
        Self::from_source(IterSource(std::iter::empty()))
    }

    /// Maps each message. Errors, headers and trailers are unchanged.
    pub fn map_ok<U: 'static>(self, mut change: impl FnMut(T) -> U + Send + 'static) -> Streaming<U> {
        self.map_items(move |next| next.map(|message| message.map(&mut change)))
    }

    /// Maps every item of the stream: messages, the error, and the end (`None`). Headers, trailers and the outcome
    /// reported to the sender are unchanged.
    pub(crate) fn map_items<U: 'static>(
        self,
        map: impl FnMut(Option<Result<T, Status>>) -> Option<Result<U, Status>> + Send + 'static,
    ) -> Streaming<U> {
        Streaming::from_source(MapItems { stream: self, map })
    }

    pub(crate) fn from_source(source: impl MessageSource<T> + 'static) -> Self {
        Self {
            source: Box::pin(source),
            ended: false,
        }
    }
}

impl<T: Send + 'static> Streaming<T> {
    /// Creates a bounded channel of messages. At most `capacity` messages are queued; 0 counts as 1.
    pub fn channel(capacity: usize) -> (StreamSender<T>, Self) {
        let (queue, messages) = mpsc::channel(capacity.max(1));
        let call_outcome = Arc::new(CallOutcome::default());
        let stream = Self::from_source(SenderSource {
            messages,
            call_outcome: call_outcome.clone(),
        });
        (StreamSender { queue, call_outcome }, stream)
    }
}

impl<T> Streaming<T> {
    /// Returns the next message, or `None` at the end.
    ///
    /// Cancel safe: a dropped future loses no message.
    ///
    /// # Errors
    /// The status that ended the stream. Later calls return `None`.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_message(cx)).await.transpose()
    }

    /// Waits for the metadata that the server sends before its first message. Empty for a stream that is not a
    /// response.
    ///
    /// Cancel safe.
    ///
    /// # Errors
    /// The status that ended the call before any headers arrived.
    pub async fn headers(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.poll_headers(cx)).await?;
        Ok(self.known_headers().unwrap_or(Metadata::empty()))
    }

    /// Returns the metadata that the server sent after its last message; `None` before the end of the stream.
    pub fn trailers(&self) -> Option<&Metadata> {
        self.ended
            .then(|| self.source.trailers().unwrap_or(Metadata::empty()))
    }

    pub(crate) fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.source.as_mut().poll_headers(cx)
    }

    /// Returns the handle that reports the call's outcome to the sender of these messages.
    pub(crate) fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        self.source.call_outcome()
    }

    /// Returns the headers received so far.
    pub(crate) fn known_headers(&self) -> Option<&Metadata> {
        self.source.headers()
    }

    #[inline]
    pub(crate) fn poll_message(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        let message = ready!(self.source.as_mut().poll_message(cx));
        self.ended = !matches!(message, Some(Ok(_)));
        Poll::Ready(message)
    }
}

impl<T> Stream for Streaming<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_message(cx)
    }
}

impl<T: Send + 'static> From<Vec<T>> for Streaming<T> {
    fn from(messages: Vec<T>) -> Self {
        Self::iter(messages)
    }
}

impl<T: Send + 'static, const N: usize> From<[T; N]> for Streaming<T> {
    fn from(messages: [T; N]) -> Self {
        Self::iter(messages)
    }
}

impl<T> fmt::Debug for Streaming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Streaming")
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

pin_project_lite::pin_project! {
    struct StreamSource<S> {
        #[pin]
        stream: S,
    }
}

impl<T, S: Stream<Item = Result<T, Status>> + Send> MessageSource<T> for StreamSource<S> {
    fn poll_message(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        self.project().stream.poll_next(cx)
    }
}

struct IterSource<I>(I);

impl<I> Unpin for IterSource<I> {}

impl<T, I: Iterator<Item = T> + Send> MessageSource<T> for IterSource<I> {
    fn poll_message(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

struct MapItems<T, F> {
    stream: Streaming<T>,
    map: F,
}

impl<T, F> Unpin for MapItems<T, F> {}

impl<T, U, F> MessageSource<U> for MapItems<T, F>
where
    F: FnMut(Option<Result<T, Status>>) -> Option<Result<U, Status>> + Send,
{
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<U, Status>>> {
        let Self { stream, map } = &mut *self;
        stream.poll_message(cx).map(map)
    }

    fn poll_headers(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.stream.poll_headers(cx)
    }

    fn headers(&self) -> Option<&Metadata> {
        self.stream.known_headers()
    }

    fn trailers(&self) -> Option<&Metadata> {
        self.stream.trailers()
    }

    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        self.stream.call_outcome()
    }
}

/// The sending half of a [`Streaming::channel`] and of a bidirectional call.
///
/// [`finish`](Self::finish) ends the stream normally. Dropping the sender without it, for example in a panic, makes the
/// stream fail with CANCELLED, so a truncated stream is not mistaken for a complete one.
#[must_use = "dropping a sender without finish() cancels its call"]
pub struct StreamSender<T> {
    queue: mpsc::Sender<T>,
    call_outcome: Arc<CallOutcome>,
}

/// The outcome of a stream's sender and of the call that consumes the stream.
#[derive(Debug, Default)]
pub(crate) struct CallOutcome {
    /// Result of the sender; `None` while it is alive, and if it was dropped without one.
    sender: Mutex<Option<Result<(), Status>>>,
    /// State of the call that consumes the stream.
    call: Mutex<CallEnd>,
    /// Notified when `call` leaves [`CallEnd::AwaitingStatus`].
    changed: Notify,
}

/// The known state of a call's end.
#[derive(Debug, Default)]
enum CallEnd {
    /// The call is in progress.
    #[default]
    Open,
    /// The server accepts no more messages. The reader of the replies may learn the status shortly.
    AwaitingStatus,
    /// The replies are not being read, so the status stays unknown.
    StatusUnread,
    /// The call's final status.
    Known(Status),
}

/// A guard during which a failed `send` waits for the call's final status. Dropping it ends the wait.
#[cfg(feature = "client")]
#[derive(Debug)]
pub(crate) struct OutcomeWait(Arc<CallOutcome>);

#[cfg(feature = "client")]
impl Drop for OutcomeWait {
    fn drop(&mut self) {
        let mut call = self.0.lock_call();
        if let CallEnd::AwaitingStatus = *call {
            *call = CallEnd::StatusUnread;
        }
        drop(call);
        self.0.changed.notify_waiters();
    }
}

impl CallOutcome {
    /// Sets the status with which every later `send` fails.
    pub(crate) fn end_call(&self, status: Status) {
        let mut call = self.lock_call();
        if !matches!(*call, CallEnd::Known(_)) {
            *call = CallEnd::Known(status);
        }
        drop(call);
        self.changed.notify_waiters();
    }

    /// Marks that the server accepts no more messages, so their stream can be dropped. While the returned guard is
    /// alive, a failing `send` waits for [`end_call`](Self::end_call).
    #[cfg(feature = "client")]
    pub(crate) fn mark_ended(self: &Arc<Self>) -> OutcomeWait {
        let mut call = self.lock_call();
        if let CallEnd::Open = *call {
            *call = CallEnd::AwaitingStatus;
        }
        drop(call);
        OutcomeWait(self.clone())
    }

    fn lock_call(&self) -> MutexGuard<'_, CallEnd> {
        self.call.lock_unpoisoned()
    }

    fn end_sender(&self, outcome: Result<(), Status>) {
        *self.sender.lock_unpoisoned() = Some(outcome);
    }

    fn sender_result(&self) -> Result<(), Status> {
        let outcome = self.sender.lock_unpoisoned().take();
        outcome.unwrap_or_else(|| {
            Err(Status::cancelled(
                "stream incomplete: its sender was dropped without finish()",
            ))
        })
    }

    /// Returns the status for a `send` after the receiver is gone.
    async fn call_status(&self) -> Status {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match &*self.lock_call() {
                CallEnd::AwaitingStatus => {}
                CallEnd::Open => return Status::cancelled("the receiver of the stream was dropped"),
                CallEnd::StatusUnread => {
                    return Status::cancelled(
                        "the server ended the call; read the stream of replies for its status",
                    );
                }
                CallEnd::Known(status) => return status.clone(),
            }
            changed.await;
        }
    }
}

impl<T> StreamSender<T> {
    /// Sends a message. Waits while the stream's buffer is full.
    ///
    /// Cancel safe: if the future is dropped, the message is not sent.
    ///
    /// # Errors
    /// The call's final status once it has ended; CANCELLED if the receiver was dropped.
    ///
    /// A server that ends a bidirectional call early resets its stream, as gRPC servers do, and the next `send` fails.
    /// The final status arrives with the replies. If the replies are not being read, `send` fails with CANCELLED after
    /// 100 ms. Before the first message is sent, the call may be retried on another connection for up to 1 s; messages
    /// are queued meanwhile.
    pub async fn send(&mut self, message: T) -> Result<(), Status> {
        match self.queue.send(message).await {
            Ok(()) => Ok(()),
            // Boxed, because this path is rare and its future is large.
            Err(_) => Err(Box::pin(self.call_outcome.call_status()).await),
        }
    }

    /// Ends the stream normally.
    pub fn finish(self) {
        self.call_outcome.end_sender(Ok(()));
    }

    /// Ends the stream with an error, after the messages already sent.
    pub fn fail(self, status: Status) {
        self.call_outcome.end_sender(Err(status));
    }

    /// Waits until the receiver of the stream is dropped. Cancel safe.
    pub async fn closed(&self) {
        self.queue.closed().await;
    }
}

impl<T> fmt::Debug for StreamSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamSender")
            .field("closed", &self.queue.is_closed())
            .finish_non_exhaustive()
    }
}

struct SenderSource<T> {
    messages: mpsc::Receiver<T>,
    call_outcome: Arc<CallOutcome>,
}

impl<T: Send> MessageSource<T> for SenderSource<T> {
    fn poll_message(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>> {
        Poll::Ready(match ready!(self.messages.poll_recv(cx)) {
            Some(message) => Some(Ok(message)),
            None => self.call_outcome.sender_result().err().map(Err),
        })
    }

    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        Some(self.call_outcome.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Code;

    #[tokio::test]
    async fn finish_ends_the_stream() {
        let (mut sender, mut stream) = Streaming::channel(2);
        sender.send(1).await.unwrap();
        sender.finish();
        assert_eq!(stream.message().await.unwrap(), Some(1));
        assert_eq!(stream.trailers(), None);
        assert_eq!(stream.message().await.unwrap(), None);
        assert_eq!(stream.trailers(), Some(&Metadata::new()));
    }

    #[tokio::test]
    async fn dropped_sender_fails_the_stream_with_cancelled() {
        let (mut sender, mut stream) = Streaming::channel(2);
        sender.send(1).await.unwrap();
        drop(sender);
        assert_eq!(stream.message().await.unwrap(), Some(1));
        assert_eq!(stream.message().await.unwrap_err().code(), Code::Cancelled);
        assert_eq!(stream.message().await.unwrap(), None);
    }

    #[tokio::test]
    async fn mapped_stream_reports_call_outcome_to_sender() {
        let (mut sender, stream) = Streaming::channel(1);
        let stream = stream.map_ok(|number: i32| number + 1);
        stream.call_outcome().unwrap().end_call(Status::not_found("x"));
        drop(stream);
        assert_eq!(sender.send(2).await.unwrap_err().code(), Code::NotFound);
    }

    #[tokio::test]
    async fn send_fails_with_the_final_status() {
        let (mut sender, stream) = Streaming::channel(1);
        let call_outcome = stream.call_outcome().unwrap();
        sender.send(1).await.unwrap();
        call_outcome.end_call(Status::not_found("x"));
        drop(stream);
        assert_eq!(sender.send(2).await.unwrap_err().code(), Code::NotFound);

        let (mut sender, stream) = Streaming::channel(1);
        drop(stream);
        assert_eq!(sender.send(2).await.unwrap_err().code(), Code::Cancelled);
    }
}

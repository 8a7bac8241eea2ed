//! The one stream type of both directions, and the bounded pair that a producer writes into.

use std::fmt;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use futures_core::Stream;
use tokio::sync::{Notify, mpsc};

use super::{Metadata, Status};

use crate::sync::MutexExt as _;

/// A stream of messages: what a streaming method takes and returns, on either side.
///
/// It is a [`Stream`] of `Result<T, Status>` that ends after its first error. Dropping it before its end cancels
/// what it stands for: the call on the client's side, the producer on the server's.
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
#[must_use = "dropped before its end, a stream cancels its call"]
pub struct Streaming<T> {
    source: Pin<Box<dyn MessageSource<T>>>,
    ended: bool,
}

/// Where a stream's messages come from.
pub(crate) trait MessageSource<T>: Send {
    /// Called again only after `Pending` or a message.
    fn poll_message(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<T, Status>>>;

    /// Ready once the response's headers are there, or can no longer come.
    fn poll_headers(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        Poll::Ready(Ok(()))
    }

    /// The headers, after `poll_headers` is ready.
    fn headers(&self) -> Option<&Metadata> {
        None
    }

    /// The trailers, after the end.
    fn trailers(&self) -> Option<&Metadata> {
        None
    }

    /// What the sender of the messages learns about the call that they belong to.
    fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        None
    }
}

impl<T: 'static> Streaming<T> {
    /// A stream of whatever yields messages or fails.
    pub fn new(stream: impl Stream<Item = Result<T, Status>> + Send + 'static) -> Self {
        Self::from_source(StreamSource { stream })
    }

    /// A stream of ready messages.
    pub fn iter<I>(messages: I) -> Self
    where
        I: IntoIterator<Item = T>,
        I::IntoIter: Send + 'static,
    {
        Self::from_source(IterSource(messages.into_iter()))
    }

    /// A stream with no message.
    pub fn empty() -> Self {
        Self::from_source(IterSource(std::iter::empty()))
    }

    /// The stream with each message changed; its errors, headers and trailers stay.
    pub fn map_ok<U: 'static>(self, mut change: impl FnMut(T) -> U + Send + 'static) -> Streaming<U> {
        self.map_items(move |next| next.map(|message| message.map(&mut change)))
    }

    /// The stream with everything that comes out of it passed through `map`: messages, the error, the end. Headers,
    /// trailers, and the outcome reported to the sender stay.
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
    /// A bounded pair: what the sender sends, the stream yields. `capacity` messages wait at most; at least one.
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
    /// The next message; `None` at the end.
    ///
    /// Cancel safe: a message is taken only when it is returned.
    ///
    /// # Errors
    /// The status that ended the stream. After it, `None`.
    pub async fn message(&mut self) -> Result<Option<T>, Status> {
        poll_fn(|cx| self.poll_message(cx)).await.transpose()
    }

    /// The metadata that the server sent before its first message: waits for it. Empty for a stream that is no
    /// response.
    ///
    /// # Errors
    /// The status that ended the call before any headers came.
    pub async fn headers(&mut self) -> Result<&Metadata, Status> {
        poll_fn(|cx| self.poll_headers(cx)).await?;
        Ok(self.known_headers().unwrap_or(Metadata::empty()))
    }

    /// The metadata that the server sent after its last message. `None` before the end of the stream.
    pub fn trailers(&self) -> Option<&Metadata> {
        self.ended
            .then(|| self.source.trailers().unwrap_or(Metadata::empty()))
    }

    pub(crate) fn poll_headers(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Status>> {
        self.source.as_mut().poll_headers(cx)
    }

    /// Tells the messages' sender how the call ends.
    pub(crate) fn call_outcome(&self) -> Option<Arc<CallOutcome>> {
        self.source.call_outcome()
    }

    /// The headers as far as they are here.
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

/// The writing half of a [`Streaming::channel`] and of a bidirectional call.
///
/// [`finish`](Self::finish) ends the stream in order. Dropping the sender without (a panic, a lost task) makes the
/// stream fail with CANCELLED, so that nobody takes what was sent so far for the whole.
#[must_use = "dropped without finish(), a sender cancels its call"]
pub struct StreamSender<T> {
    queue: mpsc::Sender<T>,
    call_outcome: Arc<CallOutcome>,
}

/// How the two halves of a pair ended.
#[derive(Debug, Default)]
pub(crate) struct CallOutcome {
    /// How the sender ended; `None` while it lives, and when it was lost.
    sender: Mutex<Option<Result<(), Status>>>,
    /// The call behind the stream.
    call: Mutex<CallEnd>,
    /// `call` is no longer [`CallEnd::AwaitingStatus`].
    changed: Notify,
}

/// What is known of a call's end.
#[derive(Debug, Default)]
enum CallEnd {
    /// Nothing.
    #[default]
    Open,
    /// The server takes no more messages, and who reads the replies may know why before long.
    AwaitingStatus,
    /// Nobody reads the replies, which would say why.
    StatusUnread,
    /// Its final status.
    Known(Status),
}

/// The time that a sender waits for the reason why the server takes no more; ends when dropped.
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
    /// What every later `send` fails with.
    pub(crate) fn end_call(&self, status: Status) {
        let mut call = self.lock_call();
        if !matches!(*call, CallEnd::Known(_)) {
            *call = CallEnd::Known(status);
        }
        drop(call);
        self.changed.notify_waiters();
    }

    /// The server takes no more messages: the stream of them can be dropped. A `send` that fails waits for
    /// [`end_call`](Self::end_call) as long as what is returned lives.
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
                "the stream's sender was dropped without finish()",
            ))
        })
    }

    /// Why nobody takes messages any more.
    async fn call_status(&self) -> Status {
        loop {
            let mut changed = pin!(self.changed.notified());
            changed.as_mut().enable();
            match &*self.lock_call() {
                CallEnd::AwaitingStatus => {}
                CallEnd::Open => return Status::cancelled("nobody reads the stream any more"),
                CallEnd::StatusUnread => {
                    return Status::cancelled(
                        "the server has ended the call; the stream of its replies says how",
                    );
                }
                CallEnd::Known(status) => return status.clone(),
            }
            changed.await;
        }
    }
}

impl<T> StreamSender<T> {
    /// Sends a message; waits while the stream is full.
    ///
    /// Cancel safe: a message whose `send` is dropped is not sent.
    ///
    /// # Errors
    /// The call's final status, once it has ended; CANCELLED when nobody reads any more.
    ///
    /// A server that ends a bidirectional call early resets its stream, as gRPC's servers do: the next `send` fails.
    /// The status comes with the replies. If nobody waits for these, `send` fails with CANCELLED after 100 ms.
    /// Only before the first message is sent may the call be made again elsewhere, for which there is 1 s: messages
    /// are queued meanwhile.
    pub async fn send(&mut self, message: T) -> Result<(), Status> {
        match self.queue.send(message).await {
            Ok(()) => Ok(()),
            // In a box: it is rare, and large.
            Err(_) => Err(Box::pin(self.call_outcome.call_status()).await),
        }
    }

    /// Ends the stream in order: all is said.
    pub fn finish(self) {
        self.call_outcome.end_sender(Ok(()));
    }

    /// Ends the stream with an error, after the messages already sent.
    pub fn fail(self, status: Status) {
        self.call_outcome.end_sender(Err(status));
    }

    /// Waits until nobody takes messages any more.
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
    async fn a_finished_sender_ends_the_stream() {
        let (mut sender, mut stream) = Streaming::channel(2);
        sender.send(1).await.unwrap();
        sender.finish();
        assert_eq!(stream.message().await.unwrap(), Some(1));
        assert_eq!(stream.trailers(), None);
        assert_eq!(stream.message().await.unwrap(), None);
        assert_eq!(stream.trailers(), Some(&Metadata::new()));
    }

    #[tokio::test]
    async fn a_lost_sender_fails_the_stream_after_its_messages() {
        let (mut sender, mut stream) = Streaming::channel(2);
        sender.send(1).await.unwrap();
        drop(sender);
        assert_eq!(stream.message().await.unwrap(), Some(1));
        assert_eq!(stream.message().await.unwrap_err().code(), Code::Cancelled);
        assert_eq!(stream.message().await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_changed_stream_tells_its_sender_how_the_call_ended() {
        let (mut sender, stream) = Streaming::channel(1);
        let stream = stream.map_ok(|number: i32| number + 1);
        stream.call_outcome().unwrap().end_call(Status::not_found("x"));
        drop(stream);
        assert_eq!(sender.send(2).await.unwrap_err().code(), Code::NotFound);
    }

    #[tokio::test]
    async fn a_sender_learns_how_the_call_ended() {
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

//! A socket that writes once for many small writes.
//!
//! `h2` writes to its socket before each DATA frame of more than 256 bytes: a system call for each reply. This
//! wrapper holds small writes until the connection's task has nothing more to do, so that the frames of many calls
//! leave together.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Prefixed;
use super::greeting::Greeting;
#[cfg(feature = "server")]
use super::tap::{Seen, Tap};

use crate::sync::MutexExt as _;

/// Writes from this size on are not held; what was held goes out before them.
const DIRECT: usize = 32 * 1024;
/// The most that is held.
const LIMIT: usize = 128 * 1024;

/// One handle reads and writes, inside `h2`; the other, in the connection's task, sends what was held.
#[derive(Debug, Clone)]
pub(crate) struct Gather(Arc<Mutex<Gathered>>);

#[derive(Debug)]
struct Gathered {
    socket: Prefixed,
    held: BytesMut,
    /// Something was written since the socket was last flushed: one that buffers may hold it back.
    is_dirty: bool,
    /// An error that came when the connection was not there to take it.
    failure: Option<io::Error>,
    greeting: Greeting,
    traffic: Arc<Traffic>,
    /// Something was sent since the last byte came.
    is_unanswered: bool,
    /// Who waits for that.
    on_send: Option<Waker>,
    /// The connection's task.
    driver: Option<Waker>,
    /// Sees what passes, on a server.
    #[cfg(feature = "server")]
    tap: Option<Box<Tap>>,
    /// The socket did not take what was last written.
    is_blocked: bool,
}

/// What passed through a connection.
#[derive(Debug, Default)]
pub(crate) struct Traffic {
    sent: AtomicU64,
    received: AtomicU64,
}

#[cfg(feature = "client")]
impl Traffic {
    /// Bytes that the socket took.
    #[inline]
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Bytes that came.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// Adds to a counter that one task at a time writes to.
#[inline]
fn add(counter: &AtomicU64, bytes: usize) {
    counter.store(counter.load(Ordering::Relaxed) + bytes as u64, Ordering::Relaxed);
}

impl Gather {
    pub(crate) fn new(socket: Prefixed) -> Self {
        Self(Arc::new(Mutex::new(Gathered {
            socket,
            held: BytesMut::new(),
            is_dirty: false,
            failure: None,
            greeting: Greeting::new(),
            traffic: Arc::default(),
            is_unanswered: false,
            on_send: None,
            driver: None,
            #[cfg(feature = "server")]
            tap: None,
            is_blocked: false,
        })))
    }

    /// A connection of a server, whose frames are looked at.
    #[cfg(feature = "server")]
    pub(crate) fn tapped(socket: Prefixed, tap: Tap) -> Self {
        let gather = Self::new(socket);
        gather.lock().tap = Some(Box::new(tap));
        gather
    }

    /// What was seen of the frames that passed.
    #[cfg(feature = "server")]
    pub(crate) fn seen(&self) -> Seen {
        let gathered = self.lock();
        let seen = gathered.tap.as_ref().map(|tap| tap.seen());
        Seen {
            blocked_at: gathered
                .is_blocked
                .then(|| gathered.traffic.sent.load(Ordering::Relaxed)),
            ..seen.unwrap_or_default()
        }
    }

    /// Ends a connection that `h2` no longer drives with a GOAWAY ([RFC 9113
    /// §6.8](https://www.rfc-editor.org/rfc/rfc9113#section-6.8)), if none of our frames is half written.
    #[cfg(feature = "server")]
    pub(crate) async fn go_away(self, reason: h2::Reason, debug: &str) {
        {
            let mut gathered = self.lock();
            let Some(tap) = gathered.tap.take().filter(|tap| tap.is_between_writes()) else {
                return;
            };
            let length = (8 + debug.len()) as u32;
            let head = [&length.to_be_bytes()[1..], &[7, 0], &[0; 4]].concat();
            let body = [tap.seen().last_stream, reason.into()]
                .map(u32::to_be_bytes)
                .concat();
            gathered
                .held
                .extend_from_slice(&[&head, &body, debug.as_bytes()].concat());
        }
        self.linger().await;
    }

    /// Sends what is held, and takes off the socket for a while what the peer still sends: closed with bytes unread
    /// it would be reset, and our last word lost. Not for ever, but the caller limits the time.
    #[cfg(feature = "server")]
    pub(crate) async fn linger(mut self) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        /// More than this is not read for the sake of a last word.
        const MOST: usize = 1 << 20;
        self.lock().tap = None;
        if self.shutdown().await.is_err() {
            return;
        }
        let (mut buffer, mut read) = ([0; 4096], 0);
        while read < MOST {
            match self.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => read += count,
            }
        }
    }

    /// Whether a server at the other end has begun to speak HTTP/2: its first frame is SETTINGS
    /// ([RFC 9113 §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
    #[cfg(feature = "client")]
    pub(crate) fn has_settings(&self) -> bool {
        self.lock().greeting.is_settings()
    }

    /// What a server that does not speak HTTP/2 said; `None` if it said nothing, or may speak HTTP/2.
    #[cfg(feature = "client")]
    pub(crate) fn describe_greeting(&self) -> Option<String> {
        self.lock().greeting.describe()
    }

    /// What passed through it.
    #[cfg(feature = "client")]
    pub(crate) fn traffic(&self) -> Arc<Traffic> {
        self.lock().traffic.clone()
    }

    /// Waits until something is sent that nothing has come after.
    #[cfg(feature = "client")]
    pub(crate) async fn unanswered(&self) {
        poll_fn(|cx| {
            let mut gathered = self.lock();
            if gathered.is_unanswered {
                return Poll::Ready(());
            }
            gathered.on_send = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Ends the connection with an error.
    #[cfg(feature = "client")]
    pub(crate) fn fail(&self, error: io::Error) {
        let mut gathered = self.lock();
        gathered.failure = Some(error);
        if let Some(driver) = gathered.driver.take() {
            driver.wake();
        }
    }

    /// Polls a connection's future; whenever it has nothing more to do, sends what was held. On a server, the socket
    /// is not asked again in one poll once it had nothing: `h2` asks before each stream that it hands out.
    pub(crate) fn drive<T>(
        &self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> impl Future<Output = T> {
        poll_fn(move |cx| {
            #[cfg(feature = "server")]
            if let Some(tap) = &mut self.lock().tap {
                tap.is_drained = false;
            }
            let polled = poll(cx);
            if polled.is_pending() {
                let mut gathered = self.lock();
                if !gathered
                    .driver
                    .as_ref()
                    .is_some_and(|known| known.will_wake(cx.waker()))
                {
                    gathered.driver = Some(cx.waker().clone());
                }
                if let Poll::Ready(Err(error)) = gathered.poll_send_held(cx) {
                    // The connection's next read takes it.
                    gathered.held.clear();
                    gathered.is_dirty = false;
                    gathered.failure = Some(error);
                    cx.waker().wake_by_ref();
                }
            }
            polled
        })
    }

    fn lock(&self) -> MutexGuard<'_, Gathered> {
        // Nothing panics while it is held but the allocator.
        self.0.lock_unpoisoned()
    }
}

impl Gathered {
    /// Keeps what came of a write to the socket.
    fn note(&mut self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.is_blocked = polled.is_pending();
        if let Poll::Ready(Ok(written)) = polled {
            add(&self.traffic.sent, written);
        }
        polled
    }

    fn poll_send_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let polled = Pin::new(&mut self.socket).poll_write(cx, &self.held);
            match ready!(self.note(polled))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => {
                    self.held.advance(written);
                    self.is_dirty = true;
                }
            }
        }
        if self.is_dirty {
            ready!(Pin::new(&mut self.socket).poll_flush(cx))?;
            self.is_dirty = false;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        if let Some(error) = self.failure.take() {
            return Poll::Ready(Err(error));
        }
        self.is_unanswered = true;
        if let Some(waiting) = self.on_send.take() {
            waiting.wake();
        }
        let total = parts.iter().map(|part| part.len()).sum::<usize>();
        if total < DIRECT && self.held.len() + total <= LIMIT {
            parts.iter().for_each(|part| self.held.extend_from_slice(part));
            return Poll::Ready(Ok(total));
        }
        self.is_dirty = true;
        if self.held.is_empty() {
            let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
            return self.note(polled);
        }
        loop {
            let mut all = [IoSlice::new(&[]); 8];
            let count = parts.len().min(all.len() - 1);
            all[0] = IoSlice::new(&self.held);
            all[1..=count].copy_from_slice(&parts[..count]);
            let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, &all[..=count]);
            let written = ready!(self.note(polled))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            let held = self.held.len().min(written);
            self.held.advance(held);
            if written > held {
                return Poll::Ready(Ok(written - held));
            }
        }
    }
}

impl AsyncRead for Gather {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut gathered = self.lock();
        if let Some(error) = gathered.failure.take() {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        #[cfg(feature = "server")]
        if gathered
            .tap
            .as_ref()
            .is_some_and(|tap| tap.is_drained || tap.has_flood())
        {
            return Poll::Pending;
        }
        let polled = Pin::new(&mut gathered.socket).poll_read(cx, buffer);
        let read = &buffer.filled()[before..];
        #[cfg(feature = "server")]
        if let Some(tap) = &mut gathered.tap {
            tap.is_drained = polled.is_pending();
            tap.read(read);
            if tap.has_flood() {
                // `h2` sees nothing of it, nor of what follows; the connection's task sees why.
                buffer.set_filled(before);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return polled;
        }
        if !read.is_empty() {
            add(&gathered.traffic.received, read.len());
            gathered.is_unanswered = false;
        }
        if !gathered.greeting.is_complete() {
            gathered.greeting.keep(read);
        }
        polled
    }
}

impl AsyncWrite for Gather {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut gathered = self.lock();
        let polled = gathered.poll_write(cx, parts);
        #[cfg(feature = "server")]
        if let (Poll::Ready(Ok(written)), Some(tap)) = (&polled, &mut gathered.tap) {
            let mut left = *written;
            for part in parts {
                let count = left.min(part.len());
                tap.wrote(&part[..count]);
                left -= count;
            }
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // `drive` sends what is held, once, after everything that is ready has been written.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut gathered = self.lock();
        ready!(gathered.poll_send_held(cx))?;
        Pin::new(&mut gathered.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;
    use crate::transport::Socket;

    #[tokio::test]
    async fn small_writes_wait_for_the_task_to_be_idle() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let mut gather = Gather::new(Prefixed::new(Bytes::from_static(b"pre"), Socket::new(ours)));
        gather.write_all(b"a").await.unwrap();
        gather.write_all(b"b").await.unwrap();
        let mut buffer = [0; 8];
        tokio::select! {
            biased;
            _ = theirs.read(&mut buffer) => panic!("nothing may be sent yet"),
            () = tokio::task::yield_now() => {}
        }
        let driving = gather.clone();
        tokio::select! {
            biased;
            () = driving.drive(|_| Poll::<()>::Pending) => {}
            read = theirs.read(&mut buffer) => assert_eq!(&buffer[..read.unwrap()], b"ab"),
        }
        // A large write takes what is held along, in order.
        gather.write_all(b"c").await.unwrap();
        gather.write_all(&[b'd'; DIRECT]).await.unwrap();
        let mut sent = vec![0; 1 + DIRECT];
        theirs.read_exact(&mut sent).await.unwrap();
        assert!(sent[0] == b'c' && sent[1..].iter().all(|byte| *byte == b'd'));
        // What was read before comes first.
        theirs.write_all(b"post").await.unwrap();
        let mut read = [0; 7];
        gather.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"prepost");
    }
    /// As TLS does: what is written is not sent before it is flushed.
    #[cfg(feature = "server")]
    #[tokio::test]
    async fn a_socket_without_more_is_asked_once_in_a_turn_and_again_in_the_next() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let limits = super::super::tap::TapLimits {
            min_ping_time: Duration::ZERO,
            max_headers: 1024,
        };
        let mut gather = Gather::tapped(Prefixed::new(Bytes::new(), Socket::new(ours)), Tap::new(limits));
        let driver = gather.clone();
        let read = |gather: &mut Gather, cx: &mut Context<'_>| {
            let mut bytes = [0; 16];
            let mut buffer = ReadBuf::new(&mut bytes);
            let polled = Pin::new(gather).poll_read(cx, &mut buffer);
            polled.map(|polled| polled.map(|()| buffer.filled().len()).expect("an open socket"))
        };
        let mut turns = 0;
        let reading = driver.drive(|cx| {
            turns += 1;
            if let Poll::Ready(count) = read(&mut gather, cx) {
                return Poll::Ready(count);
            }
            assert!(read(&mut gather, cx).is_pending());
            Poll::Pending
        });
        let (count, written) = tokio::join!(reading, async {
            tokio::task::yield_now().await;
            theirs.write_all(b"hello").await
        });
        written.expect("an open socket");
        assert_eq!((count, turns), (5, 2));
    }

    #[tokio::test]
    async fn a_socket_that_buffers_is_flushed() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let buffering = Socket::new(tokio::io::BufWriter::with_capacity(1 << 16, ours));
        let mut gather = Gather::new(Prefixed::new(Bytes::new(), buffering));
        for length in [1, DIRECT] {
            gather.write_all(&vec![b'a'; length]).await.unwrap();
            let driving = gather.clone();
            let mut read = vec![0; length];
            tokio::select! {
                biased;
                () = driving.drive(|_| Poll::<()>::Pending) => {}
                read = tokio::time::timeout(Duration::from_secs(5), theirs.read_exact(&mut read)) => {
                    read.expect("it was flushed").unwrap();
                }
            }
        }
    }

    /// Takes no bytes, and has none.
    struct Broken;

    impl AsyncRead for Broken {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for Broken {
        fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, _: &[u8]) -> Poll<io::Result<usize>> {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn what_is_held_does_not_fail_in_silence() {
        let mut gather = Gather::new(Prefixed::new(Bytes::new(), Socket::new(Broken)));
        gather.write_all(b"a").await.unwrap();
        let driving = gather.clone();
        let mut byte = [0];
        let mut reading = std::pin::pin!(gather.read(&mut byte));
        let driven = driving.drive(|cx| reading.as_mut().poll(cx));
        let read = tokio::time::timeout(Duration::from_secs(5), driven).await;
        assert_eq!(
            read.expect("the error").unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }
}

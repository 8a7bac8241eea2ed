//! A socket that combines many small writes into one.
//!
//! `h2` writes to its socket before each DATA frame of more than 256 bytes, which costs one system call per reply.
//! This wrapper holds small writes until the connection's task is idle, so the frames of many calls share one write.

use std::future::{Future, poll_fn};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll, Waker, ready};

use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::PrefixedSocket;
use super::frame_inspector::{FrameInspector, FrameStats};
use super::protocol_sniffer::ProtocolSniffer;

use crate::sync::MutexExt as _;

/// Size in bytes from which a write is no longer held. Bytes held earlier are sent before it.
const MAX_COALESCED_WRITE_BYTES: usize = 32 * 1024;
/// Maximum number of bytes held per connection.
const MAX_HELD_BYTES: usize = 128 * 1024;

/// A shared socket that holds small writes. `h2` reads and writes through one handle; the connection's task sends the
/// held bytes through another.
#[derive(Debug, Clone)]
pub(crate) struct WriteCoalescer(Arc<Mutex<CoalescerState>>);

#[derive(Debug)]
struct CoalescerState {
    socket: PrefixedSocket,
    held: BytesMut,
    /// Bytes were written since the last flush. A socket with a write buffer may not have sent them yet.
    is_dirty: bool,
    /// An error that the next read or write by `h2` returns.
    failure: Option<io::Error>,
    sniffer: ProtocolSniffer,
    traffic: Arc<TrafficCounters>,
    /// Bytes were written since the last bytes were received.
    is_awaiting_bytes: bool,
    /// The task in `wait_until_awaiting_bytes`.
    on_send: Option<Waker>,
    /// The connection's task.
    driver: Option<Waker>,
    /// Inspects the frames in both directions. `None` on a client.
    inspector: Option<Box<FrameInspector>>,
    /// The last write to the socket returned `Pending`.
    is_blocked: bool,
}

/// Bytes sent and received on a connection.
#[derive(Debug, Default)]
pub(crate) struct TrafficCounters {
    sent: AtomicU64,
    received: AtomicU64,
}

#[cfg(feature = "client")]
impl TrafficCounters {
    /// Returns the number of bytes that the socket has accepted.
    #[inline]
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Returns the number of bytes received.
    pub(crate) fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

/// Adds to a counter without an atomic read-modify-write. Only one task at a time may write to the counter.
#[inline]
fn add_relaxed(counter: &AtomicU64, bytes: usize) {
    counter.store(counter.load(Ordering::Relaxed) + bytes as u64, Ordering::Relaxed);
}

impl WriteCoalescer {
    pub(crate) fn new(socket: PrefixedSocket) -> Self {
        Self(Arc::new(Mutex::new(CoalescerState {
            socket,
            held: BytesMut::new(),
            is_dirty: false,
            failure: None,
            sniffer: ProtocolSniffer::new(),
            traffic: Arc::default(),
            is_awaiting_bytes: false,
            on_send: None,
            driver: None,
            inspector: None,
            is_blocked: false,
        })))
    }

    /// Wraps a server connection whose frames are inspected.
    #[cfg(feature = "server")]
    pub(crate) fn with_inspector(socket: PrefixedSocket, inspector: FrameInspector) -> Self {
        let coalescer = Self::new(socket);
        coalescer.lock().inspector = Some(Box::new(inspector));
        coalescer
    }

    /// Returns the frame statistics of this connection.
    #[cfg(feature = "server")]
    pub(crate) fn stats(&self) -> FrameStats {
        let state = self.lock();
        let stats = state.inspector.as_ref().map(|inspector| inspector.stats());
        FrameStats {
            blocked_at: state
                .is_blocked
                .then(|| state.traffic.sent.load(Ordering::Relaxed)),
            ..stats.unwrap_or_default()
        }
    }

    /// Sends a GOAWAY ([RFC 9113 §6.8](https://www.rfc-editor.org/rfc/rfc9113#section-6.8)) and closes a connection
    /// that `h2` no longer drives. Sends nothing if a frame of this server is only partly written.
    #[cfg(feature = "server")]
    pub(crate) async fn go_away(self, reason: h2::Reason, debug: &str) {
        {
            let mut state = self.lock();
            let Some(inspector) = state
                .inspector
                .take()
                .filter(|inspector| inspector.is_at_write_boundary())
            else {
                return;
            };
            let length = (8 + debug.len()) as u32;
            let head = [&length.to_be_bytes()[1..], &[7, 0], &[0; 4]].concat();
            let body = [inspector.stats().last_stream, reason.into()]
                .map(u32::to_be_bytes)
                .concat();
            state
                .held
                .extend_from_slice(&[&head, &body, debug.as_bytes()].concat());
        }
        self.linger().await;
    }

    /// Sends the held bytes, half-closes the connection and discards the bytes that the peer still sends. Closing a
    /// socket with unread bytes would reset the connection, and the peer could lose the final frames. The caller must
    /// limit the time.
    #[cfg(feature = "server")]
    pub(crate) async fn linger(mut self) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        /// Maximum number of bytes discarded before the connection is closed.
        const MAX_LINGER_BYTES: usize = 1 << 20;
        self.lock().inspector = None;
        if self.shutdown().await.is_err() {
            return;
        }
        let (mut buffer, mut read) = ([0; 4096], 0);
        while read < MAX_LINGER_BYTES {
            match self.read(&mut buffer).await {
                Ok(0) | Err(_) => return,
                Ok(count) => read += count,
            }
        }
    }

    /// Returns whether the server's first frame is SETTINGS, as HTTP/2 requires ([RFC 9113
    /// §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
    #[cfg(feature = "client")]
    pub(crate) fn has_received_settings(&self) -> bool {
        self.lock().sniffer.is_settings()
    }

    /// Describes the first bytes of a server that does not speak HTTP/2. Returns `None` if the server has sent
    /// nothing or may speak HTTP/2.
    #[cfg(feature = "client")]
    pub(crate) fn describe_protocol_mismatch(&self) -> Option<String> {
        self.lock().sniffer.describe()
    }

    /// Returns the byte counters of this connection.
    #[cfg(feature = "client")]
    pub(crate) fn traffic(&self) -> Arc<TrafficCounters> {
        self.lock().traffic.clone()
    }

    /// Waits until bytes have been written and none have been received since.
    #[cfg(feature = "client")]
    pub(crate) async fn wait_until_awaiting_bytes(&self) {
        poll_fn(|cx| {
            let mut state = self.lock();
            if state.is_awaiting_bytes {
                return Poll::Ready(());
            }
            state.on_send = Some(cx.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Fails the connection with `error` and wakes its task.
    #[cfg(feature = "client")]
    pub(crate) fn fail(&self, error: io::Error) {
        let mut state = self.lock();
        state.failure = Some(error);
        if let Some(driver) = state.driver.take() {
            driver.wake();
        }
    }

    /// Polls a connection's future and sends the held bytes whenever the future is pending. On a server, an empty
    /// socket is read at most once per poll, because `h2` reads before each stream that it accepts.
    pub(crate) fn drive<T>(
        &self,
        mut poll: impl FnMut(&mut Context<'_>) -> Poll<T>,
    ) -> impl Future<Output = T> {
        poll_fn(move |cx| {
            if let Some(inspector) = &mut self.lock().inspector {
                inspector.is_drained = false;
            }
            let polled = poll(cx);
            if polled.is_pending() {
                let mut state = self.lock();
                if !state
                    .driver
                    .as_ref()
                    .is_some_and(|known| known.will_wake(cx.waker()))
                {
                    state.driver = Some(cx.waker().clone());
                }
                if let Poll::Ready(Err(error)) = state.poll_send_held(cx) {
                    // The connection's next read or write returns the error.
                    state.held.clear();
                    state.is_dirty = false;
                    state.failure = Some(error);
                    cx.waker().wake_by_ref();
                }
            }
            polled
        })
    }

    fn lock(&self) -> MutexGuard<'_, CoalescerState> {
        // Only a failed allocation can panic while this lock is held.
        self.0.lock_unpoisoned()
    }
}

impl CoalescerState {
    /// Records whether a write to the socket is blocked, and counts the bytes sent.
    fn record_write(&mut self, polled: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        self.is_blocked = polled.is_pending();
        if let Poll::Ready(Ok(written)) = polled {
            add_relaxed(&self.traffic.sent, written);
        }
        polled
    }

    fn poll_send_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let polled = Pin::new(&mut self.socket).poll_write(cx, &self.held);
            match ready!(self.record_write(polled))? {
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
        self.is_awaiting_bytes = true;
        if let Some(waiting) = self.on_send.take() {
            waiting.wake();
        }
        let total = parts.iter().map(|part| part.len()).sum::<usize>();
        if total < MAX_COALESCED_WRITE_BYTES && self.held.len() + total <= MAX_HELD_BYTES {
            parts.iter().for_each(|part| self.held.extend_from_slice(part));
            return Poll::Ready(Ok(total));
        }
        self.is_dirty = true;
        if self.held.is_empty() {
            let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
            return self.record_write(polled);
        }
        loop {
            let mut all = [IoSlice::new(&[]); 8];
            let count = parts.len().min(all.len() - 1);
            all[0] = IoSlice::new(&self.held);
            all[1..=count].copy_from_slice(&parts[..count]);
            let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, &all[..=count]);
            let written = ready!(self.record_write(polled))?;
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

impl AsyncRead for WriteCoalescer {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        if let Some(error) = state.failure.take() {
            return Poll::Ready(Err(error));
        }
        let before = buffer.filled().len();
        if state
            .inspector
            .as_ref()
            .is_some_and(|inspector| inspector.is_drained || inspector.has_flood())
        {
            return Poll::Pending;
        }
        let polled = Pin::new(&mut state.socket).poll_read(cx, buffer);
        let read = &buffer.filled()[before..];
        if let Some(inspector) = &mut state.inspector {
            inspector.is_drained = polled.is_pending();
            inspector.inspect_read(read);
            if inspector.has_flood() {
                // `h2` must not see these bytes or later ones. The connection's task is woken and finds the flood in
                // the statistics.
                buffer.set_filled(before);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            return polled;
        }
        if !read.is_empty() {
            add_relaxed(&state.traffic.received, read.len());
            state.is_awaiting_bytes = false;
        }
        if !state.sniffer.is_complete() {
            state.sniffer.record(read);
        }
        polled
    }
}

impl AsyncWrite for WriteCoalescer {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let mut state = self.lock();
        let polled = state.poll_write(cx, parts);
        if let (Poll::Ready(Ok(written)), Some(inspector)) = (&polled, &mut state.inspector) {
            let mut left = *written;
            for part in parts {
                let count = left.min(part.len());
                inspector.inspect_written(&part[..count]);
                left -= count;
            }
        }
        polled
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        // `drive` sends the held bytes once, after all ready frames have been written.
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = self.lock();
        ready!(state.poll_send_held(cx))?;
        Pin::new(&mut state.socket).poll_shutdown(cx)
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
    async fn small_writes_are_held_until_task_is_idle() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let mut coalescer =
            WriteCoalescer::new(PrefixedSocket::new(Bytes::from_static(b"pre"), Socket::new(ours)));
        coalescer.write_all(b"a").await.unwrap();
        coalescer.write_all(b"b").await.unwrap();
        let mut buffer = [0; 8];
        tokio::select! {
            biased;
            _ = theirs.read(&mut buffer) => panic!("nothing may be sent yet"),
            () = tokio::task::yield_now() => {}
        }
        let driving = coalescer.clone();
        tokio::select! {
            biased;
            () = driving.drive(|_| Poll::<()>::Pending) => {}
            read = theirs.read(&mut buffer) => assert_eq!(&buffer[..read.unwrap()], b"ab"),
        }
        // A large write also sends the held bytes, which come first.
        coalescer.write_all(b"c").await.unwrap();
        coalescer
            .write_all(&[b'd'; MAX_COALESCED_WRITE_BYTES])
            .await
            .unwrap();
        let mut sent = vec![0; 1 + MAX_COALESCED_WRITE_BYTES];
        theirs.read_exact(&mut sent).await.unwrap();
        assert!(sent[0] == b'c' && sent[1..].iter().all(|byte| *byte == b'd'));
        // The prefix is read before bytes from the socket.
        theirs.write_all(b"post").await.unwrap();
        let mut read = [0; 7];
        coalescer.read_exact(&mut read).await.unwrap();
        assert_eq!(&read, b"prepost");
    }
    #[cfg(feature = "server")]
    #[tokio::test]
    async fn drained_socket_is_read_once_per_poll() {
        let (ours, mut theirs) = tokio::io::duplex(1024);
        let limits = super::super::frame_inspector::FrameLimits {
            min_ping_time: Duration::ZERO,
            max_headers: 1024,
        };
        let mut coalescer = WriteCoalescer::with_inspector(
            PrefixedSocket::new(Bytes::new(), Socket::new(ours)),
            FrameInspector::new(limits),
        );
        let driver = coalescer.clone();
        let read = |coalescer: &mut WriteCoalescer, cx: &mut Context<'_>| {
            let mut bytes = [0; 16];
            let mut buffer = ReadBuf::new(&mut bytes);
            let polled = Pin::new(coalescer).poll_read(cx, &mut buffer);
            polled.map(|polled| {
                polled
                    .map(|()| buffer.filled().len())
                    .expect("the socket is open")
            })
        };
        let mut turns = 0;
        let reading = driver.drive(|cx| {
            turns += 1;
            if let Poll::Ready(count) = read(&mut coalescer, cx) {
                return Poll::Ready(count);
            }
            assert!(read(&mut coalescer, cx).is_pending());
            Poll::Pending
        });
        let (count, written) = tokio::join!(reading, async {
            tokio::task::yield_now().await;
            theirs.write_all(b"hello").await
        });
        written.expect("the socket is open");
        assert_eq!((count, turns), (5, 2));
    }

    /// A TLS stream also buffers writes until it is flushed.
    #[tokio::test]
    async fn buffering_socket_is_flushed() {
        let (ours, mut theirs) = tokio::io::duplex(1 << 20);
        let buffering = Socket::new(tokio::io::BufWriter::with_capacity(1 << 16, ours));
        let mut coalescer = WriteCoalescer::new(PrefixedSocket::new(Bytes::new(), buffering));
        for length in [1, MAX_COALESCED_WRITE_BYTES] {
            coalescer.write_all(&vec![b'a'; length]).await.unwrap();
            let driving = coalescer.clone();
            let mut read = vec![0; length];
            tokio::select! {
                biased;
                () = driving.drive(|_| Poll::<()>::Pending) => {}
                read = tokio::time::timeout(Duration::from_secs(5), theirs.read_exact(&mut read)) => {
                    read.expect("the write was flushed").unwrap();
                }
            }
        }
    }

    /// A socket that fails every write and never becomes readable.
    struct BrokenSocket;

    impl AsyncRead for BrokenSocket {
        fn poll_read(self: Pin<&mut Self>, _: &mut Context<'_>, _: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
            Poll::Pending
        }
    }

    impl AsyncWrite for BrokenSocket {
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
    async fn failed_write_of_held_bytes_is_reported() {
        let mut coalescer = WriteCoalescer::new(PrefixedSocket::new(Bytes::new(), Socket::new(BrokenSocket)));
        coalescer.write_all(b"a").await.unwrap();
        let driving = coalescer.clone();
        let mut byte = [0];
        let mut reading = std::pin::pin!(coalescer.read(&mut byte));
        let driven = driving.drive(|cx| reading.as_mut().poll(cx));
        let read = tokio::time::timeout(Duration::from_secs(5), driven).await;
        assert_eq!(
            read.expect("the read fails in time").unwrap_err().kind(),
            io::ErrorKind::BrokenPipe
        );
    }
}

//! A socket whose writes fail when the peer reads nothing for too long. HTTP/1.1 has no other sign of a stalled peer.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::call::{DeadlineTimer, deadline_after};
use crate::transport::PrefixedSocket;

/// A socket with a write timeout. Uses a timer only while a write is blocked.
pub(super) struct WriteTimeout {
    socket: PrefixedSocket,
    timeout: Duration,
    timer: DeadlineTimer,
}

impl WriteTimeout {
    pub(super) fn new(socket: PrefixedSocket, timeout: Duration) -> Self {
        Self {
            socket,
            timeout,
            timer: DeadlineTimer::default(),
        }
    }

    fn enforce<T>(&mut self, cx: &mut Context<'_>, polled: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if polled.is_ready() {
            self.timer = DeadlineTimer::default();
            return polled;
        }
        if self.timer.at().is_none() {
            self.timer = DeadlineTimer::new(deadline_after(self.timeout));
        }
        self.timer.poll(cx).map(|()| {
            let why = "write timeout: peer does not read from the connection";
            Err(io::Error::new(io::ErrorKind::TimedOut, why))
        })
    }
}

impl AsyncRead for WriteTimeout {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(cx, buffer)
    }
}

impl AsyncWrite for WriteTimeout {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write(cx, data);
        self.enforce(cx, polled)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let polled = Pin::new(&mut self.socket).poll_write_vectored(cx, parts);
        self.enforce(cx, polled)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.socket).poll_flush(cx);
        self.enforce(cx, polled)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.socket).poll_shutdown(cx);
        self.enforce(cx, polled)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;
    use crate::transport::Socket;

    #[tokio::test(start_paused = true)]
    async fn write_timeout_restarts_on_progress() {
        let (ours, mut theirs) = tokio::io::duplex(10);
        let timeout = Duration::from_secs(30);
        let mut socket = WriteTimeout::new(PrefixedSocket::new(Bytes::new(), Socket::new(ours)), timeout);
        let reading = async {
            for _ in 0..5 {
                tokio::time::sleep(Duration::from_secs(20)).await;
                theirs.read_exact(&mut [0; 10]).await.unwrap();
            }
            std::future::pending::<()>().await;
        };
        let started = Instant::now();
        let written = tokio::select! {
            written = socket.write_all(&[0; 1000]) => written,
            () = reading => unreachable!(),
        };
        assert_eq!(written.unwrap_err().kind(), io::ErrorKind::TimedOut);
        assert_eq!(started.elapsed().as_secs(), 5 * 20 + 30);
    }
}

//! Accepting connections: enforces the connection limit and backs off when the listener fails.

use std::io;
use std::pin::Pin;
use std::time::Duration;

use futures_core::future::BoxFuture;
use tokio::time::{Instant, Sleep};

use crate::transport::{Address, Listener, Socket};

/// Pause after the first listener error that may persist, such as running out of file descriptors.
const INITIAL_ACCEPT_BACKOFF: Duration = Duration::from_millis(10);
/// Upper bound of the pause, which doubles with each consecutive error.
const MAX_ACCEPT_BACKOFF: Duration = Duration::from_secs(1);

/// A listener with its connection limit and its backoff.
pub(super) struct ConnectionAcceptor {
    listener: Box<dyn ErasedListener>,
    max_connections: usize,
    full: LogThrottle,
    failing: LogThrottle,
    backoff: Option<AcceptBackoff>,
}

/// Limits a recurring log message to one per minute. Holds the time of the last one.
#[derive(Default)]
struct LogThrottle(Option<Instant>);

impl LogThrottle {
    fn is_due(&mut self) -> bool {
        let now = Instant::now();
        let is_due = self.0.is_none_or(|said| now - said >= Duration::from_secs(60));
        if is_due {
            self.0 = Some(now);
        }
        is_due
    }
}

/// The backoff since the listener last accepted a connection.
struct AcceptBackoff {
    length: Duration,
    pause: Option<Pin<Box<Sleep>>>,
}

pub(super) trait ErasedListener: Send {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Socket, Address)>>;
}

impl<L: Listener> ErasedListener for L {
    fn accept(&mut self) -> BoxFuture<'_, io::Result<(Socket, Address)>> {
        Box::pin(Listener::accept(self))
    }
}

impl ConnectionAcceptor {
    pub(super) fn new(listener: Box<dyn ErasedListener>, max_connections: Option<usize>) -> Self {
        Self {
            listener,
            max_connections: max_connections.unwrap_or(usize::MAX),
            full: LogThrottle::default(),
            failing: LogThrottle::default(),
            backoff: None,
        }
    }

    /// Returns the next connection, or `None` when the listener is closed. `open` is the number of open connections.
    /// At the limit, this never completes.
    ///
    /// Cancel safe. Call it again whenever a connection has ended.
    pub(super) async fn next(&mut self, open: usize) -> Option<(Socket, Address)> {
        if open >= self.max_connections {
            if self.full.is_due() {
                tracing::warn!(open, "connection limit reached; not accepting until one closes");
            }
            return std::future::pending().await;
        }
        loop {
            if let Some(backoff) = &mut self.backoff
                && let Some(pause) = &mut backoff.pause
            {
                pause.as_mut().await;
                backoff.pause = None;
            }
            match self.listener.accept().await {
                Ok(accepted) => {
                    self.backoff = None;
                    return Some(accepted);
                }
                Err(error) if error.kind() == io::ErrorKind::NotConnected => return None,
                Err(error) if is_connection_error(&error) => {
                    tracing::debug!(%error, "connection closed before it was accepted");
                }
                Err(error) => self.pause(&error),
            }
        }
    }

    fn pause(&mut self, error: &io::Error) {
        let length = match &self.backoff {
            Some(backoff) => (backoff.length * 2).min(MAX_ACCEPT_BACKOFF),
            None => INITIAL_ACCEPT_BACKOFF,
        };
        if self.failing.is_due() {
            if is_out_of_descriptors(error) {
                tracing::warn!(%error, "cannot accept connections: out of file descriptors; pausing");
            } else {
                tracing::warn!(%error, "cannot accept connections; pausing");
            }
        }
        self.backoff = Some(AcceptBackoff {
            length,
            pause: Some(Box::pin(tokio::time::sleep(length))),
        });
    }
}

/// Returns whether the error is EMFILE or ENFILE, which have these numbers on every Unix.
fn is_out_of_descriptors(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

fn is_connection_error(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset | io::ErrorKind::Interrupted
    )
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    /// A listener that returns the given errors, then accepts connections endlessly.
    struct Failing(VecDeque<io::Error>);

    impl Listener for Failing {
        async fn accept(&mut self) -> io::Result<(Socket, Address)> {
            match self.0.pop_front() {
                Some(error) => Err(error),
                None => Ok((Socket::new(tokio::io::duplex(1).0), Address::Memory)),
            }
        }

        fn local_addr(&self) -> Address {
            Address::Memory
        }
    }

    fn acceptor(errors: impl IntoIterator<Item = io::Error>, max: Option<usize>) -> ConnectionAcceptor {
        ConnectionAcceptor::new(Box::new(Failing(errors.into_iter().collect())), max)
    }

    #[tokio::test(start_paused = true)]
    async fn accept_backoff_doubles_up_to_its_maximum() {
        let emfile = || io::Error::from_raw_os_error(24);
        for (errors, milliseconds) in [(1, 10), (3, 70), (7, 1270), (9, 3270)] {
            let mut acceptor = acceptor(std::iter::repeat_with(emfile).take(errors), None);
            let started = Instant::now();
            assert!(acceptor.next(0).await.is_some());
            let expected = Duration::from_millis(milliseconds);
            assert!(
                (expected..expected + Duration::from_millis(20)).contains(&started.elapsed()),
                "{errors}: {:?}",
                started.elapsed()
            );
            // Success resets the backoff.
            assert!(acceptor.backoff.is_none());
        }
    }

    /// A caller that also waits for shutdown cancels `next`. The pause then continues where it was.
    #[tokio::test(start_paused = true)]
    async fn accept_backoff_survives_cancellation() {
        let mut acceptor = acceptor([io::Error::from_raw_os_error(24)], None);
        let started = Instant::now();
        for _ in 0..3 {
            let cancelled = tokio::time::timeout(Duration::from_millis(3), acceptor.next(0)).await;
            assert!(cancelled.is_err());
        }
        assert!(acceptor.next(0).await.is_some());
        assert!(
            started.elapsed() < Duration::from_millis(15),
            "{:?}",
            started.elapsed()
        );
    }

    #[tokio::test(start_paused = true)]
    async fn connection_errors_cause_no_backoff() {
        let aborted = || io::Error::from(io::ErrorKind::ConnectionAborted);
        let mut acceptor = acceptor(std::iter::repeat_with(aborted).take(1000), None);
        let started = Instant::now();
        assert!(acceptor.next(0).await.is_some());
        assert_eq!(started.elapsed(), Duration::ZERO);
    }

    #[tokio::test(start_paused = true)]
    async fn max_connections_stops_accepting() {
        let mut acceptor = acceptor([], Some(2));
        for (open, accepts) in [(0, true), (1, true), (2, false), (3, false), (1, true)] {
            let next = tokio::time::timeout(Duration::from_secs(60), acceptor.next(open)).await;
            assert_eq!(next.is_ok(), accepts, "{open}");
        }
    }

    #[tokio::test]
    async fn closed_listener_ends_accepting() {
        let mut acceptor = acceptor([io::ErrorKind::NotConnected.into()], None);
        assert!(acceptor.next(0).await.is_none());
    }
}

//! An HTTP/2 connection to one address: its handshake, the handle that calls share, and the reason for its end.

use std::future::Future as _;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll, Waker};

use bytes::{Buf, Bytes};
use h2::client::SendRequest;

use super::failure::{ConnectPhase, ConnectProgress};
use crate::error::BoxError;
use crate::transport::{Address, PrefixedSocket, Socket, TrafficCounters, WriteCoalescer, http2};

/// An HTTP/2 connection that accepts requests. `B` is the payload of its DATA frames.
pub(crate) struct Connection<B: Buf> {
    sender: SendRequest<B>,
    address: Address,
    traffic: Arc<TrafficCounters>,
    /// Set by every response head, cleared by keepalive.
    has_response: AtomicBool,
    /// The reason for the connection's end, where `h2` does not report it to the calls.
    end_reason: OnceLock<String>,
}

impl<B: Buf> Connection<B> {
    pub(super) fn new(sender: SendRequest<B>, address: Address, traffic: Arc<TrafficCounters>) -> Self {
        Self {
            sender,
            address,
            traffic,
            has_response: AtomicBool::new(false),
            end_reason: OnceLock::new(),
        }
    }

    /// Returns a handle for one request.
    #[inline]
    pub(crate) fn sender(&self) -> SendRequest<B> {
        self.sender.clone()
    }

    pub(crate) fn address(&self) -> &Address {
        &self.address
    }

    /// Returns the number of bytes written to the socket so far.
    #[inline]
    pub(crate) fn bytes_sent(&self) -> u64 {
        self.traffic.sent()
    }

    /// Records that a response head has arrived.
    #[inline]
    pub(crate) fn note_response(&self) {
        // Most calls find the flag set: a load is cheaper than a store to a shared cache line.
        if !self.has_response.load(Ordering::Relaxed) {
            self.has_response.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether a response head has arrived since the previous call, and resets the flag.
    pub(super) fn take_response_seen(&self) -> bool {
        self.has_response.swap(false, Ordering::Relaxed)
    }

    /// Sets the reason for the connection's end. Must be called before the end is visible to calls.
    pub(super) fn set_end_reason(&self, reason: String) {
        let _ = self.end_reason.set(reason);
    }

    /// Returns the reason for the connection's end, if it has ended for a known one.
    pub(crate) fn end_reason(&self) -> Option<String> {
        if let Some(reason) = self.end_reason.get() {
            return Some(reason.clone());
        }
        // Calls can see the end before the connection's task does. `h2` also reports a GOAWAY here.
        let polled = self.sender().poll_ready(&mut Context::from_waker(Waker::noop()));
        match polled {
            Poll::Ready(Err(error)) => Some(http2::describe(&error)),
            _ => None,
        }
    }
}

/// The handle for requests, the socket, and the connection to be driven by its task.
pub(super) type EstablishedHttp2<B> = (
    SendRequest<B>,
    WriteCoalescer,
    h2::client::Connection<WriteCoalescer, B>,
);

/// Sends the client preface and waits for the server's SETTINGS. A connection without SETTINGS is unusable
/// ([RFC 9113 §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
pub(super) async fn http2_handshake<B: Buf + Send + 'static>(
    socket: Socket,
    progress: &ConnectProgress,
) -> Result<EstablishedHttp2<B>, BoxError> {
    progress.enter(ConnectPhase::Http2Handshake);
    let socket = WriteCoalescer::new(PrefixedSocket::new(Bytes::new(), socket));
    let mut handshake = pin!(http2::client_builder().handshake::<_, B>(socket.clone()));
    let (sender, mut connection) = socket.drive(|cx| handshake.as_mut().poll(cx)).await?;
    let received = socket.clone();
    let settings = socket.drive(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(ended) => Poll::Ready(Err(ended.err())),
        Poll::Pending if received.has_received_settings() => Poll::Ready(Ok(())),
        Poll::Pending => Poll::Pending,
    });
    match settings.await {
        Ok(()) => Ok((sender, socket, connection)),
        Err(error) => {
            let message = socket
                .describe_protocol_mismatch()
                .unwrap_or_else(|| match &error {
                    Some(error) => http2::describe(error),
                    None => "the server closed the connection before HTTP/2 began on it".to_owned(),
                });
            Err(Http2HandshakeError { message, error }.into())
        }
    }
}

/// The failure of an HTTP/2 handshake, such as with a server that speaks another protocol.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Http2HandshakeError {
    message: String,
    #[source]
    error: Option<h2::Error>,
}

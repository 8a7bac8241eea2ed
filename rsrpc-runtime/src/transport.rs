//! Listeners, connectors and sockets: TCP, Unix sockets and in-process connections, each optionally under TLS. Also
//! holds the layers between a socket and `h2`, such as write coalescing and frame inspection.

#[cfg_attr(
    not(feature = "server"),
    allow(dead_code, reason = "only servers inspect the frames of their connections")
)]
mod frame_inspector;
pub(crate) mod http2;
mod memory;
mod prefixed_socket;
mod protocol_sniffer;
mod tcp;
#[cfg(feature = "tls")]
pub mod tls;
#[cfg(unix)]
mod unix;
mod write_coalescer;

use std::fmt;
use std::future::Future;
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
#[cfg(unix)]
use tokio::net::UnixStream;

#[cfg(feature = "server")]
pub(crate) use frame_inspector::{
    FrameFlood, FrameInspector, FrameLimits, FrameStats, MAX_EARLY_PINGS, UnfinishedInput,
};
pub use memory::{MemoryConnector, MemoryListener, memory};
pub(crate) use prefixed_socket::PrefixedSocket;
pub use tcp::{TcpConnector, TcpListener};
#[cfg(unix)]
pub use unix::{UnixConnector, UnixListener};
#[cfg(feature = "client")]
pub(crate) use write_coalescer::TrafficCounters;
pub(crate) use write_coalescer::WriteCoalescer;

/// The address of one end of a connection, or of a listener.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a Unix socket. Empty for an unnamed socket, such as a client's end.
    Unix(PathBuf),
    /// One end of an in-process connection.
    Memory,
}

impl Address {
    /// Returns the TCP address, or `None` for another kind of address.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Address::Tcp(addr) => Some(*addr),
            _ => None,
        }
    }

    /// Returns the TCP port, or `None` for another kind of address.
    pub fn port(&self) -> Option<u16> {
        self.socket_addr().map(|addr| addr.port())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp(addr) => addr.fmt(f),
            Address::Unix(path) => write!(f, "unix:{}", path.display()),
            Address::Memory => f.write_str("memory:"),
        }
    }
}

impl From<SocketAddr> for Address {
    fn from(addr: SocketAddr) -> Self {
        Address::Tcp(addr)
    }
}

/// A source of connections for a server.
///
/// This crate implements it for TCP, Unix sockets and memory. Implement it for other transports, such as vsock or a
/// simulated network.
pub trait Listener: Send + 'static {
    /// Waits for the next connection. The server calls it again after each connection and after each error. Errors
    /// that concern one connection or are temporary (no file descriptor left) do not stop the server.
    /// [`NotConnected`](io::ErrorKind::NotConnected) does: it means that no further connection can arrive, and the
    /// server shuts down.
    ///
    /// Must be cancel safe: the server drops the future when it shuts down.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Socket, Address)>> + Send;

    /// Returns the address that the listener is bound to.
    fn local_addr(&self) -> Address;
}

/// A way for a channel to open connections.
///
/// This crate implements it for TCP, Unix sockets and memory. Implement it for other transports, such as a proxy,
/// vsock or a simulated network.
pub trait Connector: Send + Sync + 'static {
    /// Opens a connection to `address`. Called once per connection attempt. The future is dropped when the attempt is
    /// no longer needed.
    fn connect(&self, address: Address) -> impl Future<Output = io::Result<Socket>> + Send;
}

/// The HTTP version that a client speaks on a connection.
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpVersion {
    Http1,
    Http2,
}

/// A connected byte stream.
pub struct Socket(SocketKind);

enum SocketKind {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(UnixStream),
    Other(Box<dyn ByteStream>),
}

trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for T {}

impl Socket {
    /// Wraps any byte stream as a connection.
    pub fn new(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self(SocketKind::Other(Box::new(io)))
    }

    fn tcp(stream: TcpStream) -> Self {
        // A failure to disable Nagle's algorithm only delays small writes.
        let _ = stream.set_nodelay(true);
        Self(SocketKind::Tcp(stream))
    }

    #[cfg(unix)]
    fn unix(stream: UnixStream) -> Self {
        Self(SocketKind::Unix(stream))
    }

    /// Enables TCP keepalive. The kernel probes the peer after the connection has been idle for `time` and drops the
    /// connection if the peer does not acknowledge within `timeout` (gRFC A18). Has no effect on other transports.
    /// Ignores options that the system does not support.
    #[cfg(feature = "client")]
    pub(crate) fn keep_alive(&self, time: std::time::Duration, timeout: std::time::Duration) {
        let SocketKind::Tcp(stream) = &self.0 else { return };
        let socket = socket2::SockRef::from(stream);
        let interval = (timeout / 4).max(std::time::Duration::from_secs(1));
        let probes = socket2::TcpKeepalive::new()
            .with_time(time)
            .with_interval(interval);
        let _ = socket.set_tcp_keepalive(&probes);
        #[cfg(any(target_os = "linux", target_os = "android"))]
        let _ = socket.set_tcp_user_timeout(Some(timeout));
    }

    fn io(&mut self) -> Pin<&mut dyn ByteStream> {
        match &mut self.0 {
            SocketKind::Tcp(stream) => Pin::new(stream),
            #[cfg(unix)]
            SocketKind::Unix(stream) => Pin::new(stream),
            SocketKind::Other(stream) => Pin::new(&mut **stream),
        }
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match &self.0 {
            SocketKind::Tcp(_) => "Socket(Tcp)",
            #[cfg(unix)]
            SocketKind::Unix(_) => "Socket(Unix)",
            SocketKind::Other(_) => "Socket(Other)",
        })
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.io().poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.io().poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io().poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        match &self.0 {
            SocketKind::Tcp(stream) => stream.is_write_vectored(),
            #[cfg(unix)]
            SocketKind::Unix(stream) => stream.is_write_vectored(),
            SocketKind::Other(stream) => stream.is_write_vectored(),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io().poll_shutdown(cx)
    }
}

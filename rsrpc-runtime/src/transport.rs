//! Bytes between two ends: TCP, Unix sockets, and pairs within the process; TLS around any of them. It knows no protocol.

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

/// The address of one end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Address {
    /// A TCP address.
    Tcp(SocketAddr),
    /// The path of a Unix socket; empty where it has none, as a client's end.
    Unix(PathBuf),
    /// An end of a pair within the process.
    Memory,
}

impl Address {
    /// The TCP address, where it is one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self {
            Address::Tcp(addr) => Some(*addr),
            _ => None,
        }
    }

    /// The TCP port, where there is one.
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

/// Where a server gets its connections from.
///
/// Implemented here for TCP, Unix sockets and memory; implement it for vsock, a simulation and the like.
pub trait Listener: Send + 'static {
    /// Waits for the next connection. Called again after it returned, also after an error: errors that concern one
    /// connection, or pass by themselves (no file descriptor left), must not end the server. The exception is
    /// [`NotConnected`](io::ErrorKind::NotConnected): no connection can come any more, and the server shuts down.
    ///
    /// Must be cancel safe: it is dropped when the server shuts down.
    fn accept(&mut self) -> impl Future<Output = io::Result<(Socket, Address)>> + Send;

    /// Where it listens.
    fn local_addr(&self) -> Address;
}

/// How a channel connects to an address.
///
/// Implemented here for TCP, Unix sockets and memory; implement it for a proxy, vsock, a simulation and the like.
pub trait Connector: Send + Sync + 'static {
    /// Connects. Called for each new connection; dropped when nobody waits for it any more.
    fn connect(&self, address: Address) -> impl Future<Output = io::Result<Socket>> + Send;
}

/// What is to be spoken on a connection.
#[cfg(feature = "client")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HttpVersion {
    Http1,
    Http2,
}

/// A connection's bytes.
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
    /// A connection over any stream of bytes.
    pub fn new(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Self {
        Self(SocketKind::Other(Box::new(io)))
    }

    fn tcp(stream: TcpStream) -> Self {
        // Without it, small writes are late, and nothing else is wrong.
        let _ = stream.set_nodelay(true);
        Self(SocketKind::Tcp(stream))
    }

    #[cfg(unix)]
    fn unix(stream: UnixStream) -> Self {
        Self(SocketKind::Unix(stream))
    }

    /// Has the kernel look whether the peer is still there: it probes a connection without traffic, and gives up what is
    /// not acknowledged within `timeout` (gRFC A18). TCP's only; what the system does not know is left out.
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

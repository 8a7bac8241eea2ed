//! The peer of a call.

#[cfg(feature = "tls")]
mod tls;

use std::fmt;
use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::sync::Arc;

#[cfg(feature = "tls")]
pub use tls::TlsPeer;

/// The peer of a call's connection.
///
/// A server of another library with a mounted router creates it from an address: `Peer::from(addr)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peer {
    address: PeerAddress,
    #[cfg(feature = "tls")]
    tls: Option<Arc<TlsPeer>>,
}

/// The address of a peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PeerAddress {
    /// The remote address of a TCP connection.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix,
    /// An in-memory connection within this process.
    Memory,
    /// Unknown: a call without a connection, or through a server of another library.
    #[default]
    Unknown,
}

impl Peer {
    /// Returns the peer's address.
    #[inline]
    pub fn address(&self) -> PeerAddress {
        self.address
    }

    /// Returns the TCP address, if the peer has one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self.address {
            PeerAddress::Tcp(addr) => Some(addr),
            _ => None,
        }
    }

    /// Returns the TLS properties of the connection; `None` in plaintext.
    #[cfg(feature = "tls")]
    pub fn tls(&self) -> Option<&TlsPeer> {
        self.tls.as_deref()
    }

    /// Sets the TLS properties of the connection.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn with_tls(self, tls: TlsPeer) -> Self {
        Self {
            tls: Some(Arc::new(tls)),
            ..self
        }
    }
}

impl From<PeerAddress> for Peer {
    fn from(address: PeerAddress) -> Self {
        Self {
            address,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

impl From<SocketAddr> for Peer {
    fn from(address: SocketAddr) -> Self {
        PeerAddress::Tcp(address).into()
    }
}

impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.address {
            PeerAddress::Tcp(addr) => addr.fmt(f),
            PeerAddress::Unix => f.write_str("unix"),
            PeerAddress::Memory => f.write_str("memory"),
            PeerAddress::Unknown => f.write_str("unknown"),
        }
    }
}

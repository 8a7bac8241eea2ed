//! Who is at the other end.

#[cfg(feature = "tls")]
mod tls;

use std::fmt;
use std::net::SocketAddr;
#[cfg(feature = "tls")]
use std::sync::Arc;

#[cfg(feature = "tls")]
pub use tls::TlsPeer;

/// The other end of a call's connection.
///
/// A server of another library, in which a router is mounted, makes one of an address: `Peer::from(addr)`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Peer {
    address: PeerAddress,
    #[cfg(feature = "tls")]
    tls: Option<Arc<TlsPeer>>,
}

/// Where a peer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum PeerAddress {
    /// A TCP connection from this address.
    Tcp(SocketAddr),
    /// A Unix socket.
    Unix,
    /// A pair of connected ends within this process.
    Memory,
    /// Not known: a call made by hand, or through a server of another library.
    #[default]
    Unknown,
}

impl Peer {
    /// Where it is.
    #[inline]
    pub fn address(&self) -> PeerAddress {
        self.address
    }

    /// The TCP address, where the peer has one.
    pub fn socket_addr(&self) -> Option<SocketAddr> {
        match self.address {
            PeerAddress::Tcp(addr) => Some(addr),
            _ => None,
        }
    }

    /// What TLS says of it; `None` on a connection in plaintext.
    #[cfg(feature = "tls")]
    pub fn tls(&self) -> Option<&TlsPeer> {
        self.tls.as_deref()
    }

    /// The same with what TLS says of it.
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

//! The address a server listens on.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;

/// The address a server listens on: `"host:port"`, `"unix:/path"`, a socket address, or a path.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BindAddress {
    /// A host and a port. Port 0 selects a free port.
    Tcp(String),
    /// The path of a Unix socket.
    Unix(PathBuf),
}

impl From<&str> for BindAddress {
    fn from(address: &str) -> Self {
        match address.strip_prefix("unix:") {
            Some(path) => Self::Unix(path.strip_prefix("//").unwrap_or(path).into()),
            None => Self::Tcp(address.to_owned()),
        }
    }
}

impl From<String> for BindAddress {
    fn from(address: String) -> Self {
        address.as_str().into()
    }
}

impl From<&String> for BindAddress {
    fn from(address: &String) -> Self {
        address.as_str().into()
    }
}

impl From<SocketAddr> for BindAddress {
    fn from(address: SocketAddr) -> Self {
        Self::Tcp(address.to_string())
    }
}

impl From<PathBuf> for BindAddress {
    fn from(path: PathBuf) -> Self {
        Self::Unix(path)
    }
}

impl fmt::Display for BindAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => f.write_str(address),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

//! Unix sockets.

use std::io;
use std::path::{Path, PathBuf};

use super::{Address, Connector, Listener, Socket};

/// Accepts connections at a path, which is removed when the listener is dropped.
#[derive(Debug)]
pub struct UnixListener {
    listener: tokio::net::UnixListener,
    path: PathBuf,
}

impl UnixListener {
    /// Listens at a path. A socket that a dead process left there is replaced; a live one is an error.
    ///
    /// # Errors
    /// The path is taken or not writable.
    pub async fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let listener = match tokio::net::UnixListener::bind(&path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(&path).await => {
                std::fs::remove_file(&path)?;
                tokio::net::UnixListener::bind(&path)?
            }
            bound => bound?,
        };
        Ok(Self { listener, path })
    }
}

/// Whether a socket is there that nobody listens at.
async fn is_abandoned(path: &Path) -> bool {
    let refused = tokio::net::UnixStream::connect(path)
        .await
        .map_err(|error| error.kind());
    matches!(refused, Err(io::ErrorKind::ConnectionRefused))
}

impl Drop for UnixListener {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

impl Listener for UnixListener {
    async fn accept(&mut self) -> io::Result<(Socket, Address)> {
        let (stream, _) = self.listener.accept().await?;
        Ok((Socket::unix(stream), Address::Unix(PathBuf::new())))
    }

    fn local_addr(&self) -> Address {
        Address::Unix(self.path.clone())
    }
}

/// Connects to Unix sockets.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnixConnector;

impl Connector for UnixConnector {
    async fn connect(&self, address: Address) -> io::Result<Socket> {
        match address {
            Address::Unix(path) => Ok(Socket::unix(tokio::net::UnixStream::connect(path).await?)),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("{other} is no Unix socket"),
            )),
        }
    }
}

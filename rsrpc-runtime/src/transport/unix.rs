//! Unix socket listener and connector.

use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use super::{Address, Connector, Listener, Socket};

/// A listener for connections to a path. Dropping it removes the socket file, unless another listener has replaced
/// the file.
#[derive(Debug)]
pub struct UnixListener {
    listener: tokio::net::UnixListener,
    path: PathBuf,
    /// Device and inode number of the file at `path`. The inode number is not reused while the socket is open.
    file: Option<(u64, u64)>,
}

impl UnixListener {
    /// Listens at a path. Replaces a socket left behind by a dead process, but no other kind of file.
    ///
    /// # Errors
    /// The path is in use by a live listener or by a file that is not a socket, or is not writable.
    pub async fn bind(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref().to_owned();
        let listener = match tokio::net::UnixListener::bind(&path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(&path).await => {
                std::fs::remove_file(&path)?;
                tokio::net::UnixListener::bind(&path)?
            }
            bound => bound?,
        };
        let file = file_at(&path);
        Ok(Self { listener, path, file })
    }
}

/// Returns whether the path is a socket without a listener. Linux refuses connections to regular files with the same error.
async fn is_abandoned(path: &Path) -> bool {
    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|file| file.file_type().is_socket());
    if !is_socket {
        return false;
    }
    let refused = tokio::net::UnixStream::connect(path)
        .await
        .map_err(|error| error.kind());
    matches!(refused, Err(io::ErrorKind::ConnectionRefused))
}

/// Returns the device and inode number of a file.
fn file_at(path: &Path) -> Option<(u64, u64)> {
    let file = std::fs::symlink_metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

impl Drop for UnixListener {
    fn drop(&mut self) {
        if self.file.is_some() && self.file == file_at(&self.path) {
            let _ = std::fs::remove_file(&self.path);
        }
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

/// A connector for Unix sockets.
#[derive(Debug, Clone, Copy, Default)]
pub struct UnixConnector;

impl Connector for UnixConnector {
    async fn connect(&self, address: Address) -> io::Result<Socket> {
        match address {
            Address::Unix(path) => Ok(Socket::unix(tokio::net::UnixStream::connect(path).await?)),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("{other} is not a Unix socket address"),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn bind_keeps_files_that_are_not_sockets() {
        let name = format!("rsrpc-regular-{}.txt", std::process::id());
        let path = std::env::temp_dir().join(name);
        std::fs::write(&path, "data").unwrap();
        let error = UnixListener::bind(&path).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "data");
        std::fs::remove_file(&path).unwrap();
    }

    #[tokio::test]
    async fn drop_removes_only_own_socket_file() {
        let name = format!("rsrpc-unlink-{}.sock", std::process::id());
        let path = std::env::temp_dir().join(name);
        let first = UnixListener::bind(&path).await.unwrap();
        std::fs::remove_file(&path).unwrap();
        let second = UnixListener::bind(&path).await.unwrap();
        drop(first);
        assert!(path.exists());
        drop(second);
        assert!(!path.exists());
    }
}

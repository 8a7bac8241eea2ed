//! In-process connections. They use no socket and no port, and speak the same protocols as other transports.

use std::io;

use tokio::sync::mpsc;

use super::{Address, Connector, Listener, Socket};

/// Buffer size in bytes, per direction of a connection.
const BUFFER_BYTES: usize = 256 * 1024;
/// Maximum number of connections waiting to be accepted.
const MAX_PENDING_CONNECTIONS: usize = 128;

/// Returns a listener and a connector for in-process connections. Use them in tests, or between parts of one program
/// that may become separate processes later.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use rsrpc_runtime::{Channel, Server, transport};
///
/// let (listener, connector) = transport::memory();
/// let server = Server::new().listen(listener)?;
/// let channel = Channel::builder("memory:").connector(connector).build()?;
/// # Ok(()) }
/// ```
pub fn memory() -> (MemoryListener, MemoryConnector) {
    let (sender, accepted) = mpsc::channel(MAX_PENDING_CONNECTIONS);
    (MemoryListener(accepted), MemoryConnector(sender))
}

/// A listener for connections from its [`MemoryConnector`]s. Its server shuts down once all of these have been
/// dropped.
#[derive(Debug)]
pub struct MemoryListener(mpsc::Receiver<tokio::io::DuplexStream>);

/// A connector to its [`MemoryListener`].
#[derive(Debug, Clone)]
pub struct MemoryConnector(mpsc::Sender<tokio::io::DuplexStream>);

impl Listener for MemoryListener {
    async fn accept(&mut self) -> io::Result<(Socket, Address)> {
        match self.0.recv().await {
            Some(stream) => Ok((Socket::new(stream), Address::Memory)),
            None => Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "all in-memory connectors have been dropped",
            )),
        }
    }

    fn local_addr(&self) -> Address {
        Address::Memory
    }
}

impl Connector for MemoryConnector {
    async fn connect(&self, _: Address) -> io::Result<Socket> {
        let (ours, theirs) = tokio::io::duplex(BUFFER_BYTES);
        self.0.send(theirs).await.map_err(|_| {
            io::Error::new(
                io::ErrorKind::ConnectionRefused,
                "the in-memory listener has been dropped",
            )
        })?;
        Ok(Socket::new(ours))
    }
}

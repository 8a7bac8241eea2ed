//! Connections within the process: no socket, no port, the same protocols.

use std::io;

use tokio::sync::mpsc;

use super::{Address, Connector, Listener, Socket};

/// Bytes under way in each direction of a connection.
const BUFFER_BYTES: usize = 256 * 1024;
/// Connections that wait to be accepted.
const MAX_PENDING_CONNECTIONS: usize = 128;

/// A listener, and what connects to it: for tests, and for parts of one program that may be split later.
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

/// Accepts the connections of its [`MemoryConnector`]s. Once all of these are dropped, its server shuts down.
#[derive(Debug)]
pub struct MemoryListener(mpsc::Receiver<tokio::io::DuplexStream>);

/// Connects to its [`MemoryListener`].
#[derive(Debug, Clone)]
pub struct MemoryConnector(mpsc::Sender<tokio::io::DuplexStream>);

impl Listener for MemoryListener {
    async fn accept(&mut self) -> io::Result<(Socket, Address)> {
        match self.0.recv().await {
            Some(stream) => Ok((Socket::new(stream), Address::Memory)),
            None => Err(io::Error::new(
                io::ErrorKind::NotConnected,
                "every connector is gone",
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
            io::Error::new(io::ErrorKind::ConnectionRefused, "the in-memory listener is gone")
        })?;
        Ok(Socket::new(ours))
    }
}

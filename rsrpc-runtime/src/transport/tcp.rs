//! TCP.

use std::io;

use super::{Address, Connector, Listener, Socket};

/// Accepts TCP connections.
#[derive(Debug)]
pub struct TcpListener(tokio::net::TcpListener);

impl TcpListener {
    /// Listens on an address such as `127.0.0.1:0` or `localhost:50051`; port 0 takes a free one.
    ///
    /// # Errors
    /// The name cannot be resolved, or the address is taken or not allowed.
    pub async fn bind(address: &str) -> io::Result<Self> {
        tokio::net::TcpListener::bind(address).await.map(Self)
    }
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    /// Takes over a listener made elsewhere, such as one handed down by a supervisor. Within a Tokio runtime only.
    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener).map(Self)
    }
}

impl Listener for TcpListener {
    async fn accept(&mut self) -> io::Result<(Socket, Address)> {
        let (stream, peer) = self.0.accept().await?;
        // Some systems refuse the option once the peer is gone, which says nothing of the listener.
        Ok((Socket::tcp(stream), Address::Tcp(peer)))
    }

    fn local_addr(&self) -> Address {
        // Fails only for a descriptor that is no socket.
        self.0
            .local_addr()
            .map_or_else(|_| Address::Tcp(([0, 0, 0, 0], 0).into()), Address::Tcp)
    }
}

/// Connects over TCP.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpConnector;

impl Connector for TcpConnector {
    async fn connect(&self, address: Address) -> io::Result<Socket> {
        match address {
            Address::Tcp(addr) => Ok(Socket::tcp(tokio::net::TcpStream::connect(addr).await?)),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("{other} is no TCP address"),
            )),
        }
    }
}

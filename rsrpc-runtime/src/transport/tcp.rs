//! TCP listener and connector.

use std::io;

use super::{Address, Connector, Listener, Socket};

/// A listener for TCP connections.
#[derive(Debug)]
pub struct TcpListener(tokio::net::TcpListener);

impl TcpListener {
    /// Listens on an address such as `127.0.0.1:0` or `localhost:50051`. Port 0 selects a free port.
    ///
    /// # Errors
    /// The host name cannot be resolved, the address is in use, or binding is not permitted.
    pub async fn bind(address: &str) -> io::Result<Self> {
        tokio::net::TcpListener::bind(address).await.map(Self)
    }
}

impl TryFrom<std::net::TcpListener> for TcpListener {
    type Error = io::Error;

    /// Adopts an existing listener, such as one passed by a supervisor process. Must be called within a Tokio
    /// runtime.
    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        tokio::net::TcpListener::from_std(listener).map(Self)
    }
}

impl Listener for TcpListener {
    async fn accept(&mut self) -> io::Result<(Socket, Address)> {
        let (stream, peer) = self.0.accept().await?;
        // `Socket::tcp` ignores a failed TCP_NODELAY. Some systems refuse the option once the peer has disconnected,
        // and the listener is still usable then.
        Ok((Socket::tcp(stream), Address::Tcp(peer)))
    }

    fn local_addr(&self) -> Address {
        // Fails only if the descriptor is not a socket.
        self.0
            .local_addr()
            .map_or_else(|_| Address::Tcp(([0, 0, 0, 0], 0).into()), Address::Tcp)
    }
}

/// A connector for TCP addresses.
#[derive(Debug, Clone, Copy, Default)]
pub struct TcpConnector;

impl Connector for TcpConnector {
    async fn connect(&self, address: Address) -> io::Result<Socket> {
        match address {
            Address::Tcp(addr) => Ok(Socket::tcp(tokio::net::TcpStream::connect(addr).await?)),
            other => Err(io::Error::new(
                io::ErrorKind::Unsupported,
                format!("{other} is not a TCP address"),
            )),
        }
    }
}

//! TLS on the connections of a server.

use std::time::Duration;

use crate::call::{Peer, TlsPeer};
use crate::error::BoxError;
use crate::transport::Socket;
use crate::transport::tls::{self, ServerTls};

/// The TLS configuration of a server; plaintext by default.
#[derive(Default)]
pub(crate) struct TlsSettings(Option<ServerTls>);

/// The TLS of a server's connections.
#[derive(Clone)]
pub(crate) struct ConnectionTls(Option<tls::ServerHandshaker>);

impl TlsSettings {
    pub(super) fn set(&mut self, tls: ServerTls) {
        self.0 = Some(tls);
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn acceptor(&self) -> ConnectionTls {
        ConnectionTls(self.0.as_ref().map(ServerTls::server_handshaker))
    }
}

impl ConnectionTls {
    /// Performs the TLS handshake, if TLS is configured, and records the session in `peer`.
    ///
    /// Returns the socket to continue on, and whether ALPN negotiated HTTP/2; `None` without ALPN.
    pub(super) async fn accept(
        &self,
        socket: Socket,
        timeout: Duration,
        peer: &mut Peer,
    ) -> Result<(Socket, Option<bool>), BoxError> {
        let Some(acceptor) = &self.0 else {
            return Ok((socket, None));
        };
        let (socket, session) = acceptor.accept(socket, timeout).await?;
        let is_http2 = session.is_http2();
        *peer = std::mem::take(peer).with_tls(TlsPeer::from_handshake(
            session.certificates,
            session.server_name,
            session.alpn,
            session.version,
        ));
        Ok((socket, is_http2))
    }
}

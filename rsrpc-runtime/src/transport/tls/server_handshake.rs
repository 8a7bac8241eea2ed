//! Server-side TLS handshakes.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::identity::IdentityResolver;
use super::{H2, HTTP_1_1, HandshakeError, ServerTls, TlsSession};
use crate::transport::{PrefixedSocket, Socket};

/// The first byte of a TLS handshake record ([RFC 8446 §5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)).
const HANDSHAKE_RECORD_TYPE: u8 = 22;
/// The response to a plaintext HTTP/2 client: empty SETTINGS, then a GOAWAY with INADEQUATE_SECURITY and debug data.
const HTTP2_PLAINTEXT_REFUSAL: &[u8] = b"\0\0\0\x04\0\0\0\0\0\
    \0\0\x21\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0cthis port speaks TLS only";
/// The response to a plaintext HTTP/1.1 client.
const HTTP1_PLAINTEXT_REFUSAL: &[u8] =
    b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n\
    content-length: 26\r\n\r\nthis port speaks TLS only\n";

/// A TLS acceptor for the connections of one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ServerHandshaker {
    tls: TlsAcceptor,
    resolver: Option<Arc<IdentityResolver>>,
}

impl ServerTls {
    pub(crate) fn server_handshaker(&self) -> ServerHandshaker {
        let (mut config, resolver) = self.config();
        config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
        ServerHandshaker {
            tls: TlsAcceptor::from(Arc::new(config)),
            resolver,
        }
    }
}

impl ServerHandshaker {
    /// Performs the TLS handshake on a new connection within `timeout`.
    pub(crate) async fn accept(
        &self,
        socket: Socket,
        timeout: Duration,
    ) -> Result<(Socket, TlsSession), HandshakeError> {
        let accepted = tokio::time::timeout(timeout, self.accept_without_timeout(socket)).await;
        accepted.unwrap_or_else(|_| {
            let message = format!("the client did not finish the TLS handshake within {timeout:?}");
            Err(HandshakeError::new(message, None))
        })
    }

    async fn accept_without_timeout(
        &self,
        mut socket: Socket,
    ) -> Result<(Socket, TlsSession), HandshakeError> {
        let mut read = BytesMut::with_capacity(2048);
        let ended = socket
            .read_buf(&mut read)
            .await
            .map_err(HandshakeError::from_server_error)?
            == 0;
        if ended {
            let error = io::ErrorKind::UnexpectedEof.into();
            return Err(HandshakeError::from_server_error(error));
        }
        if read[0] != HANDSHAKE_RECORD_TYPE {
            return Err(refuse_plaintext(socket, &read).await);
        }
        if let Some(resolver) = &self.resolver {
            resolver.refresh().await;
        }
        let stream = self
            .tls
            .accept(PrefixedSocket::new(read.freeze(), socket))
            .await
            .map_err(HandshakeError::from_server_error)?;
        let connection = stream.get_ref().1;
        let session = TlsSession {
            certificates: connection.peer_certificates().unwrap_or_default().to_vec(),
            server_name: connection.server_name().map(str::to_owned),
            alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
            version: connection.protocol_version(),
        };
        Ok((Socket::new(stream), session))
    }
}

/// Rejects a plaintext client with an HTTP response if it speaks HTTP, and closes the connection.
async fn refuse_plaintext(mut socket: Socket, read: &[u8]) -> HandshakeError {
    let response = if read.starts_with(b"PRI") {
        HTTP2_PLAINTEXT_REFUSAL
    } else if read[0].is_ascii_uppercase() {
        HTTP1_PLAINTEXT_REFUSAL
    } else {
        b""
    };
    let _ = socket.write_all(response).await;
    let _ = socket.shutdown().await;
    // Closing a socket with unread bytes would reset the connection, and the client could lose the response.
    let mut rest = [0; 1024];
    for _ in 0..64 {
        if !matches!(socket.read(&mut rest).await, Ok(1..)) {
            break;
        }
    }
    let protocol = if response.is_empty() {
        "neither TLS nor HTTP"
    } else {
        "plaintext HTTP"
    };
    HandshakeError::new(format!("the client sent {protocol} on a TLS port"), None)
}

impl fmt::Debug for ServerHandshaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerHandshaker").finish_non_exhaustive()
    }
}

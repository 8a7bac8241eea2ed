//! A server's handshakes.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::identity::Resolver;
use super::{H2, HTTP_1_1, HandshakeError, ServerTls, Session};
use crate::transport::{Prefixed, Socket};

/// The first byte of a TLS record that holds a handshake
/// ([RFC 8446 §5.1](https://www.rfc-editor.org/rfc/rfc8446#section-5.1)).
const HANDSHAKE: u8 = 22;
/// What a plaintext HTTP/2 client is told: empty SETTINGS, and a GOAWAY with INADEQUATE_SECURITY and debug data.
const TO_HTTP2: &[u8] = b"\0\0\0\x04\0\0\0\0\0\
    \0\0\x21\x07\0\0\0\0\0\0\0\0\0\0\0\0\x0cthis port speaks TLS only";
/// What anybody else is told who speaks plaintext.
const TO_HTTP1: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-type: text/plain\r\n\
    content-length: 26\r\n\r\nthis port speaks TLS only\n";

/// Makes TLS of the connections of one server. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Acceptor {
    tls: TlsAcceptor,
    resolver: Option<Arc<Resolver>>,
}

impl ServerTls {
    pub(crate) fn acceptor(&self) -> Acceptor {
        let (mut config, resolver) = self.config();
        config.alpn_protocols = vec![H2.to_vec(), HTTP_1_1.to_vec()];
        Acceptor {
            tls: TlsAcceptor::from(Arc::new(config)),
            resolver,
        }
    }
}

impl Acceptor {
    /// Shakes hands on a new connection, within the timeout.
    pub(crate) async fn accept(
        &self,
        socket: Socket,
        timeout: Duration,
    ) -> Result<(Socket, Session), HandshakeError> {
        let accepted = tokio::time::timeout(timeout, self.accept_untimed(socket)).await;
        accepted.unwrap_or_else(|_| {
            let message = format!("the client did not finish the TLS handshake within {timeout:?}");
            Err(HandshakeError::new(message, None))
        })
    }

    async fn accept_untimed(&self, mut socket: Socket) -> Result<(Socket, Session), HandshakeError> {
        let mut read = BytesMut::with_capacity(2048);
        let ended = socket
            .read_buf(&mut read)
            .await
            .map_err(HandshakeError::of_server)?
            == 0;
        if ended {
            let error = io::ErrorKind::UnexpectedEof.into();
            return Err(HandshakeError::of_server(error));
        }
        if read[0] != HANDSHAKE {
            return Err(refuse_plaintext(socket, &read).await);
        }
        if let Some(resolver) = &self.resolver {
            resolver.refresh().await;
        }
        let stream = self
            .tls
            .accept(Prefixed::new(read.freeze(), socket))
            .await
            .map_err(HandshakeError::of_server)?;
        let connection = stream.get_ref().1;
        let session = Session {
            certificates: connection.peer_certificates().unwrap_or_default().to_vec(),
            server_name: connection.server_name().map(str::to_owned),
            alpn: connection.alpn_protocol().map(<[u8]>::to_vec),
            version: connection.protocol_version(),
        };
        Ok((Socket::new(stream), session))
    }
}

/// Says in HTTP what is wrong, where that can be understood.
async fn refuse_plaintext(mut socket: Socket, read: &[u8]) -> HandshakeError {
    let answer = if read.starts_with(b"PRI") {
        TO_HTTP2
    } else if read[0].is_ascii_uppercase() {
        TO_HTTP1
    } else {
        b""
    };
    let _ = socket.write_all(answer).await;
    let _ = socket.shutdown().await;
    // Closed with unread bytes, the connection would be reset, and the answer lost.
    let mut rest = [0; 1024];
    for _ in 0..64 {
        if !matches!(socket.read(&mut rest).await, Ok(1..)) {
            break;
        }
    }
    let what = if answer.is_empty() {
        "no TLS"
    } else {
        "plaintext HTTP"
    };
    HandshakeError::new(format!("the client speaks {what} at a port for TLS"), None)
}

impl fmt::Debug for Acceptor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Acceptor").finish_non_exhaustive()
    }
}

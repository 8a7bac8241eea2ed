//! Client-side TLS handshakes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::parse_name;
use super::error::NO_HTTP2_ALPN;
use super::{H2, HTTP_1_1, HandshakeError, Tls, TlsError};
use crate::transport::{HttpVersion, Socket};

/// A factory for TLS connections to one server.
#[derive(Clone, Debug)]
pub(crate) struct ClientHandshaker {
    tls: Tls,
    server_name: ServerName<'static>,
}

impl ClientHandshaker {
    /// Creates a handshaker for the server at `host`. [`Tls::server_name`] overrides the name.
    pub(crate) fn new(tls: Tls, host: &str) -> Result<Self, TlsError> {
        let server_name = match &tls.server_name {
            Some(name) => name.clone(),
            None => parse_name(host)?,
        };
        Ok(Self { tls, server_name })
    }

    /// Performs a TLS handshake on a connected socket and negotiates the HTTP version with ALPN.
    pub(crate) async fn connect(
        &self,
        socket: Socket,
        http_version: HttpVersion,
    ) -> Result<Socket, Box<dyn std::error::Error + Send + Sync>> {
        let config = self.tls.load().await?;
        if let Some(identity) = &self.tls.identity {
            identity.refresh().await;
        }
        let stream = TlsConnector::from(config)
            .with_alpn(alpn_protocols(http_version))
            .connect(self.server_name.clone(), socket)
            .await
            .map_err(HandshakeError::from_client_error)?;
        let chosen = stream.get_ref().1.alpn_protocol();
        // HTTP/1.1 works without ALPN.
        if http_version == HttpVersion::Http2 && chosen != Some(H2) {
            return Err(HandshakeError::new(NO_HTTP2_ALPN, None).into());
        }
        Ok(Socket::new(ExplainedTlsStream(stream)))
    }
}

/// Returns the protocols to offer with ALPN.
fn alpn_protocols(http_version: HttpVersion) -> Vec<Vec<u8>> {
    let protocol = match http_version {
        HttpVersion::Http1 => HTTP_1_1,
        HttpVersion::Http2 => H2,
    };
    vec![protocol.to_vec()]
}

/// A TLS stream that explains alerts from the server. In TLS 1.3 the server rejects a client certificate only after
/// the client has completed its handshake ([RFC 8446 §4.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.4)).
struct ExplainedTlsStream(TlsStream<Socket>);

impl AsyncRead for ExplainedTlsStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.0).poll_read(cx, buffer);
        polled.map_err(HandshakeError::explain_alert)
    }
}

impl AsyncWrite for ExplainedTlsStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.0.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

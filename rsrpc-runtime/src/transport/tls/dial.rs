//! A client's handshakes.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::client::parse_name;
use super::error::NO_ALPN;
use super::{H2, HTTP_1_1, HandshakeError, Tls, TlsError};
use crate::transport::{Socket, Spoken};

/// Makes TLS connections to one server.
#[derive(Clone, Debug)]
pub(crate) struct Dialer {
    tls: Tls,
    server_name: ServerName<'static>,
}

impl Dialer {
    /// To the server at `host`, if it is not called otherwise.
    pub(crate) fn new(tls: Tls, host: &str) -> Result<Self, TlsError> {
        let server_name = match &tls.server_name {
            Some(name) => name.clone(),
            None => parse_name(host)?,
        };
        Ok(Self { tls, server_name })
    }

    /// Makes TLS of a connected socket, to speak HTTP of this version on it.
    pub(crate) async fn connect(
        &self,
        socket: Socket,
        spoken: Spoken,
    ) -> Result<Socket, Box<dyn std::error::Error + Send + Sync>> {
        let config = self.tls.load().await?;
        if let Some(identity) = &self.tls.identity {
            identity.refresh().await;
        }
        let stream = TlsConnector::from(config)
            .with_alpn(alpn(spoken))
            .connect(self.server_name.clone(), socket)
            .await
            .map_err(HandshakeError::of_client)?;
        let chosen = stream.get_ref().1.alpn_protocol();
        // HTTP/1.1 needs no ALPN.
        if spoken == Spoken::Http2 && chosen != Some(H2) {
            return Err(HandshakeError::new(NO_ALPN, None).into());
        }
        Ok(Socket::new(Explaining(stream)))
    }
}

/// What ALPN is told.
fn alpn(spoken: Spoken) -> Vec<Vec<u8>> {
    let protocol = match spoken {
        Spoken::Http1 => HTTP_1_1,
        Spoken::Http2 => H2,
    };
    vec![protocol.to_vec()]
}

/// Says what the server's alerts mean. In TLS 1.3 it refuses a client's certificate only when the handshake is over for
/// the client ([RFC 8446 §4.4](https://www.rfc-editor.org/rfc/rfc8446#section-4.4)).
struct Explaining(TlsStream<Socket>);

impl AsyncRead for Explaining {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let polled = Pin::new(&mut self.0).poll_read(cx, buffer);
        polled.map_err(HandshakeError::of_connection)
    }
}

impl AsyncWrite for Explaining {
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

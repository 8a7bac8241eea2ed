//! Results of a TLS handshake.

use rustls::ProtocolVersion;
use rustls::pki_types::CertificateDer;

/// The negotiated parameters of a TLS connection and the identity of the peer.
#[derive(Debug)]
pub(crate) struct TlsSession {
    /// The verified certificate chain of the peer, leaf first. Empty if the peer sent no certificate.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// The server name that the client requested (SNI).
    pub(crate) server_name: Option<String>,
    /// The protocol that ALPN selected.
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) version: Option<ProtocolVersion>,
}

impl TlsSession {
    /// Returns whether ALPN selected HTTP/2, or `None` if ALPN was not used.
    pub(crate) fn is_http2(&self) -> Option<bool> {
        self.alpn.as_deref().map(|protocol| protocol == super::H2)
    }
}

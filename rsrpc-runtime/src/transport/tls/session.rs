//! What a handshake has settled.

use rustls::ProtocolVersion;
use rustls::pki_types::CertificateDer;

/// What two ends have agreed on, and what is known of the other one by it.
#[derive(Debug)]
pub(crate) struct TlsSession {
    /// The peer's chain, its own certificate first; verified. Empty without one.
    pub(crate) certificates: Vec<CertificateDer<'static>>,
    /// The name that the client asked for (SNI).
    pub(crate) server_name: Option<String>,
    /// The protocol that was chosen by ALPN.
    pub(crate) alpn: Option<Vec<u8>>,
    pub(crate) version: Option<ProtocolVersion>,
}

impl TlsSession {
    /// Whether HTTP/2 was chosen by ALPN; `None` if nothing was.
    pub(crate) fn is_http2(&self) -> Option<bool> {
        self.alpn.as_deref().map(|protocol| protocol == super::H2)
    }
}

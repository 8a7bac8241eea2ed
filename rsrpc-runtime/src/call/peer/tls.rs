//! TLS properties of a peer.

use rustls::ProtocolVersion;
use rustls::pki_types::CertificateDer;
use webpki::EndEntityCert;

/// Results of a connection's TLS handshake.
///
/// ```
/// # use rsrpc_runtime::{Context, Status};
/// fn require(cx: &Context, name: &str) -> Result<(), Status> {
///     let tls = cx.peer().tls();
///     if tls.is_some_and(|tls| tls.dns_names().iter().any(|known| known == name)) {
///         return Ok(());
///     }
///     Err(Status::permission_denied("this is for others"))
/// }
/// # assert!(require(&Context::new(), "a").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsPeer {
    certificates: Vec<CertificateDer<'static>>,
    server_name: Option<String>,
    alpn_protocol: Option<Vec<u8>>,
    version: Option<ProtocolVersion>,
}

impl TlsPeer {
    /// Creates a peer with only a certificate chain, for tests.
    pub fn new(certificates: Vec<CertificateDer<'static>>) -> Self {
        Self {
            certificates,
            ..Self::default()
        }
    }

    #[cfg(feature = "server")]
    pub(crate) fn from_handshake(
        certificates: Vec<CertificateDer<'static>>,
        server_name: Option<String>,
        alpn_protocol: Option<Vec<u8>>,
        version: Option<ProtocolVersion>,
    ) -> Self {
        Self {
            certificates,
            server_name,
            alpn_protocol,
            version,
        }
    }

    /// Returns the peer's certificate chain in DER as received, leaf certificate first. The server has verified it.
    /// Empty if the client sent none.
    pub fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.certificates
    }

    /// Returns the peer's leaf certificate in DER.
    pub fn certificate(&self) -> Option<&[u8]> {
        self.certificates.first().map(AsRef::as_ref)
    }

    /// Returns the DNS names from the leaf certificate's subject alternative names. Parses the certificate on every
    /// call.
    pub fn dns_names(&self) -> Vec<String> {
        self.subject_alt_names(|certificate| certificate.valid_dns_names().map(str::to_owned).collect())
    }

    /// Returns the URIs from the leaf certificate's subject alternative names, such as a SPIFFE ID. Parses the
    /// certificate on every call.
    pub fn uri_names(&self) -> Vec<String> {
        self.subject_alt_names(|certificate| certificate.valid_uri_names().map(str::to_owned).collect())
    }

    fn subject_alt_names(&self, of: impl Fn(&EndEntityCert<'_>) -> Vec<String>) -> Vec<String> {
        let certificate = self.certificates.first();
        let parsed = certificate.and_then(|certificate| EndEntityCert::try_from(certificate).ok());
        parsed.as_ref().map(of).unwrap_or_default()
    }

    /// Returns the server name that the client requested (SNI).
    pub fn server_name(&self) -> Option<&str> {
        self.server_name.as_deref()
    }

    /// Returns the protocol chosen by ALPN, such as `h2`.
    pub fn alpn_protocol(&self) -> Option<&[u8]> {
        self.alpn_protocol.as_deref()
    }

    /// Returns the TLS version.
    pub fn version(&self) -> Option<ProtocolVersion> {
        self.version
    }
}

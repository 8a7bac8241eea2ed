//! A server's end: what it shows, whom it asks for a certificate, and the handshake.

use std::fmt;
use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use super::identity::IdentityResolver;
use super::{Identity, TlsError, pem, provider};

/// How a server protects its connections: what it shows, and whether it asks clients for certificates.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use rsrpc_runtime::Server;
/// use rsrpc_runtime::tls::ServerTls;
///
/// let tls = ServerTls::new(std::fs::read("server.crt")?, std::fs::read("server.key")?)?
///     .require_client_certificates(std::fs::read("clients-ca.crt")?)?;
/// let server = Server::new().tls(tls).bind("0.0.0.0:443").await?;
/// # Ok(()) }
/// ```
///
/// HTTP/2 and HTTP/1.1 are offered by ALPN, HTTP/2 first; a client that offers nothing is told by its first bytes, as
/// without TLS. TLS without ALPN is therefore no error here, as it is for a gRPC client.
#[derive(Clone)]
#[must_use = "it protects only a server that it is given to"]
pub struct ServerTls {
    identity: ServerIdentity,
    clients: ClientAuth,
}

#[derive(Clone)]
enum ServerIdentity {
    Identities(Identity, Vec<(String, Identity)>),
    Rustls(Arc<ServerConfig>),
}

/// Whose certificates are asked for.
#[derive(Clone)]
enum ClientAuth {
    None,
    Optional(Arc<RootCertStore>),
    Required(Arc<RootCertStore>),
}

impl ServerTls {
    /// Shows this certificate: PEM text of the chain, the server's own certificate first, and of its private key.
    ///
    /// # Errors
    /// As of [`Identity::from_pem`].
    pub fn new(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::with_identity(Identity::from_pem(certificates, key)?))
    }

    /// Shows an identity, which can be replaced while the server runs; see [`Identity`].
    pub fn with_identity(identity: Identity) -> Self {
        Self::with(ServerIdentity::Identities(identity, Vec::new()))
    }

    /// Takes everything but ALPN from a configuration of rustls. What is asked of clients is what that says, and
    /// [`identity_for`](Self::identity_for) and the methods about client certificates change nothing.
    pub fn from_rustls(config: ServerConfig) -> Self {
        Self::with(ServerIdentity::Rustls(Arc::new(config)))
    }

    fn with(identity: ServerIdentity) -> Self {
        Self {
            identity,
            clients: ClientAuth::None,
        }
    }

    /// Shows another identity to clients that ask for this name (SNI): `a.example.com`, or `*.example.com` for every
    /// name with one label more. Exact names go first, then those added first.
    pub fn identity_for(mut self, name: impl Into<String>, identity: Identity) -> Self {
        if let ServerIdentity::Identities(_, by_name) = &mut self.identity {
            by_name.push((name.into(), identity));
        }
        self
    }

    /// Asks clients for a certificate that one of these roots (PEM) has issued, and refuses those without.
    ///
    /// # Errors
    /// The text is no PEM, holds no certificate, or one that cannot be used.
    pub fn require_client_certificates(mut self, roots: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        self.clients = ClientAuth::Required(Arc::new(pem::roots(roots.as_ref())?));
        Ok(self)
    }

    /// Asks clients for a certificate that one of these roots (PEM) has issued, and lets those in that have none; one
    /// that is not valid is refused. Handlers see who has one: [`Peer::tls`](crate::Peer::tls).
    ///
    /// # Errors
    /// The text is no PEM, holds no certificate, or one that cannot be used.
    pub fn request_client_certificates(mut self, roots: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        self.clients = ClientAuth::Optional(Arc::new(pem::roots(roots.as_ref())?));
        Ok(self)
    }

    /// The configuration without ALPN, and what has to be refreshed before handshakes.
    pub(super) fn config(&self) -> (ServerConfig, Option<Arc<IdentityResolver>>) {
        let (default, by_name) = match &self.identity {
            ServerIdentity::Rustls(config) => return (ServerConfig::clone(config), None),
            ServerIdentity::Identities(default, by_name) => (default.clone(), by_name.clone()),
        };
        let resolver = Arc::new(IdentityResolver { default, by_name });
        let verifier = |roots: &Arc<RootCertStore>| {
            WebPkiClientVerifier::builder_with_provider(roots.clone(), provider())
        };
        let clients = match &self.clients {
            ClientAuth::None => None,
            ClientAuth::Optional(roots) => Some(verifier(roots).allow_unauthenticated()),
            ClientAuth::Required(roots) => Some(verifier(roots)),
        };
        let builder = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .expect("ring has what both versions need");
        let mut config = match clients {
            None => builder.with_no_client_auth(),
            Some(verifier) => {
                let verifier = verifier
                    .build()
                    .expect("there are roots, and no revocation lists");
                builder.with_client_cert_verifier(verifier)
            }
        }
        .with_cert_resolver(resolver.clone());
        if !matches!(self.clients, ClientAuth::None) {
            // A session that is resumed would be that of a certificate that may have expired since.
            config.session_storage = Arc::new(NoServerSessionStorage {});
            config.send_tls13_tickets = 0;
        }
        (config, Some(resolver))
    }
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("ServerTls");
        match &self.identity {
            ServerIdentity::Identities(default, by_name) => {
                debug.field("identity", default).field("by_name", by_name)
            }
            ServerIdentity::Rustls(_) => debug.field("identity", &"rustls"),
        };
        let clients = match &self.clients {
            ClientAuth::None => "none",
            ClientAuth::Optional(_) => "requested",
            ClientAuth::Required(_) => "required",
        };
        debug.field("client_certificates", &clients).finish()
    }
}

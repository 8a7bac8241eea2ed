//! TLS configuration of a server: its certificates and client authentication.

use std::fmt;
use std::sync::Arc;

use rustls::server::{NoServerSessionStorage, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};

use super::identity::IdentityResolver;
use super::{Identity, TlsError, pem, provider};

/// The TLS configuration of a server: its certificates, and whether clients must present one.
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
/// The server offers HTTP/2 and HTTP/1.1 with ALPN and prefers HTTP/2. If a client does not use ALPN, the server
/// detects the protocol from the first bytes, as it does without TLS. Unlike a gRPC client, the server therefore
/// accepts TLS without ALPN.
#[derive(Clone)]
#[must_use = "has no effect until passed to a server"]
pub struct ServerTls {
    identity: ServerIdentity,
    clients: ClientAuth,
}

#[derive(Clone)]
enum ServerIdentity {
    Identities(Identity, Vec<(String, Identity)>),
    Rustls(Arc<ServerConfig>),
}

/// The policy for client certificates.
#[derive(Clone)]
enum ClientAuth {
    None,
    Optional(Arc<RootCertStore>),
    Required(Arc<RootCertStore>),
}

impl ServerTls {
    /// Uses this certificate. Takes PEM text of the chain, with the server's own certificate first, and of the
    /// private key.
    ///
    /// # Errors
    /// The same as for [`Identity::from_pem`].
    pub fn new(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::with_identity(Identity::from_pem(certificates, key)?))
    }

    /// Uses an [`Identity`], which can be replaced while the server runs.
    pub fn with_identity(identity: Identity) -> Self {
        Self::with(ServerIdentity::Identities(identity, Vec::new()))
    }

    /// Uses a rustls configuration, except for its ALPN protocols. The configuration also decides on client
    /// certificates: [`identity_for`](Self::identity_for) and the methods for client certificates have no effect.
    pub fn from_rustls(config: ServerConfig) -> Self {
        Self::with(ServerIdentity::Rustls(Arc::new(config)))
    }

    fn with(identity: ServerIdentity) -> Self {
        Self {
            identity,
            clients: ClientAuth::None,
        }
    }

    /// Uses another identity for clients that request this server name (SNI): `a.example.com`, or `*.example.com` for
    /// every name with one more label. Exact names take precedence over wildcards, and earlier entries over later
    /// ones.
    pub fn identity_for(mut self, name: impl Into<String>, identity: Identity) -> Self {
        if let ServerIdentity::Identities(_, by_name) = &mut self.identity {
            by_name.push((name.into(), identity));
        }
        self
    }

    /// Requests a certificate issued by one of these roots (PEM) and rejects clients without one.
    ///
    /// # Errors
    /// The PEM is malformed, or contains no certificate or an invalid one.
    pub fn require_client_certificates(mut self, roots: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        self.clients = ClientAuth::Required(Arc::new(pem::roots(roots.as_ref())?));
        Ok(self)
    }

    /// Requests a certificate issued by one of these roots (PEM), but accepts clients without one. An invalid
    /// certificate is rejected. Handlers see the certificate in [`Peer::tls`](crate::Peer::tls).
    ///
    /// # Errors
    /// The PEM is malformed, or contains no certificate or an invalid one.
    pub fn request_client_certificates(mut self, roots: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        self.clients = ClientAuth::Optional(Arc::new(pem::roots(roots.as_ref())?));
        Ok(self)
    }

    /// Builds the configuration without ALPN. Also returns the resolver to refresh before each handshake.
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
            .expect("ring supports TLS 1.2 and 1.3");
        let mut config = match clients {
            None => builder.with_no_client_auth(),
            Some(verifier) => {
                let verifier = verifier
                    .build()
                    .expect("roots are present and revocation lists are not used");
                builder.with_client_cert_verifier(verifier)
            }
        }
        .with_cert_resolver(resolver.clone());
        if !matches!(self.clients, ClientAuth::None) {
            // A resumed session would keep a client certificate that may have expired since.
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

//! A client's end: what it trusts, who it is, and the handshake.

use std::fmt;
use std::sync::{Arc, Mutex};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use super::{Identity, TlsError, pem, provider};

use crate::sync::MutexExt as _;

/// How a channel protects its connections: whom it trusts, and who it is itself.
///
/// ```
/// use rsrpc_runtime::Channel;
/// use rsrpc_runtime::tls::Tls;
///
/// let channel = Channel::builder("dns:///greeter.internal:443").tls(Tls::system()).build()?;
/// // The same:
/// let channel = Channel::builder("https://greeter.internal").build()?;
/// # Ok::<(), rsrpc_runtime::client::ChannelError>(())
/// ```
///
/// Cheap to clone; clones share loaded roots and sessions that can be resumed.
#[derive(Clone, Debug)]
#[must_use = "it protects only a channel that it is given to"]
pub struct Tls {
    trust: TrustedRoots,
    pub(super) identity: Option<Identity>,
    pub(super) server_name: Option<ServerName<'static>>,
    /// Made when first needed: the system's roots are files.
    config: Arc<Mutex<Option<Arc<ClientConfig>>>>,
}

#[derive(Clone)]
enum TrustedRoots {
    System,
    Roots(Arc<RootCertStore>),
    Rustls(Arc<ClientConfig>),
}

impl Tls {
    /// Trusts whom the system trusts; its root certificates are read when first needed. The environment variables
    /// `SSL_CERT_FILE` and `SSL_CERT_DIR`, where set, name others.
    pub fn system() -> Self {
        Self::new(TrustedRoots::System)
    }

    /// Trusts these root certificates, in PEM, and no others.
    ///
    /// # Errors
    /// The text is no PEM, holds no certificate, or one that cannot be used.
    pub fn roots(pem: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::new(TrustedRoots::Roots(Arc::new(pem::roots(
            pem.as_ref(),
        )?))))
    }

    /// Takes everything but ALPN, which the channel's protocol decides, from a configuration of rustls: another
    /// verifier, other cryptography, other versions.
    pub fn from_rustls(config: ClientConfig) -> Self {
        Self::new(TrustedRoots::Rustls(Arc::new(config)))
    }

    fn new(trust: TrustedRoots) -> Self {
        Self {
            trust,
            identity: None,
            server_name: None,
            config: Arc::default(),
        }
    }

    /// Shows this certificate to servers that ask for one (mutual TLS). Of a configuration of rustls it replaces the
    /// one that is there.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self.config = Arc::default();
        self
    }

    /// The name that the server's certificate has to be for, and that is sent as SNI, instead of the target's host.
    /// Requests keep the target's host as their `:authority`.
    ///
    /// # Errors
    /// It is neither a DNS name nor an IP address.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsError> {
        self.server_name = Some(parse_name(name)?);
        Ok(self)
    }

    /// The configuration without ALPN. Made once, where blocking is allowed.
    pub(super) async fn load(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let made = self.config.try_lock().ok().and_then(|config| config.clone());
        match made {
            Some(config) => Ok(config),
            None => {
                let tls = self.clone();
                let loaded = tokio::task::spawn_blocking(move || tls.config()).await;
                // Cancelled only with the runtime, which then polls nothing.
                loaded.unwrap_or_else(|_| self.config())
            }
        }
    }

    fn config(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let mut config = self.config.lock_unpoisoned();
        if let Some(config) = &*config {
            return Ok(config.clone());
        }
        let mut made = match &self.trust {
            TrustedRoots::System => config_with_roots(Arc::new(system_roots()?)),
            TrustedRoots::Roots(roots) => config_with_roots(roots.clone()),
            TrustedRoots::Rustls(given) => ClientConfig::clone(given),
        };
        if let Some(identity) = &self.identity {
            made.client_auth_cert_resolver = Arc::new(identity.clone());
            // A session that is resumed would go on with the certificate that it began with.
            made.resumption = Resumption::disabled();
        }
        Ok(config.insert(Arc::new(made)).clone())
    }
}

fn config_with_roots(roots: Arc<RootCertStore>) -> ClientConfig {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring has what both versions need")
        .with_root_certificates(roots)
        .with_no_client_auth()
}

pub(super) fn parse_name(name: &str) -> Result<ServerName<'static>, TlsError> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsError::ServerName {
        name: name.to_owned(),
    })
}

fn system_roots() -> Result<RootCertStore, TlsError> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    // Systems have some that nobody can read; the others do.
    roots.add_parsable_certificates(found.certs);
    if roots.is_empty() {
        let reason = found.errors.first().map(|error| format!(" ({error})"));
        return Err(TlsError::NoSystemRoots {
            reason: reason.unwrap_or_default(),
        });
    }
    Ok(roots)
}

impl fmt::Debug for TrustedRoots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::System => f.write_str("System"),
            Self::Roots(roots) => write!(f, "Roots({})", roots.len()),
            Self::Rustls(_) => f.write_str("Rustls"),
        }
    }
}

//! TLS configuration of a client: trusted roots, identity and server name.

use std::fmt;
use std::sync::{Arc, Mutex};

use rustls::client::Resumption;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};

use super::{Identity, TlsError, pem, provider};

use crate::sync::MutexExt as _;

/// The TLS configuration of a channel: the trusted roots and the client's own certificate.
///
/// ```
/// use rsrpc_runtime::Channel;
/// use rsrpc_runtime::tls::Tls;
///
/// let channel = Channel::builder("dns:///greeter.internal:443").tls(Tls::system()).build()?;
/// // Equivalent:
/// let channel = Channel::builder("https://greeter.internal").build()?;
/// # Ok::<(), rsrpc_runtime::client::ChannelError>(())
/// ```
///
/// Cheap to clone. Clones share the loaded roots and the session cache.
#[derive(Clone, Debug)]
#[must_use = "has no effect until passed to a channel"]
pub struct Tls {
    trust: TrustedRoots,
    pub(super) identity: Option<Identity>,
    pub(super) server_name: Option<ServerName<'static>>,
    /// The rustls configuration. Built on first use, because the system's roots are read from files.
    config: Arc<Mutex<Option<Arc<ClientConfig>>>>,
}

#[derive(Clone)]
enum TrustedRoots {
    System,
    Roots(Arc<RootCertStore>),
    Rustls(Arc<ClientConfig>),
}

impl Tls {
    /// Trusts the system's root certificates, which are read on first use. The environment variables `SSL_CERT_FILE`
    /// and `SSL_CERT_DIR` override their location.
    pub fn system() -> Self {
        Self::new(TrustedRoots::System)
    }

    /// Trusts only these root certificates, in PEM.
    ///
    /// # Errors
    /// The PEM is malformed, or contains no certificate or an invalid one.
    pub fn roots(pem: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::new(TrustedRoots::Roots(Arc::new(pem::roots(
            pem.as_ref(),
        )?))))
    }

    /// Uses a rustls configuration, for example with another verifier, crypto provider or TLS version. The channel
    /// replaces its ALPN protocols.
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

    /// Presents this certificate to servers that request one (mutual TLS). Replaces the client certificate of a
    /// rustls configuration.
    pub fn identity(mut self, identity: Identity) -> Self {
        self.identity = Some(identity);
        self.config = Arc::default();
        self
    }

    /// Sets the name to verify in the server's certificate and to send as SNI. The default is the target's host. The
    /// `:authority` of requests remains the target's host.
    ///
    /// # Errors
    /// The name is neither a DNS name nor an IP address.
    pub fn server_name(mut self, name: &str) -> Result<Self, TlsError> {
        self.server_name = Some(parse_name(name)?);
        Ok(self)
    }

    /// Returns the configuration without ALPN. Builds it once, on a thread where blocking is allowed.
    pub(super) async fn load(&self) -> Result<Arc<ClientConfig>, TlsError> {
        let made = self.config.try_lock().ok().and_then(|config| config.clone());
        match made {
            Some(config) => Ok(config),
            None => {
                let tls = self.clone();
                let loaded = tokio::task::spawn_blocking(move || tls.config()).await;
                // The task is cancelled only when the runtime shuts down, which also stops polling this future.
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
            // A resumed session would keep the certificate with which it was established.
            made.resumption = Resumption::disabled();
        }
        Ok(config.insert(Arc::new(made)).clone())
    }
}

fn config_with_roots(roots: Arc<RootCertStore>) -> ClientConfig {
    ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .expect("ring supports TLS 1.2 and 1.3")
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
    // System stores can contain malformed certificates. The valid ones suffice.
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

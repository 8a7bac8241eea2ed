//! Identities: a certificate chain with its private key, replaceable while in use.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use rustls::client::ResolvesClientCert;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{Error, SignatureScheme};
use tokio::time::Instant;

use super::{TlsError, pem, provider};

use crate::sync::MutexExt as _;

/// Minimum interval between checks of an identity's files for changes. Certificates are renewed hours before they
/// expire.
const FILE_CHECK_INTERVAL: Duration = Duration::from_secs(60);

/// A certificate chain with its private key, for a server or for a client with mutual TLS.
///
/// Clones share one identity. [`replace`](Self::replace) on any clone affects the next handshakes of every server and
/// channel that uses one. Existing connections are not affected.
///
/// ```no_run
/// # fn renewed() -> (String, String) { unimplemented!() }
/// use rsrpc_runtime::Server;
/// use rsrpc_runtime::tls::{Identity, ServerTls};
///
/// let identity = Identity::from_files("tls.crt", "tls.key")?;
/// let server = Server::new().tls(ServerTls::with_identity(identity.clone()));
/// // Later, to replace the certificate without files:
/// let (certificates, key) = renewed();
/// identity.replace(certificates, key)?;
/// # Ok::<(), rsrpc_runtime::tls::TlsError>(())
/// ```
#[derive(Clone)]
pub struct Identity {
    shared: Arc<IdentityState>,
}

struct IdentityState {
    current: ArcSwap<CertifiedKey>,
    files: Option<IdentityFiles>,
}

struct IdentityFiles {
    certificates: PathBuf,
    key: PathBuf,
    state: Mutex<IdentityFilesState>,
}

struct IdentityFilesState {
    checked_at: Instant,
    stamp: Option<FileStamps>,
}

/// Modification time and length in bytes of the certificate file and the key file. Used to detect changes.
type FileStamps = [(SystemTime, u64); 2];

impl Identity {
    /// Creates an identity from PEM text: the chain, with the own certificate first, and the private key (PKCS#8,
    /// PKCS#1 or SEC1). One text may contain both.
    ///
    /// # Errors
    /// The PEM is malformed, the certificate or the key is missing or invalid, or the key belongs to another
    /// certificate.
    pub fn from_pem(certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<Self, TlsError> {
        Ok(Self::new(
            certified_key(certificates.as_ref(), key.as_ref())?,
            None,
        ))
    }

    /// Creates an identity from PEM files and reloads them when they change. A handshake checks the files if the last
    /// check was at least a minute ago. If the new files are invalid or do not match, for example because only one
    /// has been replaced so far, the error is logged and the previous identity stays in use.
    ///
    /// Blocks while it reads the files. Later reads run where blocking is allowed.
    ///
    /// # Errors
    /// A file cannot be read, or its content is invalid as described for [`from_pem`](Self::from_pem).
    pub fn from_files(certificates: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        let files = IdentityFiles {
            certificates: certificates.into(),
            key: key.into(),
            state: Mutex::new(IdentityFilesState {
                checked_at: Instant::now(),
                stamp: None,
            }),
        };
        let (stamp, read) = files.read()?;
        files.with_state(|state| state.stamp = Some(stamp));
        Ok(Self::new(read, Some(files)))
    }

    fn new(current: CertifiedKey, files: Option<IdentityFiles>) -> Self {
        let shared = IdentityState {
            current: ArcSwap::from_pointee(current),
            files,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Replaces the certificate and the key for future handshakes.
    ///
    /// # Errors
    /// The same as for [`from_pem`](Self::from_pem). The previous identity then stays in use.
    pub fn replace(&self, certificates: impl AsRef<[u8]>, key: impl AsRef<[u8]>) -> Result<(), TlsError> {
        let replacement = certified_key(certificates.as_ref(), key.as_ref())?;
        self.shared.current.store(Arc::new(replacement));
        Ok(())
    }

    /// Reloads the files, even if they have not changed. Does nothing if the identity was not created from files. May
    /// block.
    ///
    /// # Errors
    /// The same as for [`from_files`](Self::from_files). The previous identity then stays in use.
    pub fn reload(&self) -> Result<(), TlsError> {
        let Some(files) = &self.shared.files else {
            return Ok(());
        };
        let (stamp, read) = files.read()?;
        files.with_state(|state| state.stamp = Some(stamp));
        self.shared.current.store(Arc::new(read));
        Ok(())
    }

    /// Reloads changed files before a handshake, unless they were checked recently.
    pub(super) async fn refresh(&self) {
        let Some(files) = &self.shared.files else { return };
        let due = files.with_state(|state| {
            let due = state.checked_at.elapsed() >= FILE_CHECK_INTERVAL;
            if due {
                state.checked_at = Instant::now();
            }
            due
        });
        if !due {
            return;
        }
        let identity = self.clone();
        let checked_at = tokio::task::spawn_blocking(move || identity.reload_changed()).await;
        if let Ok(Err(error)) = checked_at {
            tracing::error!(%error, "cannot reload the TLS identity; the previous one stays in use");
        }
    }

    fn reload_changed(&self) -> Result<(), TlsError> {
        let Some(files) = &self.shared.files else {
            return Ok(());
        };
        let stamp = files.stamp()?;
        if files.with_state(|state| state.stamp == Some(stamp)) {
            return Ok(());
        }
        self.reload()
    }
}

impl IdentityFiles {
    fn stamp(&self) -> Result<FileStamps, TlsError> {
        let stamp = |path: &Path| {
            let metadata = std::fs::metadata(path).map_err(|error| unreadable(path, error))?;
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Ok((modified, metadata.len()))
        };
        Ok([stamp(&self.certificates)?, stamp(&self.key)?])
    }

    fn read(&self) -> Result<(FileStamps, CertifiedKey), TlsError> {
        // Read before the contents, so the next check notices a concurrent change.
        let stamp = self.stamp()?;
        let read = |path: &Path| std::fs::read(path).map_err(|error| unreadable(path, error));
        let read = certified_key(&read(&self.certificates)?, &read(&self.key)?)?;
        Ok((stamp, read))
    }

    fn with_state<T>(&self, change: impl FnOnce(&mut IdentityFilesState) -> T) -> T {
        change(&mut self.state.lock_unpoisoned())
    }
}

fn unreadable(path: &Path, error: std::io::Error) -> TlsError {
    TlsError::File {
        path: path.to_owned(),
        source: Arc::new(error),
    }
}

fn certified_key(certificates: &[u8], key: &[u8]) -> Result<CertifiedKey, TlsError> {
    let certificates = pem::certificates("certificate", certificates)?;
    let key = pem::private_key(key)?;
    CertifiedKey::from_der(certificates, key, &provider()).map_err(|source| match source {
        Error::InconsistentKeys(_) => TlsError::KeyMismatch,
        Error::InvalidCertificate(_) => TlsError::Certificate { source },
        source => TlsError::Key { source },
    })
}

/// A resolver that selects the current certificate and key for a handshake.
#[derive(Debug)]
pub(super) struct IdentityResolver {
    /// The identity for server names without an entry in `by_name`.
    pub(super) default: Identity,
    /// Identities by server name. `*.example.com` matches every name with one more label.
    pub(super) by_name: Vec<(String, Identity)>,
}

impl IdentityResolver {
    fn identity_for(&self, name: Option<&str>) -> &Identity {
        let found = name.and_then(|name| {
            let parent = name.split_once('.').map(|(_, parent)| parent);
            let named = |wanted: &str| name.eq_ignore_ascii_case(wanted);
            let matches = |wanted: &str| {
                wanted
                    .strip_prefix("*.")
                    .is_some_and(|wanted| parent.is_some_and(|parent| parent.eq_ignore_ascii_case(wanted)))
            };
            let exact = self.by_name.iter().find(|(wanted, _)| named(wanted));
            exact.or_else(|| self.by_name.iter().find(|(wanted, _)| matches(wanted)))
        });
        found.map_or(&self.default, |(_, identity)| identity)
    }

    pub(super) async fn refresh(&self) {
        self.default.refresh().await;
        for (_, identity) in &self.by_name {
            identity.refresh().await;
        }
    }
}

impl ResolvesServerCert for IdentityResolver {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let identity = self.identity_for(hello.server_name());
        Some(identity.shared.current.load_full())
    }
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _: &[&[u8]], _: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        Some(self.shared.current.load_full())
    }

    fn has_certs(&self) -> bool {
        true
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let files = self.shared.files.as_ref();
        f.debug_struct("Identity")
            .field("certificates", &self.shared.current.load().cert.len())
            .field("file", &files.map(|files| &files.certificates))
            .finish_non_exhaustive()
    }
}

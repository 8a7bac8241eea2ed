//! Certificates and keys from PEM text.

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;

/// The certificates of a text, at least one; `what` names the text.
pub(super) fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| malformed(what, error))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { what });
    }
    Ok(certificates)
}

/// The first private key of a text.
pub(super) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => TlsError::NoKey,
        error => malformed("private key", error),
    })
}

/// The certificates of a text as roots. Each has to be one: a root that is silently left out would be missed later.
pub(super) fn roots(pem: &[u8]) -> Result<RootCertStore, TlsError> {
    let mut roots = RootCertStore::empty();
    for (index, certificate) in certificates("root certificates", pem)?.into_iter().enumerate() {
        roots.add(certificate).map_err(|source| TlsError::Root {
            number: index + 1,
            source,
        })?;
    }
    Ok(roots)
}

fn malformed(what: &'static str, error: Error) -> TlsError {
    let reason = match error {
        Error::MissingSectionEnd { end_marker } => {
            let end = String::from_utf8_lossy(&end_marker).into_owned();
            format!("the line -----END {end}----- is missing")
        }
        Error::IllegalSectionStart { .. } => "a line that begins a section is malformed".to_owned(),
        Error::Base64Decode(_) => "what is between its lines is not base64".to_owned(),
        other => other.to_string(),
    };
    TlsError::Pem { what, reason }
}

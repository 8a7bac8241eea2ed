//! Certificates and private keys from PEM.

use rustls::RootCertStore;
use rustls::pki_types::pem::{Error, PemObject as _};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::TlsError;

/// Parses all certificates in `pem` and requires at least one. Errors call the input `what`.
pub(super) fn certificates(what: &'static str, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(pem)
        .collect::<Result<Vec<_>, _>>()
        .map_err(|error| malformed(what, error))?;
    if certificates.is_empty() {
        return Err(TlsError::NoCertificate { what });
    }
    Ok(certificates)
}

/// Parses the first private key in `pem`.
pub(super) fn private_key(pem: &[u8]) -> Result<PrivateKeyDer<'static>, TlsError> {
    PrivateKeyDer::from_pem_slice(pem).map_err(|error| match error {
        Error::NoItemsFound => TlsError::NoKey,
        error => malformed("private key", error),
    })
}

/// Parses all certificates in `pem` as roots. An invalid certificate is an error, because a silently skipped root
/// would only surface later as a failed handshake.
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
        Error::IllegalSectionStart { .. } => "a -----BEGIN line is malformed".to_owned(),
        Error::Base64Decode(_) => "the body is not valid base64".to_owned(),
        other => other.to_string(),
    };
    TlsError::Pem { what, reason }
}

//! Errors of TLS configurations and handshakes.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use prost_types::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// An error in a TLS configuration.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// The PEM contains no certificate.
    #[error(
        "cannot load the {what}: the PEM contains no certificate; expected a line -----BEGIN CERTIFICATE-----"
    )]
    NoCertificate {
        /// The expected content of the PEM, such as "root certificates".
        what: &'static str,
    },
    /// The PEM contains no private key.
    #[error(
        "cannot load the private key: the PEM contains no private key; expected a line -----BEGIN PRIVATE KEY-----, \
         -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY----- (decrypt a key with a passphrase first)"
    )]
    NoKey,
    /// The PEM is malformed.
    #[error("cannot load the {what}: malformed PEM: {reason}")]
    Pem {
        /// The expected content of the PEM, such as "root certificates".
        what: &'static str,
        /// The syntax error.
        reason: String,
    },
    /// The certificate is invalid or not supported.
    #[error("cannot load the certificate: {source}")]
    Certificate {
        /// The error from rustls.
        source: Error,
    },
    /// The private key is invalid or its type is not supported.
    #[error("cannot load the private key: {source}")]
    Key {
        /// The error from rustls.
        source: Error,
    },
    /// The private key belongs to another certificate.
    #[error(
        "cannot use the private key: it does not belong to the first certificate in the PEM; put its certificate first"
    )]
    KeyMismatch,
    /// A root certificate is invalid.
    #[error("cannot load root certificate {number}: {source}")]
    Root {
        /// The position in the PEM, counted from 1.
        number: usize,
        /// The error from rustls.
        source: Error,
    },
    /// The system has no root certificates, or they cannot be read.
    #[error(
        "cannot load the system's root certificates: none found{reason}; install some (Debian: ca-certificates), \
         set the environment variable SSL_CERT_FILE to a PEM file, or pass the roots to Tls::roots"
    )]
    NoSystemRoots {
        /// The read error as ` (error)`, or an empty string.
        reason: String,
    },
    /// The server name is neither a DNS name nor an IP address.
    #[error("invalid server name {name:?}: expected a DNS name or an IP address")]
    ServerName {
        /// The invalid name.
        name: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// The path of the file.
        path: PathBuf,
        /// The error from the operating system.
        source: std::sync::Arc<io::Error>,
    },
}

/// A failed TLS handshake. `source()` returns the error of rustls or of the socket.
#[derive(Debug, thiserror::Error)]
#[error("{explanation}")]
pub struct HandshakeError {
    explanation: String,
    source: Option<io::Error>,
}

impl HandshakeError {
    pub(super) fn new(explanation: impl Into<String>, source: Option<io::Error>) -> Self {
        let explanation = explanation.into();
        Self { explanation, source }
    }

    /// Describes a handshake error for a client.
    pub(super) fn from_client_error(error: io::Error) -> Self {
        let explanation = match rustls_error(&error) {
            Some(error) => explain_tls_error(error),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the server closed the connection during the TLS handshake".to_owned()
            }
            None => format!("the TLS handshake failed: {error}"),
        };
        Self::new(explanation, Some(error))
    }

    /// Explains an alert that arrived after the client had completed its handshake. Returns other errors unchanged.
    pub(super) fn explain_alert(error: io::Error) -> io::Error {
        match rustls_error(&error) {
            Some(Error::AlertReceived(_)) => io::Error::new(error.kind(), Self::from_client_error(error)),
            _ => error,
        }
    }

    /// Describes a handshake error for a server's log.
    pub(super) fn from_server_error(error: io::Error) -> Self {
        let explanation = match rustls_error(&error) {
            Some(error) => format!("the TLS handshake failed: {error}"),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                "the client closed the connection during the TLS handshake".to_owned()
            }
            None => format!("the TLS handshake failed: {error}"),
        };
        Self::new(explanation, Some(error))
    }
}

/// Returns the rustls error inside a socket error.
fn rustls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// Explains the most common failures in terms of their remedy. Uses the text of rustls for the others.
fn explain_tls_error(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(reason) => explain_certificate(reason),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server does not speak TLS on this port; use http:// or .plaintext() if plaintext is intended"
                .to_owned()
        }
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => NO_HTTP2_ALPN.to_owned(),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server has no certificate for this server name".to_owned()
        }
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::NoCertificate) => {
            "the server requires a client certificate; set one with Tls::identity".to_owned()
        }
        Error::AlertReceived(
            AlertDescription::UnknownCA
            | AlertDescription::BadCertificate
            | AlertDescription::UnsupportedCertificate
            | AlertDescription::CertificateUnknown
            | AlertDescription::CertificateRevoked
            | AlertDescription::CertificateExpired
            | AlertDescription::AccessDenied,
        ) => format!("the server refused the client certificate: {error}"),
        error => format!("the TLS handshake failed: {error}"),
    }
}

/// The handshake error of a server that supports none of the offered protocols.
pub(super) const NO_HTTP2_ALPN: &str = "the server did not select HTTP/2 (\"h2\") with ALPN, which gRPC \
     requires: the server or a proxy in front of it speaks only HTTP/1.1";

fn explain_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "the server's certificate has expired: it was valid until {}",
            date(*not_after)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the server's certificate is not valid yet: it becomes valid at {}; check the local clock",
            date(*not_before)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<String> = presented.iter().map(|name| strip_name_wrapper(name)).collect();
            let names = match presented.as_slice() {
                [] => "no name".to_owned(),
                names => names.join(", "),
            };
            format!(
                "the server's certificate does not match the name {}: it is valid for {names}",
                expected.to_str()
            )
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate is not trusted: its issuer's root certificate is not among the channel's roots; \
             pass it to Tls::roots"
                .to_owned()
        }
        error => format!("the server's certificate was rejected: {error}"),
    }
}

/// Removes the wrapper that rustls prints around a name, as in `DnsName("a.b")` and `IpAddress(0::1)`.
fn strip_name_wrapper(name: &str) -> String {
    let inner = name
        .split_once('(')
        .and_then(|(_, rest)| rest.strip_suffix(')'))
        .unwrap_or(name);
    match inner.parse::<IpAddr>() {
        Ok(address) => address.to_string(),
        Err(_) => inner.trim_matches('"').to_owned(),
    }
}

fn date(time: UnixTime) -> Timestamp {
    Timestamp {
        seconds: time.as_secs().try_into().unwrap_or(i64::MAX),
        nanos: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rustls_name_wrappers_are_removed() {
        let check = |name, expected| assert_eq!(strip_name_wrapper(name), expected);
        check("DnsName(\"*.example.com\")", "*.example.com");
        check("IpAddress(127.0.0.1)", "127.0.0.1");
        check("IpAddress(0::1)", "::1");
        check("something else", "something else");
    }
}

//! What can be wrong with certificates and keys, and how a handshake fails.

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use prost_types::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{AlertDescription, CertificateError, Error, InvalidMessage};

/// Why a TLS configuration cannot be made.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum TlsError {
    /// A text that should be PEM has no certificate in it.
    #[error("the PEM of the {what} holds no certificate: a line -----BEGIN CERTIFICATE----- is expected")]
    NoCertificate {
        /// What the text is for.
        what: &'static str,
    },
    /// A text that should hold a private key has none.
    #[error(
        "the PEM of the private key holds no private key: a line -----BEGIN PRIVATE KEY-----, \
         -----BEGIN RSA PRIVATE KEY----- or -----BEGIN EC PRIVATE KEY----- is expected (a key with a passphrase has \
         to be decrypted first)"
    )]
    NoKey,
    /// The text is broken PEM.
    #[error("the PEM of the {what} is malformed: {reason}")]
    Pem {
        /// What the text is for.
        what: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The certificate is none, or cannot be used.
    #[error("the certificate cannot be used: {source}")]
    Certificate {
        /// What is wrong with it.
        source: Error,
    },
    /// The private key is of a kind that is not known here, or broken.
    #[error("the private key cannot be used: {source}")]
    Key {
        /// What is wrong with it.
        source: Error,
    },
    /// The private key is another certificate's.
    #[error("the private key does not belong to the certificate, which has to be the first one of its PEM")]
    KeyMismatch,
    /// A root certificate is none.
    #[error("root certificate {number} cannot be used: {source}")]
    Root {
        /// Its place in the PEM, from 1.
        number: usize,
        /// What is wrong with it.
        source: Error,
    },
    /// The system has no root certificates, or they cannot be read.
    #[error(
        "no root certificate was found on this system{reason}: install some (Debian: ca-certificates), name a PEM file in the \
         environment variable SSL_CERT_FILE, or say which to trust with Tls::roots"
    )]
    NoSystemRoots {
        /// What went wrong, in parentheses, or nothing.
        reason: String,
    },
    /// A server name is none.
    #[error("{name:?} is no server name: a DNS name or an IP address is")]
    ServerName {
        /// As it was given.
        name: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    File {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        source: std::sync::Arc<io::Error>,
    },
}

/// Why two ends have no TLS between them. `source()` is rustls's error or the socket's.
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

    /// As a client sees it.
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

    /// An alert that came on a connection which the client took for made; other errors as they are.
    pub(super) fn explain_alert(error: io::Error) -> io::Error {
        match rustls_error(&error) {
            Some(Error::AlertReceived(_)) => io::Error::new(error.kind(), Self::from_client_error(error)),
            _ => error,
        }
    }

    /// As a server sees it: for its log.
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

/// rustls's error inside one of a socket.
fn rustls_error(error: &io::Error) -> Option<&Error> {
    error.get_ref()?.downcast_ref()
}

/// What the commonest failures mean for who has to mend them; anything else in rustls's words.
fn explain_tls_error(error: &Error) -> String {
    match error {
        Error::InvalidCertificate(reason) => explain_certificate(reason),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => {
            "the server answered the TLS handshake with something else: it speaks no TLS at this port; use http:// or \
             .plaintext() if that is meant"
                .to_owned()
        }
        Error::AlertReceived(AlertDescription::NoApplicationProtocol) => NO_HTTP2_ALPN.to_owned(),
        Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            "the server has no certificate for this server name".to_owned()
        }
        Error::AlertReceived(AlertDescription::CertificateRequired | AlertDescription::NoCertificate) => {
            "the server requires a client certificate; give one with Tls::identity".to_owned()
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

/// The server speaks no protocol that was offered.
pub(super) const NO_HTTP2_ALPN: &str = "the server did not choose HTTP/2 (\"h2\") by ALPN, which gRPC needs: it, or a proxy before it, speaks only HTTP/1.1";

fn explain_certificate(error: &CertificateError) -> String {
    match error {
        CertificateError::ExpiredContext { not_after, .. } => format!(
            "the server's certificate has expired: it was valid until {}",
            date(*not_after)
        ),
        CertificateError::NotValidYetContext { not_before, .. } => format!(
            "the server's certificate is not valid yet: it will be from {}; is the clock here right?",
            date(*not_before)
        ),
        CertificateError::NotValidForNameContext { expected, presented } => {
            let presented: Vec<String> = presented.iter().map(|name| strip_name_wrapper(name)).collect();
            let names = match presented.as_slice() {
                [] => "no name".to_owned(),
                names => names.join(", "),
            };
            format!(
                "the server's certificate is for {names}, not for {}",
                expected.to_str()
            )
        }
        CertificateError::UnknownIssuer => {
            "the server's certificate was issued by nobody whom this channel trusts: its issuer's root certificate is \
             not among the channel's roots"
                .to_owned()
        }
        error => format!("the server's certificate cannot be trusted: {error}"),
    }
}

/// A name without what is around it: `DnsName("a.b")`, `IpAddress(0::1)`.
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
    fn names_are_shown_without_what_rustls_puts_around_them() {
        let check = |name, expected| assert_eq!(strip_name_wrapper(name), expected);
        check("DnsName(\"*.example.com\")", "*.example.com");
        check("IpAddress(127.0.0.1)", "127.0.0.1");
        check("IpAddress(0::1)", "::1");
        check("something else", "something else");
    }
}

//! Generates certificates for tests.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rsrpc_runtime::tls::{Identity, ServerTls, Tls};

/// Certificate for `localhost` and `127.0.0.1`, with the authority that issued it.
pub static LOCALHOST: LazyLock<Pair> = LazyLock::new(|| {
    let authority = Authority::new("rsrpc test root");
    let server = authority.issue(&["localhost", "127.0.0.1"]);
    Pair { authority, server }
});

/// An authority and a certificate that it issued.
#[derive(Debug)]
pub struct Pair {
    /// Issuer of the certificate.
    pub authority: Authority,
    /// Server certificate.
    pub server: Issued,
}

impl Pair {
    /// TLS settings of a server that presents the certificate.
    pub fn server_tls(&self) -> ServerTls {
        ServerTls::with_identity(self.server.identity())
    }

    /// TLS settings of a client that trusts the authority.
    ///
    /// # Panics Never: the certificate is valid.
    pub fn tls(&self) -> Tls {
        Tls::roots(self.authority.pem()).expect("a good root")
    }
}

/// A certificate authority.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate and its key, both as PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// Certificate chain.
    pub certificate: String,
    /// Private key.
    pub key: String,
}

impl Authority {
    /// Creates an authority with a self-signed root certificate.
    ///
    /// # Panics The key pair cannot be generated.
    pub fn new(name: &str) -> Self {
        let key = KeyPair::generate().expect("a key");
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let pem = params.self_signed(&key).expect("a certificate").pem();
        Self {
            issuer: Issuer::new(params, key),
            pem,
        }
    }

    /// Root certificate as PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Issues a certificate for these DNS names and IP addresses, valid for servers and clients.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_with(names, |_| {})
    }

    /// Issues a certificate after `change` was applied to its parameters.
    ///
    /// # Panics The key pair cannot be generated, or a name is invalid.
    pub fn issue_with(&self, names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Issued {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).expect("good names");
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        Issued {
            certificate: params.signed_by(&key, &self.issuer).expect("a certificate").pem(),
            key: key.serialize_pem(),
        }
    }
}

impl Issued {
    /// Converts the certificate into an rsrpc identity.
    ///
    /// # Panics Never: certificate and key match.
    pub fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key).expect("a good pair")
    }
}

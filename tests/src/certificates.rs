//! Certificates made for a test.

use std::sync::LazyLock;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use rsrpc_runtime::tls::{Identity, ServerTls, Tls};

/// A server's certificate for `localhost` and `127.0.0.1`, and the authority that issued it.
pub static LOCALHOST: LazyLock<Pair> = LazyLock::new(|| {
    let authority = Authority::new("rsrpc test root");
    let server = authority.issue(&["localhost", "127.0.0.1"]);
    Pair { authority, server }
});

/// An authority and a certificate of its.
#[derive(Debug)]
pub struct Pair {
    /// Who issued it.
    pub authority: Authority,
    /// The certificate.
    pub server: Issued,
}

impl Pair {
    /// A server that shows the certificate.
    pub fn server_tls(&self) -> ServerTls {
        ServerTls::with_identity(self.server.identity())
    }

    /// A client that trusts the authority.
    ///
    /// # Panics
    /// Never: its certificate is good.
    pub fn tls(&self) -> Tls {
        Tls::roots(self.authority.pem()).expect("a good root")
    }
}

/// Issues certificates.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// A certificate with its key, both in PEM.
#[derive(Debug, Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// The private key.
    pub key: String,
}

impl Authority {
    /// An authority with a certificate that is its own root.
    ///
    /// # Panics
    /// No key can be made.
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

    /// Its root certificate.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for these names and addresses, for servers and clients.
    pub fn issue(&self, names: &[&str]) -> Issued {
        self.issue_with(names, |_| {})
    }

    /// The same with something special about it.
    ///
    /// # Panics
    /// No key can be made, or a name is none.
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
    /// As rsrpc has it.
    ///
    /// # Panics
    /// Never: they belong together.
    pub fn identity(&self) -> Identity {
        Identity::from_pem(&self.certificate, &self.key).expect("a good pair")
    }
}

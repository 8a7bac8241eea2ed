//! TLS through rustls: what a client trusts and what a server shows, and sockets with TLS around them.
//!
//! Cryptography is [ring](https://docs.rs/ring)'s, given to each configuration and never installed for the process, so
//! that a program may use another one beside it; [`Tls::from_rustls`] and [`ServerTls::from_rustls`] take
//! configurations that are made of anything else. TLS 1.2 and 1.3 are spoken.

mod client;
#[cfg(feature = "client")]
mod client_handshake;
mod error;
mod identity;
mod pem;
mod server;
#[cfg(feature = "server")]
mod server_handshake;
mod session;

use std::sync::{Arc, LazyLock};

use rustls::crypto::CryptoProvider;

pub use client::Tls;
#[cfg(feature = "client")]
pub(crate) use client_handshake::ClientHandshaker;
pub use error::{HandshakeError, TlsError};
pub use identity::Identity;
pub use server::ServerTls;
#[cfg(feature = "server")]
pub(crate) use server_handshake::ServerHandshaker;
pub(crate) use session::TlsSession;

/// HTTP/2's name in ALPN ([RFC 9113 §3.2](https://www.rfc-editor.org/rfc/rfc9113#section-3.2)).
pub(crate) const H2: &[u8] = b"h2";
/// HTTP/1.1's.
pub(crate) const HTTP_1_1: &[u8] = b"http/1.1";

/// The cryptography of every configuration made here.
fn provider() -> Arc<CryptoProvider> {
    static RING: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));
    RING.clone()
}

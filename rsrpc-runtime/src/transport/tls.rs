//! TLS through rustls: the configuration of clients and servers, handshakes, and encrypted sockets.
//!
//! Cryptography comes from [ring](https://docs.rs/ring). Each configuration gets its own provider and none is
//! installed for the process, so the program can use another one elsewhere. [`Tls::from_rustls`] and
//! [`ServerTls::from_rustls`] accept configurations with any provider. Supports TLS 1.2 and 1.3.

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

/// The ALPN identifier of HTTP/2 ([RFC 9113 §3.2](https://www.rfc-editor.org/rfc/rfc9113#section-3.2)).
pub(crate) const H2: &[u8] = b"h2";
/// The ALPN identifier of HTTP/1.1.
pub(crate) const HTTP_1_1: &[u8] = b"http/1.1";

/// Returns the crypto provider of every configuration built here.
fn provider() -> Arc<CryptoProvider> {
    static RING: LazyLock<Arc<CryptoProvider>> =
        LazyLock::new(|| Arc::new(rustls::crypto::ring::default_provider()));
    RING.clone()
}

//! The transport security of a channel's connections: TLS, or plaintext.

#[cfg(feature = "tls")]
use super::failure::ConnectPhase;
use super::failure::ConnectProgress;
use crate::error::BoxError;
#[cfg(feature = "tls")]
use crate::transport::tls::ClientHandshaker;
use crate::transport::{HttpVersion, Socket};

/// The transport security of every connection of a channel.
#[derive(Clone)]
pub(crate) struct TransportSecurity {
    /// `None` for plaintext.
    #[cfg(feature = "tls")]
    handshaker: Option<ClientHandshaker>,
}

impl TransportSecurity {
    pub(crate) const fn plaintext() -> Self {
        Self {
            #[cfg(feature = "tls")]
            handshaker: None,
        }
    }

    #[cfg(feature = "tls")]
    pub(crate) const fn tls(handshaker: ClientHandshaker) -> Self {
        Self {
            handshaker: Some(handshaker),
        }
    }

    /// Performs the TLS handshake on a new socket. Returns a plaintext socket unchanged.
    #[cfg(feature = "tls")]
    pub(super) async fn secure(
        &self,
        socket: Socket,
        http_version: HttpVersion,
        progress: &ConnectProgress,
    ) -> Result<Socket, BoxError> {
        let Some(handshaker) = &self.handshaker else {
            return Ok(socket);
        };
        progress.enter(ConnectPhase::TlsHandshake);
        handshaker.connect(socket, http_version).await
    }

    /// Returns the plaintext socket unchanged.
    #[cfg(not(feature = "tls"))]
    pub(super) async fn secure(
        &self,
        socket: Socket,
        _: HttpVersion,
        _: &ConnectProgress,
    ) -> Result<Socket, BoxError> {
        Ok(socket)
    }
}

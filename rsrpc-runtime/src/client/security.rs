//! The decision between plaintext and TLS for a channel.

use super::error::ChannelError;
use crate::channel::{Target, TargetSecurity, TransportSecurity};
#[cfg(feature = "tls")]
use crate::transport::tls::{ClientHandshaker, Tls};

/// The transport security that the builder asks for.
#[derive(Default)]
pub(super) struct RequestedSecurity {
    /// Set by `.plaintext()`.
    pub(super) allows_plaintext: bool,
    /// Set by `.tls(…)`.
    #[cfg(feature = "tls")]
    pub(super) tls: Option<Tls>,
}

impl RequestedSecurity {
    /// Combines the target's scheme with the builder's options.
    ///
    /// # Errors
    /// They contradict each other, neither allows plaintext off this machine, or TLS cannot be set up.
    #[cfg(feature = "tls")]
    pub(super) fn resolve(self, target: Target) -> Result<(Target, TransportSecurity), ChannelError> {
        let text = || target.to_string();
        let security = target.security();
        let tls = match (self.tls, security) {
            (Some(_), TargetSecurity::Plaintext) => {
                return Err(ChannelError::Contradiction { target: text() });
            }
            (Some(tls), _) => Some(tls),
            (None, TargetSecurity::Tls) => Some(Tls::system()),
            (None, _) => None,
        };
        let Some(tls) = tls else {
            return match self.allows_plaintext || target.allows_plaintext() {
                true => Ok((target, TransportSecurity::plaintext())),
                false => Err(ChannelError::NoCredentials { target: text() }),
            };
        };
        if self.allows_plaintext {
            return Err(ChannelError::Contradiction { target: text() });
        }
        let handshaker =
            ClientHandshaker::new(tls, target.host_name()).map_err(|source| ChannelError::Tls {
                target: text(),
                source,
            })?;
        Ok((target.over_tls(), TransportSecurity::tls(handshaker)))
    }

    /// Allows plaintext and rejects targets that require TLS, which is not built in.
    #[cfg(not(feature = "tls"))]
    pub(super) fn resolve(self, target: Target) -> Result<(Target, TransportSecurity), ChannelError> {
        match target.security() {
            TargetSecurity::Tls => Err(ChannelError::NotBuiltIn { feature: "tls" }),
            _ if self.allows_plaintext || target.allows_plaintext() => {
                Ok((target, TransportSecurity::plaintext()))
            }
            _ => Err(ChannelError::NoCredentials {
                target: target.to_string(),
            }),
        }
    }
}

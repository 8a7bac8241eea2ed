//! Replaces TLS when the feature `tls` is disabled: every connection is plaintext.

use std::time::Duration;

use crate::call::Peer;
use crate::error::BoxError;
use crate::transport::Socket;

#[derive(Default)]
pub(crate) struct TlsSettings;

#[derive(Clone)]
pub(crate) struct ConnectionTls;

impl TlsSettings {
    pub(super) fn is_enabled(&self) -> bool {
        false
    }

    pub(super) fn acceptor(&self) -> ConnectionTls {
        ConnectionTls
    }
}

impl ConnectionTls {
    pub(super) async fn accept(
        &self,
        socket: Socket,
        _: Duration,
        _: &mut Peer,
    ) -> Result<(Socket, Option<bool>), BoxError> {
        Ok((socket, None))
    }
}

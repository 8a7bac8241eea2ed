//! Sends a started call through the client of its channel's protocol.

use super::protocol_client::ProtocolClient;
use super::response::Response;
use super::start::CallStart;
use super::unary_future::UnaryFuture;
use crate::call::{Status, Streaming};

/// Calls the same method on each protocol's client: the only match on the protocol of a call.
macro_rules! dispatch {
    ($start:expr, $client:ident, $call:ident => $sent:expr) => {{
        let CallStart { channel, call: $call } = $start;
        match channel.client() {
            ProtocolClient::Grpc($client) => $sent,
            #[cfg(feature = "grpc-web")]
            ProtocolClient::GrpcWeb($client) => $sent,
            #[cfg(feature = "jsonrpc")]
            ProtocolClient::JsonRpc($client) => $sent,
        }
    }};
}

impl<Req: Send + 'static, Rep: Send + 'static> CallStart<Req, Rep> {
    pub(super) fn unary(self, request: &Req) -> UnaryFuture<Rep> {
        dispatch!(self, client, call => client.unary(call, request).into())
    }

    pub(super) async fn server_streaming(self, request: Req) -> Result<Streaming<Rep>, Status> {
        dispatch!(self, client, call => client.server_streaming(call, request).await)
    }

    pub(super) async fn client_streaming(self, requests: Streaming<Req>) -> Result<Response<Rep>, Status> {
        dispatch!(self, client, call => client.client_streaming(call, requests).await)
    }

    pub(super) async fn bidi(self, requests: Streaming<Req>) -> Result<Streaming<Rep>, Status> {
        dispatch!(self, client, call => client.bidi(call, requests).await)
    }
}

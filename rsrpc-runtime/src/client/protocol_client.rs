//! The client of a channel's protocol: a channel holds exactly one.

use std::sync::Arc;

use http::HeaderValue;

use super::codec::ClientMessageOptions;
use super::grpc::GrpcClient;
#[cfg(feature = "grpc-web")]
use super::grpc_web::{GrpcWeb, GrpcWebClient};
#[cfg(feature = "jsonrpc")]
use super::jsonrpc::JsonRpcClient;
use super::protocol::Protocol;
use crate::channel::ConnectOptions;

/// The client of a channel's protocol. Cloning is cheap.
#[derive(Clone)]
pub(crate) enum ProtocolClient {
    Grpc(Arc<GrpcClient>),
    #[cfg(feature = "grpc-web")]
    GrpcWeb(Arc<GrpcWebClient>),
    #[cfg(feature = "jsonrpc")]
    JsonRpc(Arc<JsonRpcClient>),
}

/// The options that every protocol's client is built from.
pub(super) struct ClientOptions {
    pub(super) connect: ConnectOptions,
    pub(super) user_agent: HeaderValue,
    pub(super) messages: ClientMessageOptions,
    #[cfg(feature = "grpc-web")]
    pub(super) grpc_web: GrpcWeb,
}

impl ProtocolClient {
    pub(super) fn new(protocol: Protocol, options: ClientOptions) -> Self {
        let ClientOptions {
            connect,
            user_agent,
            messages,
            ..
        } = options;
        match protocol {
            Protocol::Grpc => Self::Grpc(GrpcClient::new(connect, user_agent, messages)),
            #[cfg(feature = "grpc-web")]
            Protocol::GrpcWeb => Self::GrpcWeb(GrpcWebClient::new(
                connect,
                options.grpc_web,
                user_agent,
                messages,
            )),
            #[cfg(feature = "jsonrpc")]
            Protocol::JsonRpc => Self::JsonRpc(JsonRpcClient::new(connect, user_agent, messages)),
        }
    }
}

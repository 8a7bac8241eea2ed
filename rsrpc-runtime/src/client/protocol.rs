//! The protocols that a channel can use.

use std::fmt;
use std::str::FromStr;

/// The protocol of a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Protocol {
    /// gRPC over HTTP/2.
    #[default]
    Grpc,
    /// gRPC-Web, for servers behind a proxy that forwards nothing else. Binary over HTTP/1.1 unless
    /// [`grpc_web`](super::ChannelBuilder::grpc_web) sets other options.
    #[cfg(feature = "grpc-web")]
    GrpcWeb,
    /// JSON-RPC 2.0 over HTTP/1.1. Unary calls only, as POST to the path of an `http://host/path` target, or to `/`.
    #[cfg(feature = "jsonrpc")]
    JsonRpc,
}

/// The enabled protocols and their names.
const PROTOCOL_NAMES: &[(Protocol, &str)] = &[
    (Protocol::Grpc, "grpc"),
    #[cfg(feature = "grpc-web")]
    (Protocol::GrpcWeb, "grpc-web"),
    #[cfg(feature = "jsonrpc")]
    (Protocol::JsonRpc, "jsonrpc"),
];

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entry = PROTOCOL_NAMES.iter().find(|(protocol, _)| protocol == self);
        f.write_str(entry.map_or("", |(_, name)| name))
    }
}

impl FromStr for Protocol {
    type Err = UnknownProtocol;

    /// Parses the name that [`Display`](fmt::Display) writes.
    fn from_str(name: &str) -> Result<Self, UnknownProtocol> {
        let entry = PROTOCOL_NAMES.iter().find(|(_, known)| *known == name);
        entry
            .map(|(protocol, _)| *protocol)
            .ok_or_else(|| UnknownProtocol {
                name: name.to_owned(),
            })
    }
}

/// The error of parsing a [`Protocol`] from an unknown name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown protocol {name:?}: use \"grpc\", \"grpc-web\" (feature \"grpc-web\") or \"jsonrpc\" (feature \"jsonrpc\")"
)]
pub struct UnknownProtocol {
    name: String,
}

//! The encoding and compression of a channel's gRPC messages.

use std::fmt;

use http::HeaderValue;

use crate::call::{Compression, CompressionAlgorithms, JsonContext, MIN_COMPRESSED_BYTES};

/// The encoding of a channel's gRPC messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Codec {
    /// Protobuf. A method without protobuf uses its custom codec, or JSON.
    #[default]
    Protobuf,
    /// Canonical proto3 JSON, as `application/grpc+json`.
    #[cfg(feature = "jsonrpc")]
    Json,
}

impl fmt::Display for Codec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Protobuf => "protobuf",
            #[cfg(feature = "jsonrpc")]
            Self::Json => "JSON",
        })
    }
}

/// The message options of a channel.
#[derive(Debug)]
pub(crate) struct ClientMessageOptions {
    pub(crate) codec: Codec,
    pub(crate) json: JsonContext,
    /// Maximum size of a reply message in bytes.
    pub(crate) max_reply_size: usize,
    /// The algorithms that the server may compress replies with.
    pub(crate) accept: CompressionAlgorithms,
    /// The algorithm that requests are compressed with.
    pub(crate) send: Option<Compression>,
    /// Minimum size of a compressed request in bytes.
    pub(crate) compress_from: usize,
}

impl Default for ClientMessageOptions {
    fn default() -> Self {
        Self {
            codec: Codec::default(),
            json: JsonContext::new(),
            max_reply_size: 4 * 1024 * 1024,
            accept: CompressionAlgorithms::default(),
            send: None,
            compress_from: MIN_COMPRESSED_BYTES,
        }
    }
}

impl ClientMessageOptions {
    /// Ignores unknown JSON members and enum names. Protobuf ignores unknown fields likewise: an older client stays
    /// compatible with a newer server.
    pub(super) fn ignore_unknown_json(mut self) -> Self {
        self.json = self.json.ignore_unknown(true);
        self
    }

    /// Returns the value of `grpc-accept-encoding`, or `None` without compression.
    pub(crate) fn accept_encoding(&self) -> Option<HeaderValue> {
        let names = (!self.accept.is_empty()).then(|| self.accept.names())?;
        HeaderValue::try_from(names).ok()
    }
}

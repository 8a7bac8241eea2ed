//! In what a channel's gRPC messages are written, and what they are compressed by.

use std::fmt;

use http::HeaderValue;

use super::ChannelBuilder;
use crate::call::{Compression, CompressionAlgorithms, JsonContext, MIN_COMPRESSED_BYTES};

/// What a channel's gRPC messages are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Codec {
    /// Protobuf, or what a method has in its place: a codec of its own, else JSON.
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

/// What a channel says of its messages.
#[derive(Debug)]
pub(crate) struct MessageOptions {
    pub(crate) codec: Codec,
    pub(crate) json: JsonContext,
    /// What replies may be compressed by.
    pub(crate) accept: CompressionAlgorithms,
    /// What requests are compressed by.
    pub(crate) send: Option<Compression>,
    pub(crate) compress_from: usize,
}

impl Default for MessageOptions {
    fn default() -> Self {
        Self {
            codec: Codec::default(),
            json: JsonContext::new(),
            accept: CompressionAlgorithms::default(),
            send: None,
            compress_from: MIN_COMPRESSED_BYTES,
        }
    }
}

impl MessageOptions {
    /// The value of `grpc-accept-encoding`, if there is anything to say.
    pub(crate) fn accept_encoding(&self) -> Option<HeaderValue> {
        let names = (!self.accept.is_empty()).then(|| self.accept.names())?;
        HeaderValue::try_from(names).ok()
    }
}

/// gRPC's messages.
impl ChannelBuilder {
    /// What gRPC messages are written in; protobuf by default. In JSON, `google.protobuf.Any` and error details are read
    /// by the types of [`json_context`](Self::json_context).
    pub fn codec(mut self, codec: Codec) -> Self {
        self.messages.codec = codec;
        self
    }
}

/// Compression of gRPC messages.
#[cfg(any(feature = "gzip", feature = "zstd"))]
impl ChannelBuilder {
    /// The algorithms that replies may be compressed by, which servers are told; none by default.
    ///
    /// A message is decompressed no further than [`max_reply_size`](Self::max_reply_size).
    pub fn accept_compression(mut self, algorithms: impl IntoIterator<Item = Compression>) -> Self {
        self.messages.accept = algorithms.into_iter().collect();
        self
    }

    /// Compresses requests by an algorithm that the server is known to take; it fails calls with UNIMPLEMENTED otherwise.
    /// Not by default. A call can say otherwise with `.compression(…)`.
    pub fn send_compression(mut self, algorithm: Compression) -> Self {
        self.messages.send = Some(algorithm);
        self
    }

    /// The smallest request that is compressed, in bytes; 1,024 by default, since a smaller one fills one network packet
    /// either way.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.messages.compress_from = bytes;
        self
    }
}

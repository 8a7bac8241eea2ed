//! Options for calls whose messages are not uncompressed protobuf. They are boxed to keep the common case small.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes, BytesMut};

use super::compression::{compress, decompress};
use super::decompression_budget::DecompressionBudget;
use super::envelope::PREFIX_BYTES;
use crate::call::{CallCompression, Compression, JsonContext, MessageCodec, MessageFormat, Status};

/// Options of the receive direction.
#[derive(Debug)]
pub(crate) struct DecodeOptions {
    pub(crate) format: MessageFormat,
    pub(crate) json: JsonContext,
    /// The algorithm of messages whose flag marks them as compressed.
    pub(crate) compression: Option<Compression>,
    /// Records whether the newest message arrived compressed.
    pub(crate) call: Option<Arc<CallCompression>>,
    /// Limits decompressed bytes per connection, in addition to the limit of each message.
    pub(super) decompression_budget: Option<Arc<DecompressionBudget>>,
}

/// Options of the send direction.
#[derive(Debug)]
pub(crate) struct EncodeOptions {
    pub(crate) format: MessageFormat,
    pub(crate) json: JsonContext,
    pub(crate) compression: Option<EncodeCompression>,
}

/// Settings for compressing sent messages.
#[derive(Debug)]
pub(crate) struct EncodeCompression {
    pub(crate) algorithm: Compression,
    /// Messages smaller than this many bytes are sent uncompressed.
    pub(crate) min_bytes: usize,
    /// Decides for each message whether it is compressed.
    pub(crate) call: Option<Arc<CallCompression>>,
}

impl DecodeOptions {
    pub(crate) fn new(format: MessageFormat, json: JsonContext, compression: Option<Compression>) -> Self {
        Self {
            format,
            json,
            compression,
            call: None,
            decompression_budget: None,
        }
    }

    /// Decodes a message from the bytes in its envelope.
    pub(super) fn decode<M>(
        &self,
        codec: &MessageCodec<M>,
        compressed: bool,
        mut bytes: Bytes,
        limit: usize,
    ) -> Result<M, Status> {
        if let Some(call) = &self.call {
            call.set_request_compressed(compressed);
        }
        if compressed {
            let algorithm = self.compression.ok_or_else(unannounced_compression)?;
            bytes = self.decompress(algorithm, &bytes, limit)?;
        }
        let length = bytes.len();
        let undecodable = |why: String| Status::internal(format!("a message cannot be decoded: {why}"));
        match self.format {
            MessageFormat::Protobuf => {
                let codec = codec.as_protobuf().ok_or_else(|| missing_codec(codec.name()))?;
                (codec.decode)(&mut bytes, length).map_err(super::inbound::invalid_message)
            }
            MessageFormat::Json => {
                let codec = codec.as_json().ok_or_else(|| missing_codec(codec.name()))?;
                let text = std::str::from_utf8(&bytes).map_err(|error| undecodable(error.to_string()))?;
                (codec.decode)(text, &self.json)
                    .map_err(|error| undecodable(error.to_string()).with_source(error))
            }
            MessageFormat::Custom => {
                let codec = codec.as_custom().ok_or_else(|| missing_codec(codec.name()))?;
                (codec.decode)(&bytes)
            }
        }
    }

    fn decompress(&self, algorithm: Compression, bytes: &[u8], limit: usize) -> Result<Bytes, Status> {
        if let Some(decompression_budget) = &self.decompression_budget {
            return decompression_budget.decompress(algorithm, bytes, limit);
        }
        decompress(algorithm, bytes, limit)
    }
}

impl EncodeOptions {
    /// Appends a message with its envelope.
    pub(super) fn encode_frame<M>(
        &self,
        codec: &MessageCodec<M>,
        message: &M,
        buffer: &mut BytesMut,
    ) -> Result<(), Status> {
        let start = buffer.len();
        buffer.put_bytes(0, PREFIX_BYTES);
        self.encode(codec, message, buffer)?;
        let mut compressed = false;
        if let Some(compression) = &self.compression
            && buffer.len() - start - PREFIX_BYTES >= compression.min_bytes
            && compression.call.as_ref().is_none_or(|call| call.is_enabled())
        {
            let plain = buffer.split_off(start + PREFIX_BYTES);
            compress(compression.algorithm, &plain, buffer)?;
            compressed = true;
        }
        let length = buffer.len() - start - PREFIX_BYTES;
        let prefix = u32::try_from(length).map_err(|_| super::envelope::too_large(length))?;
        let mut head = &mut buffer[start..start + PREFIX_BYTES];
        head.put_u8(u8::from(compressed));
        head.put_u32(prefix);
        Ok(())
    }

    fn encode<M>(&self, codec: &MessageCodec<M>, message: &M, buffer: &mut BytesMut) -> Result<(), Status> {
        match self.format {
            MessageFormat::Protobuf => {
                let codec = codec.as_protobuf().ok_or_else(|| missing_codec(codec.name()))?;
                buffer.reserve((codec.encoded_len)(message));
                (codec.encode)(message, buffer);
                Ok(())
            }
            MessageFormat::Json => {
                let codec = codec.as_json().ok_or_else(|| missing_codec(codec.name()))?;
                let mut text = Vec::new();
                (codec.encode)(message, &self.json, &mut text).map_err(|error| {
                    Status::internal(format!("a message cannot be encoded: {error}")).with_source(error)
                })?;
                buffer.extend_from_slice(&text);
                Ok(())
            }
            MessageFormat::Custom => {
                let codec = codec.as_custom().ok_or_else(|| missing_codec(codec.name()))?;
                (codec.encode)(message, buffer)
            }
        }
    }
}

/// Returns the error for a message marked as compressed without a `grpc-encoding` header.
#[cold]
pub(super) fn unannounced_compression() -> Status {
    Status::internal("a message is marked as compressed, but no grpc-encoding was announced")
}

/// Returns the error for a message type without a codec for the call's format. Calls do not reach this point, because
/// their method is checked first.
#[cold]
pub(super) fn missing_codec(name: &str) -> Status {
    Status::unimplemented(format!("{name} does not support the message format of this call"))
}

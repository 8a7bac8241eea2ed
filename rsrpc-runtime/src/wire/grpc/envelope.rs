//! The message envelope (`Length-Prefixed-Message`).

use bytes::{BufMut, BytesMut};

use super::extra::{Sending, missing};
use crate::call::{MessageCodec, ProtobufCodec, Status};
use crate::wire::http2::Frame;

/// Flag and length before each message.
pub(crate) const PREFIX: usize = 5;

/// A message in its envelope, in one allocation of its exact size.
pub(crate) fn message_frame<M>(
    codec: &MessageCodec<M>,
    message: &M,
    extra: Option<&Sending>,
) -> Result<Frame, Status> {
    if let Some(extra) = extra {
        let mut head = BytesMut::new();
        extra.put(codec, message, &mut head)?;
        return Ok(head.freeze().into());
    }
    let codec = codec.as_protobuf().ok_or_else(|| missing(codec.name()))?;
    let length = (codec.encoded_len)(message);
    let mut head = BytesMut::with_capacity(PREFIX + length);
    put_message(codec, message, length, &mut head)?;
    Ok(head.freeze().into())
}

/// Appends a message of a known length in its envelope.
#[inline]
pub(crate) fn put_message<M>(
    codec: &ProtobufCodec<M>,
    message: &M,
    length: usize,
    buffer: &mut BytesMut,
) -> Result<(), Status> {
    let prefix = u32::try_from(length).map_err(|_| too_large(length))?;
    buffer.put_u8(0);
    buffer.put_u32(prefix);
    (codec.encode)(message, buffer);
    Ok(())
}

#[cold]
pub(super) fn too_large(length: usize) -> Status {
    Status::resource_exhausted(format!(
        "a message of {length} bytes exceeds gRPC's limit of 4 GiB"
    ))
}

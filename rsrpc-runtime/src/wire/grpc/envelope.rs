//! The message envelope (`Length-Prefixed-Message`).

use bytes::{BufMut, BytesMut};

use crate::call::{ProtobufCodec, Status};
use crate::wire::http2::Frame;

/// Flag and length before each message.
pub(crate) const PREFIX: usize = 5;

/// A message in its envelope, in one allocation of its exact size.
pub(crate) fn message_frame<M>(codec: &ProtobufCodec<M>, message: &M) -> Result<Frame, Status> {
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
    let prefix = u32::try_from(length).map_err(|_| {
        Status::resource_exhausted(format!(
            "a message of {length} bytes exceeds gRPC's limit of 4 GiB"
        ))
    })?;
    buffer.put_u8(0);
    buffer.put_u32(prefix);
    (codec.encode)(message, buffer);
    Ok(())
}

//! The message envelope (`Length-Prefixed-Message`).

use std::cell::Cell;

use bytes::{BufMut, BytesMut};

use super::options::{EncodeOptions, missing_codec};
use crate::call::{MessageCodec, ProtobufCodec, Status};
use crate::wire::http2::Frame;

/// Size in bytes of the flag and length before each message.
pub(crate) const PREFIX_BYTES: usize = 5;

/// Encodes a message with its envelope, in one allocation of the exact size.
pub(crate) fn message_frame<M>(
    codec: &MessageCodec<M>,
    message: &M,
    options: Option<&EncodeOptions>,
) -> Result<Frame, Status> {
    if let Some(options) = options {
        let mut head = BytesMut::new();
        options.encode_frame(codec, message, &mut head)?;
        return Ok(head.freeze().into());
    }
    let codec = codec.as_protobuf().ok_or_else(|| missing_codec(codec.name()))?;
    let length = (codec.encoded_len)(message);
    let mut head = BytesMut::with_capacity(PREFIX_BYTES + length);
    put_message(codec, message, length, &mut head)?;
    Ok(head.freeze().into())
}

/// Capacity in bytes of the thread's buffer for several small messages.
const SHARED_BUFFER_BYTES: usize = 4096;

thread_local! {
    static SHARED_BUFFER: Cell<Option<BytesMut>> = const { Cell::new(None) };
}

/// Like [`message_frame`], for a message that a call sends and also keeps. Small messages share one allocation, so
/// neither the message nor its clone allocates.
pub(crate) fn shared_message_frame<M>(
    codec: &MessageCodec<M>,
    message: &M,
    options: Option<&EncodeOptions>,
) -> Result<Frame, Status> {
    let (None, Some(protobuf)) = (options, codec.as_protobuf()) else {
        return message_frame(codec, message, options);
    };
    let length = (protobuf.encoded_len)(message);
    if length > SHARED_BUFFER_BYTES / 8 {
        return message_frame(codec, message, options);
    }
    // Encoding may start another call on this thread. That call finds no shared buffer and allocates a new one.
    let left = SHARED_BUFFER
        .take()
        .filter(|room| room.capacity() >= PREFIX_BYTES + length);
    let mut room = left.unwrap_or_else(|| BytesMut::with_capacity(SHARED_BUFFER_BYTES));
    put_message(protobuf, message, length, &mut room)?;
    let frame = room.split().freeze();
    SHARED_BUFFER.set(Some(room));
    Ok(frame.into())
}

/// Appends a message of known length with its envelope.
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

#[cfg(all(test, feature = "client"))]
mod tests {
    use bytes::Buf;

    use super::*;

    #[test]
    fn frames_in_shared_buffer_are_intact() {
        let codec = MessageCodec::<String>::protobuf("example.Text");
        // Small and large messages in turn, enough to fill several shared buffers while all frames are alive.
        let messages: Vec<String> = (0..300)
            .map(|n| "x".repeat(n * 7 % (SHARED_BUFFER_BYTES / 4)))
            .collect();
        let frame = |message| shared_message_frame(&codec, message, None).unwrap();
        let frames: Vec<Frame> = messages.iter().map(frame).collect();
        for (message, mut kept) in messages.iter().zip(frames) {
            let mut own = message_frame(&codec, message, None).unwrap();
            assert_eq!(
                kept.copy_to_bytes(kept.remaining()),
                own.copy_to_bytes(own.remaining())
            );
        }
    }
}

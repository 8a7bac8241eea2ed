//! One DATA frame's worth of bytes, and the message envelope (`Length-Prefixed-Message`).

use std::io::IoSlice;

use bytes::{Buf, BufMut, Bytes, BytesMut};

use crate::call::{ProtobufCodec, Status};

/// Flag and length before each message.
pub(crate) const PREFIX: usize = 5;

/// What one DATA frame carries: a head, then maybe a body that is not copied behind it.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    head: Bytes,
    body: Bytes,
}

impl Frame {
    /// A message in its envelope, in one allocation of its exact size.
    pub(crate) fn message<M>(codec: &ProtobufCodec<M>, message: &M) -> Result<Self, Status> {
        let length = (codec.encoded_len)(message);
        let mut head = BytesMut::with_capacity(PREFIX + length);
        put_message(codec, message, length, &mut head)?;
        Ok(head.freeze().into())
    }
}

impl From<Bytes> for Frame {
    fn from(head: Bytes) -> Self {
        Self {
            head,
            body: Bytes::new(),
        }
    }
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

impl Buf for Frame {
    fn remaining(&self) -> usize {
        self.head.len() + self.body.len()
    }

    fn chunk(&self) -> &[u8] {
        if self.head.is_empty() {
            &self.body
        } else {
            &self.head
        }
    }

    fn advance(&mut self, count: usize) {
        let head = count.min(self.head.len());
        self.head.advance(head);
        self.body.advance(count - head);
    }

    fn chunks_vectored<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        let mut used = 0;
        for (part, slice) in [&self.head, &self.body]
            .into_iter()
            .filter(|part| !part.is_empty())
            .zip(slices)
        {
            *slice = IoSlice::new(part);
            used += 1;
        }
        used
    }

    fn copy_to_bytes(&mut self, length: usize) -> Bytes {
        if length <= self.head.len() {
            return self.head.split_to(length);
        }
        if self.head.is_empty() {
            return self.body.split_to(length);
        }
        let mut whole = BytesMut::with_capacity(length);
        whole.put(self.take(length));
        whole.freeze()
    }
}

//! Stubs for builds without compression algorithms. They are never called, because [`Compression`] has no values
//! then.

use bytes::{Bytes, BytesMut};

use crate::call::{Compression, Status};

pub(super) fn compress(algorithm: Compression, _: &[u8], _: &mut BytesMut) -> Result<(), Status> {
    match algorithm {}
}

pub(crate) fn decompress(algorithm: Compression, _: &[u8], _: usize) -> Result<Bytes, Status> {
    match algorithm {}
}

//! What stands for the algorithms in a build that has none: never called, since there is no [`Compression`] to call it by.

use bytes::{Bytes, BytesMut};

use crate::call::{Compression, Status};

pub(super) fn compress(algorithm: Compression, _: &[u8], _: &mut BytesMut) -> Result<(), Status> {
    match algorithm {}
}

pub(crate) fn decompress(algorithm: Compression, _: &[u8], _: usize) -> Result<Bytes, Status> {
    match algorithm {}
}

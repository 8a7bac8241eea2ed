//! The zstd format.

use std::cell::RefCell;
use std::io;

use zstd::bulk::Compressor;
use zstd::stream::raw::{DParameter, Decoder, Operation as _};

use super::{DecompressBuffer, DecompressError};

const COMPRESSION_LEVEL: i32 = zstd::DEFAULT_COMPRESSION_LEVEL;
/// Base-2 logarithm of the largest accepted window: 8 MiB, the size that RFC 8878 §3.1.1.1.2 recommends to support.
/// The window bounds the memory of a decompressor.
const WINDOW_LOG: u32 = 23;

thread_local! {
    static COMPRESSOR: RefCell<Option<Compressor<'static>>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decoder<'static>>> = const { RefCell::new(None) };
}

pub(super) fn compress(plain: &[u8]) -> Result<Vec<u8>, io::Error> {
    COMPRESSOR.with_borrow_mut(|kept| {
        let mut compressor = match kept.take() {
            Some(compressor) => compressor,
            None => Compressor::new(COMPRESSION_LEVEL)?,
        };
        let compressed = compressor.compress(plain)?;
        *kept = Some(compressor);
        Ok(compressed)
    })
}

pub(super) fn decompress(bytes: &[u8], plain: &mut DecompressBuffer) -> Result<(), DecompressError> {
    DECOMPRESSOR.with_borrow_mut(|kept| {
        let mut decompressor = match kept.take() {
            Some(decompressor) => decompressor,
            None => {
                let mut new = Decoder::new()?;
                new.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
                new
            }
        };
        decompress_frames(&mut decompressor, bytes, plain)?;
        // A decompressor that failed inside a frame is not cached.
        *kept = Some(decompressor);
        Ok(())
    })
}

fn decompress_frames(
    decompressor: &mut Decoder<'static>,
    mut bytes: &[u8],
    plain: &mut DecompressBuffer,
) -> Result<(), DecompressError> {
    // At the limit the buffer is full, but the decoder still needs room to report the end of the stream.
    let mut past_limit = [0];
    loop {
        let full = plain.is_full();
        let room = if full { &mut past_limit[..] } else { plain.room()? };
        let step = decompressor.run_on_buffers(bytes, room)?;
        if full && step.bytes_written > 0 {
            return Err(DecompressError::TooLarge);
        }
        plain.advance(step.bytes_written);
        bytes = &bytes[step.bytes_read..];
        match (step.remaining, bytes) {
            (0, []) => return Ok(()),
            _ if step.bytes_read == 0 && step.bytes_written == 0 => {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "unexpected end of data").into());
            }
            _ => {}
        }
    }
}

//! The gzip and zlib formats.

use std::cell::RefCell;
use std::io;
use std::thread::LocalKey;

use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

use super::{DecompressBuffer, DecompressError};

/// Base-2 logarithm of the window size in bytes. This is the largest window, and every decompressor supports it.
const WINDOW_LOG: u8 = 15;
/// Maximum number of members in a gzip file. Each member needs a new decompressor.
const MAX_GZIP_MEMBERS: usize = 16;

thread_local! {
    pub(super) static GZIP: RefCell<Compress> = RefCell::new(Compress::new_gzip(Compression::default(), WINDOW_LOG));
    pub(super) static ZLIB: RefCell<Compress> = RefCell::new(Compress::new(Compression::default(), true));
}

pub(super) fn compress(
    compressor: &'static LocalKey<RefCell<Compress>>,
    plain: &[u8],
) -> Result<Vec<u8>, io::Error> {
    compressor.with_borrow_mut(|compressor| {
        compressor.reset();
        let mut output = Vec::with_capacity(plain.len() / 2 + 64);
        let mut read = 0;
        loop {
            let status = compressor.compress_vec(&plain[read..], &mut output, FlushCompress::Finish);
            read = compressor.total_in() as usize;
            match status.map_err(io::Error::from)? {
                Status::StreamEnd => return Ok(output),
                Status::Ok | Status::BufError => output.reserve(plain.len() / 2 + 64),
            }
        }
    })
}

pub(super) fn gunzip(mut bytes: &[u8], plain: &mut DecompressBuffer) -> Result<(), DecompressError> {
    for _ in 0..MAX_GZIP_MEMBERS {
        bytes = decompress_stream(Decompress::new_gzip(WINDOW_LOG), bytes, plain)?;
        if bytes.is_empty() {
            return Ok(());
        }
    }
    Err(broken(format!("more than {MAX_GZIP_MEMBERS} gzip members")))
}

pub(super) fn inflate(bytes: &[u8], plain: &mut DecompressBuffer) -> Result<(), DecompressError> {
    match decompress_stream(Decompress::new(true), bytes, plain)? {
        [] => Ok(()),
        rest => Err(broken(format!(
            "{} unexpected bytes after the end of the stream",
            rest.len()
        ))),
    }
}

/// Decompresses one stream and returns the bytes that follow it.
fn decompress_stream<'a>(
    mut decompressor: Decompress,
    bytes: &'a [u8],
    plain: &mut DecompressBuffer,
) -> Result<&'a [u8], DecompressError> {
    // At the limit the buffer is full, but the decoder still needs room to report the end of the stream.
    let mut past_limit = [0];
    loop {
        let (read, written) = (decompressor.total_in(), decompressor.total_out());
        let full = plain.is_full();
        let room = if full { &mut past_limit[..] } else { plain.room()? };
        let status = decompressor
            .decompress(&bytes[read as usize..], room, FlushDecompress::None)
            .map_err(io::Error::from)?;
        let written = (decompressor.total_out() - written) as usize;
        if full && written > 0 {
            return Err(DecompressError::TooLarge);
        }
        plain.advance(written);
        let progress = written > 0 || decompressor.total_in() > read;
        match status {
            Status::StreamEnd => return Ok(&bytes[decompressor.total_in() as usize..]),
            Status::Ok | Status::BufError if progress => {}
            Status::Ok | Status::BufError => return Err(broken("unexpected end of data".to_owned())),
        }
    }
}

fn broken(reason: String) -> DecompressError {
    DecompressError::Broken(io::Error::new(io::ErrorKind::InvalidData, reason))
}

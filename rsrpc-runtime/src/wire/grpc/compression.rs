//! The algorithms of `grpc-encoding` ([compression.md](https://github.com/grpc/grpc/blob/master/doc/compression.md)).
//!
//! Allocating a compressor's memory is expensive, so each thread caches one compressor of each kind. Decompression
//! stops at the receiver's limit, regardless of the size that the message declares.

use bytes::{Bytes, BytesMut};

use crate::call::{Compression, Status};

#[cfg(feature = "gzip")]
mod deflate;
#[cfg(feature = "zstd")]
mod zstandard;

/// Compresses a message and appends it to `output`.
pub(super) fn compress(algorithm: Compression, plain: &[u8], output: &mut BytesMut) -> Result<(), Status> {
    let compressed: Result<Vec<u8>, std::io::Error> = match algorithm {
        #[cfg(feature = "gzip")]
        Compression::Gzip => deflate::compress(&deflate::GZIP, plain),
        #[cfg(feature = "gzip")]
        Compression::Deflate => deflate::compress(&deflate::ZLIB, plain),
        #[cfg(feature = "zstd")]
        Compression::Zstd => zstandard::compress(plain),
    };
    let compressed = compressed.map_err(|error| {
        Status::internal(format!("message compression failed: {error}")).with_source(error)
    })?;
    output.extend_from_slice(&compressed);
    Ok(())
}

/// The reason why a message cannot be decompressed.
#[derive(Debug)]
enum DecompressError {
    /// The decompressed message exceeds the limit.
    TooLarge,
    /// The compressed data is invalid.
    Broken(std::io::Error),
}

impl From<std::io::Error> for DecompressError {
    fn from(error: std::io::Error) -> Self {
        Self::Broken(error)
    }
}

/// Decompresses a message to at most `limit` bytes.
pub(crate) fn decompress(algorithm: Compression, bytes: &[u8], limit: usize) -> Result<Bytes, Status> {
    let mut plain = DecompressBuffer::new(bytes.len(), limit);
    let decompressed: Result<(), DecompressError> = match algorithm {
        #[cfg(feature = "gzip")]
        Compression::Gzip => deflate::gunzip(bytes, &mut plain),
        #[cfg(feature = "gzip")]
        Compression::Deflate => deflate::inflate(bytes, &mut plain),
        #[cfg(feature = "zstd")]
        Compression::Zstd => zstandard::decompress(bytes, &mut plain),
    };
    match decompressed {
        Ok(()) => Ok(plain.finish()),
        Err(DecompressError::TooLarge) => Err(Status::resource_exhausted(format!(
            "a message decompresses to more than the limit of {limit} bytes"
        ))),
        Err(DecompressError::Broken(error)) => {
            let message = format!("{algorithm} decompression of a message failed: {error}");
            Err(Status::internal(message).with_source(error))
        }
    }
}

/// An output buffer for decompressed bytes. It grows on demand up to a limit.
struct DecompressBuffer {
    bytes: Vec<u8>,
    used: usize,
    limit: usize,
}

impl DecompressBuffer {
    fn new(compressed: usize, limit: usize) -> Self {
        Self {
            bytes: vec![0; compressed.saturating_mul(4).clamp(512, 64 << 10).min(limit)],
            used: 0,
            limit,
        }
    }

    /// Returns free space to write into, which is never empty.
    fn room(&mut self) -> Result<&mut [u8], DecompressError> {
        if self.used == self.bytes.len() {
            if self.used >= self.limit {
                return Err(DecompressError::TooLarge);
            }
            let grown = self.bytes.len().saturating_mul(2).max(512).min(self.limit);
            self.bytes.resize(grown, 0);
        }
        Ok(&mut self.bytes[self.used..])
    }

    /// Returns `true` if the buffer has reached its limit.
    fn is_full(&self) -> bool {
        self.used >= self.limit
    }

    fn advance(&mut self, bytes: usize) {
        self.used += bytes;
    }

    fn finish(mut self) -> Bytes {
        self.bytes.truncate(self.used);
        self.bytes.into()
    }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use super::*;
    use crate::Code;

    const ALL: [Compression; 3] = [Compression::Gzip, Compression::Deflate, Compression::Zstd];

    fn packed(algorithm: Compression, plain: &[u8]) -> BytesMut {
        let mut output = BytesMut::new();
        compress(algorithm, plain, &mut output).unwrap();
        output
    }

    #[test]
    fn messages_round_trip() {
        for algorithm in ALL {
            for length in [0, 1, 511, 512, 513, 65_535, 65_536, 300_000] {
                let plain: Vec<u8> = (0..length).map(|n: usize| (n / 7 % 251) as u8).collect();
                let packed = packed(algorithm, &plain);
                assert_eq!(
                    decompress(algorithm, &packed, length).unwrap(),
                    plain,
                    "{algorithm} {length}"
                );
            }
        }
    }

    #[test]
    fn decompression_stops_at_limit() {
        for algorithm in ALL {
            let bomb = packed(algorithm, &vec![0; 8 << 20]);
            assert!(bomb.len() < 128 << 10);
            for limit in [0, 1, 4096, (8 << 20) - 1] {
                let status = decompress(algorithm, &bomb, limit).unwrap_err();
                assert_eq!(status.code(), Code::ResourceExhausted);
                assert_eq!(
                    status.message(),
                    format!("a message decompresses to more than the limit of {limit} bytes")
                );
            }
        }
    }

    #[test]
    fn invalid_data_is_rejected() {
        let plain: Vec<u8> = (0..5000u32).flat_map(|n| (n * n).to_le_bytes()).collect();
        for algorithm in ALL {
            let whole = packed(algorithm, &plain);
            let mut cases: Vec<Vec<u8>> = (0..whole.len())
                .step_by(97)
                .map(|end| whole[..end].to_vec())
                .collect();
            cases.push([&whole, b"trailing".as_slice()].concat());
            cases.push(vec![0xff; 100]);
            for case in cases {
                let status = decompress(algorithm, &case, 1 << 20).unwrap_err();
                assert_eq!(status.code(), Code::Internal, "{algorithm}");
                let text = format!("{algorithm} decompression of a message failed: ");
                assert!(status.message().starts_with(&text), "{status}");
            }
            // Check that the cached decompressor works after an error.
            assert_eq!(decompress(algorithm, &whole, 1 << 20).unwrap(), plain);
        }
    }

    #[test]
    fn concatenated_members_decode_as_one_message() {
        for algorithm in [Compression::Gzip, Compression::Zstd] {
            let two = [packed(algorithm, b"one, "), packed(algorithm, b"two")].concat();
            assert_eq!(decompress(algorithm, &two, 100).unwrap(), "one, two");
        }
        let many = packed(Compression::Gzip, b"").repeat(100_000);
        let status = decompress(Compression::Gzip, &many, 100).unwrap_err();
        assert!(
            status.message().ends_with("more than 16 gzip members"),
            "{status}"
        );
    }

    #[test]
    fn large_zstd_window_is_rejected() {
        // A zstd frame header that requests a window of 1 GiB, followed by one empty, final raw block.
        let frame = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa0, 0x01, 0x00, 0x00];
        let status = decompress(Compression::Zstd, &frame, 1 << 20).unwrap_err();
        assert_eq!(status.code(), Code::Internal);
    }
}

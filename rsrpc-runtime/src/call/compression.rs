//! Message compression of a call: the algorithm names, and the choice that a handler can make. The algorithms are
//! implemented elsewhere.

// Public only with at least one algorithm; handlers select compression only then.
#![cfg_attr(
    not(any(feature = "gzip", feature = "zstd")),
    allow(dead_code, unreachable_pub)
)]

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// A compression algorithm for gRPC messages: a value of `grpc-encoding`.
///
/// Do not compress messages that combine a secret with data from an untrusted party. The compressed length lets that
/// party guess the secret ([BREACH](https://breachattack.com)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// `gzip`, [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), at level 6. Every gRPC library supports it.
    #[cfg(feature = "gzip")]
    Gzip,
    /// `deflate`: the zlib format of [RFC 1950](https://www.rfc-editor.org/rfc/rfc1950), at level 6.
    #[cfg(feature = "gzip")]
    Deflate,
    /// `zstd`, [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878), at level 3. Smaller output than gzip and several
    /// times faster, if the peer supports it. Windows above 8 MiB are rejected, as the RFC advises.
    #[cfg(feature = "zstd")]
    Zstd,
}

/// Default size in bytes below which messages are not compressed. They fit into one network packet either way, so
/// compression would only cost CPU time.
pub(crate) const MIN_COMPRESSED_BYTES: usize = 1024;

impl Compression {
    const ALL: &'static [Self] = &[
        #[cfg(feature = "gzip")]
        Self::Gzip,
        #[cfg(feature = "gzip")]
        Self::Deflate,
        #[cfg(feature = "zstd")]
        Self::Zstd,
    ];

    /// Returns the name on the wire, such as `gzip`.
    pub const fn name(self) -> &'static str {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            #[cfg(feature = "gzip")]
            Self::Deflate => "deflate",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }

    pub(crate) fn from_name(name: &[u8]) -> Option<Self> {
        let has_name = |algorithm: &Self| algorithm.name().as_bytes() == name;
        Self::ALL.iter().copied().find(has_name)
    }

    /// Returns the algorithm's bit in a [`CompressionAlgorithms`] set.
    fn bit(self) -> u8 {
        match self {
            #[cfg(feature = "gzip")]
            Self::Gzip => 1,
            #[cfg(feature = "gzip")]
            Self::Deflate => 2,
            #[cfg(feature = "zstd")]
            Self::Zstd => 4,
        }
    }
}

impl std::fmt::Display for Compression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of compression algorithms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct CompressionAlgorithms(u8);

impl CompressionAlgorithms {
    pub(crate) fn contains(self, algorithm: Compression) -> bool {
        self.0 & algorithm.bit() != 0
    }

    pub(crate) fn insert(&mut self, algorithm: Compression) {
        self.0 |= algorithm.bit();
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Compression> {
        Compression::ALL
            .iter()
            .copied()
            .filter(move |one| self.contains(*one))
    }

    /// Formats the value of `grpc-accept-encoding`: `identity` and the algorithms in this set.
    pub(crate) fn names(self) -> String {
        let mut names = "identity".to_owned();
        for algorithm in self.iter() {
            names.push(',');
            names.push_str(algorithm.name());
        }
        names
    }

    /// Parses a `grpc-accept-encoding` value. Unknown algorithms are skipped.
    pub(crate) fn parse(value: &[u8]) -> Self {
        let names = value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
        let mut known = Self::default();
        names
            .filter_map(Compression::from_name)
            .for_each(|algorithm| known.insert(algorithm));
        known
    }
}

impl FromIterator<Compression> for CompressionAlgorithms {
    fn from_iter<I: IntoIterator<Item = Compression>>(algorithms: I) -> Self {
        let mut all = Self::default();
        algorithms.into_iter().for_each(|algorithm| all.insert(algorithm));
        all
    }
}

/// The compression that a call sets for its own messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum CompressionOverride {
    /// The channel's default.
    #[default]
    Inherit,
    Off,
    Algorithm(Compression),
}

impl From<Option<Compression>> for CompressionOverride {
    fn from(compression: Option<Compression>) -> Self {
        compression.map_or(Self::Off, Self::Algorithm)
    }
}

/// The compression state of one call on the server, shared by its handler and its wire protocol.
#[derive(Debug)]
pub(crate) struct CallCompression {
    /// Algorithms that the caller accepts.
    accepted: CompressionAlgorithms,
    /// Bit of the algorithm selected for replies; 0 for none.
    selected: AtomicU8,
    /// Bit of the algorithm announced in the headers; [`HEADERS_NOT_SENT`] before that.
    announced: AtomicU8,
    /// Set while the most recent request message was compressed.
    request_compressed: AtomicBool,
}

/// Value of [`CallCompression::announced`] before the headers are sent.
const HEADERS_NOT_SENT: u8 = u8::MAX;

impl CallCompression {
    pub(crate) fn new(accepted: CompressionAlgorithms, selected: Option<Compression>) -> Self {
        Self {
            accepted,
            selected: AtomicU8::new(selected.map_or(0, Compression::bit)),
            announced: AtomicU8::new(HEADERS_NOT_SENT),
            request_compressed: AtomicBool::new(false),
        }
    }

    /// Selects the compression of replies. Returns `false` if the caller does not accept it, or the headers announced
    /// another algorithm.
    pub(crate) fn select(&self, compression: Option<Compression>) -> bool {
        let bit = compression.map_or(0, Compression::bit);
        let announced = self.announced.load(Ordering::Acquire);
        let possible = match compression {
            None => true,
            Some(algorithm) => {
                self.accepted.contains(algorithm) && matches!(announced, HEADERS_NOT_SENT) || announced == bit
            }
        };
        if possible {
            self.selected.store(bit, Ordering::Release);
        }
        possible
    }

    /// Fixes the algorithm when the headers are sent, and returns it for `grpc-encoding`.
    pub(crate) fn announce(&self) -> Option<Compression> {
        let selected = self.selected.load(Ordering::Acquire);
        self.announced.store(selected, Ordering::Release);
        let has_bit = |algorithm: &Compression| algorithm.bit() == selected;
        Compression::ALL.iter().copied().find(has_bit)
    }

    /// Returns whether the next message is compressed with the announced algorithm.
    pub(crate) fn is_enabled(&self) -> bool {
        self.selected.load(Ordering::Acquire) != 0
    }

    pub(crate) fn set_request_compressed(&self, compressed: bool) {
        self.request_compressed.store(compressed, Ordering::Release);
    }

    pub(crate) fn is_request_compressed(&self) -> bool {
        self.request_compressed.load(Ordering::Acquire)
    }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use super::*;

    #[test]
    fn accept_encoding_lists_are_parsed_and_formatted() {
        let parsed = CompressionAlgorithms::parse(b"identity, gzip,br ,zstd");
        assert_eq!(
            parsed,
            [Compression::Gzip, Compression::Zstd].into_iter().collect()
        );
        assert_eq!(parsed.names(), "identity,gzip,zstd");
        assert!(CompressionAlgorithms::parse(b"GZIP").is_empty());
    }

    #[test]
    fn handler_selects_compression_until_headers_are_sent() {
        let accepted: CompressionAlgorithms = [Compression::Gzip, Compression::Zstd].into_iter().collect();
        let call = CallCompression::new(accepted, Some(Compression::Gzip));
        assert!(!call.select(Some(Compression::Deflate)));
        assert!(call.select(Some(Compression::Zstd)));
        assert_eq!(call.announce(), Some(Compression::Zstd));
        assert!(!call.select(Some(Compression::Gzip)));
        assert!(call.select(None) && !call.is_enabled());
        assert!(call.select(Some(Compression::Zstd)) && call.is_enabled());
        let call = CallCompression::new(accepted, None);
        assert_eq!(call.announce(), None);
        assert!(!call.select(Some(Compression::Gzip)));
    }
}

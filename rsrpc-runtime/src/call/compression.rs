//! Which compression a call's messages may have, and what a handler can say of it. The algorithms are not here.

// Public, and asked by handlers, only where there is an algorithm.
#![cfg_attr(
    not(any(feature = "gzip", feature = "zstd")),
    allow(dead_code, unreachable_pub)
)]

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

/// An algorithm that gRPC messages are compressed by: a value of `grpc-encoding`.
///
/// Compressing data of a stranger together with a secret lets him guess the secret by the length that comes of it
/// ([BREACH](https://breachattack.com)): leave such messages uncompressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Compression {
    /// `gzip`, [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), at level 6: what every gRPC library understands.
    #[cfg(feature = "gzip")]
    Gzip,
    /// `deflate`: the zlib format of [RFC 1950](https://www.rfc-editor.org/rfc/rfc1950), at level 6.
    #[cfg(feature = "gzip")]
    Deflate,
    /// `zstd`, [RFC 8878](https://www.rfc-editor.org/rfc/rfc8878), at level 3: smaller and several times faster than
    /// gzip, where the other side has it. Windows above 8 MiB are refused, as that document advises.
    #[cfg(feature = "zstd")]
    Zstd,
}

/// What is smaller than this is sent as it is, unless something else is asked for: it fills one network packet either way,
/// and the work is for nothing.
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

    /// The name on the wire, such as `gzip`.
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

    /// A bit of its own.
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

/// Some of the algorithms.
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

    /// The value of `grpc-accept-encoding`: these, and none.
    pub(crate) fn names(self) -> String {
        let mut names = "identity".to_owned();
        for algorithm in self.iter() {
            names.push(',');
            names.push_str(algorithm.name());
        }
        names
    }

    /// Those of a `grpc-accept-encoding` that are known here.
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

/// What a call says of the compression of its own messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum CompressionOverride {
    /// Nothing: what its channel does.
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

/// The compression of one call on the server, which its handler and its wire share.
#[derive(Debug)]
pub(crate) struct CallCompression {
    /// What the caller takes.
    accepted: CompressionAlgorithms,
    /// What replies are to be compressed by: an algorithm's bit, or none.
    selected: AtomicU8,
    /// What the headers have announced, once they are sent.
    announced: AtomicU8,
    /// Whether the newest request message came compressed.
    request_compressed: AtomicBool,
}

/// Of [`CallCompression::announced`]: the headers are not sent yet.
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

    /// Whether replies will be sent so.
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

    /// The headers are sent now: what they announce.
    pub(crate) fn announce(&self) -> Option<Compression> {
        let selected = self.selected.load(Ordering::Acquire);
        self.announced.store(selected, Ordering::Release);
        let has_bit = |algorithm: &Compression| algorithm.bit() == selected;
        Compression::ALL.iter().copied().find(has_bit)
    }

    /// Whether the next message is compressed, by what is announced.
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
    fn lists_are_read_and_written() {
        let parsed = CompressionAlgorithms::parse(b"identity, gzip,br ,zstd");
        assert_eq!(
            parsed,
            [Compression::Gzip, Compression::Zstd].into_iter().collect()
        );
        assert_eq!(parsed.names(), "identity,gzip,zstd");
        assert!(CompressionAlgorithms::parse(b"GZIP").is_empty());
    }

    #[test]
    fn a_handler_may_turn_it_off_and_choose_before_the_headers() {
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

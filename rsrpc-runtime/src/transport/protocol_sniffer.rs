//! Detection of a server's protocol from the first bytes it sends.

/// Number of bytes recorded: enough for the status line of an HTTP/1.1 response.
const MAX_SNIFFED_BYTES: usize = 64;

/// The first bytes that a peer sent.
#[derive(Debug)]
pub(super) struct ProtocolSniffer {
    bytes: [u8; MAX_SNIFFED_BYTES],
    length: usize,
}

impl ProtocolSniffer {
    pub(super) fn new() -> Self {
        Self {
            bytes: [0; MAX_SNIFFED_BYTES],
            length: 0,
        }
    }

    #[inline]
    pub(super) fn is_complete(&self) -> bool {
        self.length == MAX_SNIFFED_BYTES
    }

    /// Records bytes read from the peer, up to the limit.
    #[cold]
    pub(super) fn record(&mut self, read: &[u8]) {
        let place = &mut self.bytes[self.length..];
        let count = place.len().min(read.len());
        place[..count].copy_from_slice(&read[..count]);
        self.length += count;
    }
}

#[cfg(feature = "client")]
impl ProtocolSniffer {
    fn bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }

    /// Returns whether the first frame is SETTINGS, as HTTP/2 requires of a server ([RFC 9113
    /// §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4)).
    pub(super) fn is_settings(&self) -> bool {
        const TYPE: u8 = 4;
        self.bytes().get(3..9) == Some(&[TYPE, 0, 0, 0, 0, 0])
    }

    /// Describes the first bytes of a server that does not speak HTTP/2. Returns `None` if the server has sent
    /// nothing or may speak HTTP/2.
    pub(super) fn describe(&self) -> Option<String> {
        let bytes = self.bytes();
        if bytes.is_empty() || self.is_settings() {
            return None;
        }
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next()?;
        let line = line.escape_ascii();
        Some(match bytes {
            [b'H', b'T', b'T', b'P', b'/', ..] => {
                format!("the server sent \"{line}\": it does not speak HTTP/2 on this port")
            }
            // A TLS record: the content type, then a version 3.x (RFC 8446 §5.1).
            [0x14..=0x17, 3, 0..=4, ..] => {
                "the server sent a TLS record: it expects TLS on this port, but this channel is plaintext; \
                 use https:// or .tls()"
                    .to_owned()
            }
            _ => format!("the server sent \"{line}\", which is not HTTP/2"),
        })
    }
}

#[cfg(all(test, feature = "client"))]
mod tests {
    use super::*;

    #[test]
    fn protocol_is_sniffed_from_first_bytes() {
        let check = |read: &[&[u8]], is_settings, said: Option<&str>| {
            let mut sniffer = ProtocolSniffer::new();
            for part in read {
                sniffer.record(part);
            }
            assert_eq!(
                (sniffer.is_settings(), sniffer.describe().as_deref()),
                (is_settings, said)
            );
        };
        check(&[], false, None);
        check(&[b"\0\0\x06\x04\0", b"\0\0\0\0", &[7; 100]], true, None);
        check(
            &[b"HTTP/1.1 400 ", b"Bad Request\r\nserver: x\r\n"],
            false,
            Some("the server sent \"HTTP/1.1 400 Bad Request\": it does not speak HTTP/2 on this port"),
        );
        check(
            &[&[0x15, 3, 1, 0, 2, 2, 0x46]],
            false,
            Some(
                "the server sent a TLS record: it expects TLS on this port, but this channel is plaintext; \
                 use https:// or .tls()",
            ),
        );
        check(
            &[b"SSH-2.0-x\r\n"],
            false,
            Some("the server sent \"SSH-2.0-x\", which is not HTTP/2"),
        );
        check(
            &[&[0; 4]],
            false,
            Some("the server sent \"\\x00\\x00\\x00\\x00\", which is not HTTP/2"),
        );
    }
}

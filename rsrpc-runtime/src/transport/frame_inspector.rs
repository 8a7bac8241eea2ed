//! Inspection of HTTP/2 frame headers, for attack defences that `h2` lacks.
//!
//! `h2` replies to PING and SETTINGS without reporting them. The inspector spends a few instructions per frame to
//! detect floods of these frames ([CVE-2019-9512](https://nvd.nist.gov/vuln/detail/CVE-2019-9512),
//! [CVE-2019-9515](https://nvd.nist.gov/vuln/detail/CVE-2019-9515)) and of RST_STREAM
//! ([CVE-2023-44487](https://nvd.nist.gov/vuln/detail/CVE-2023-44487)), and peers that leave a frame or a header
//! block unfinished. It reads the clock only for rare frames.

use std::time::Duration;

use tokio::time::Instant;

/// Length in bytes of the client's connection preface, which precedes the first frame.
const PREFACE_BYTES: usize = 24;
const HEADER_BYTES: usize = 9;

/// Number of RST_STREAM frames within [`FLOOD_WINDOW`] that count as a flood, if they cancel over half of the streams
/// opened meanwhile.
const MAX_RESETS: u32 = 1000;
/// Number of SETTINGS frames within [`FLOOD_WINDOW`] that count as a flood.
const MAX_SETTINGS: u32 = 100;
/// Period over which RST_STREAM and SETTINGS frames are counted.
const FLOOD_WINDOW: Duration = Duration::from_secs(10);
/// Number of control frames allowed without any HEADERS or DATA. Control frames here are PRIORITY, WINDOW_UPDATE and
/// frames of unknown types.
const FREE_CONTROL_FRAMES: u64 = 1000;
/// Number of further control frames allowed for each HEADERS or DATA frame, in either direction.
const CONTROL_FRAMES_PER_WORK_FRAME: u64 = 10;
/// Maximum number of PINGs that may arrive too early. The next one closes the connection (gRFC A8).
pub(crate) const MAX_EARLY_PINGS: u32 = 2;
/// Minimum interval between PINGs on a connection without calls (gRFC A8).
const IDLE_PING_INTERVAL: Duration = Duration::from_secs(2 * 60 * 60);

mod kind {
    pub(super) const DATA: u8 = 0;
    pub(super) const HEADERS: u8 = 1;
    pub(super) const RST_STREAM: u8 = 3;
    pub(super) const SETTINGS: u8 = 4;
    pub(super) const PING: u8 = 6;
    pub(super) const CONTINUATION: u8 = 9;
}

const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

/// A limit on frames that the peer has exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameFlood {
    /// A HEADERS frame larger than the limit for a whole header list.
    Headers,
    Pings,
    Resets,
    Settings,
    ControlFrames,
}

impl FrameFlood {
    /// Returns the name sent as debug data in the GOAWAY.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Headers => "headers_too_large",
            Self::Pings => "too_many_pings",
            Self::Resets => "too_many_resets",
            Self::Settings => "too_many_settings",
            Self::ControlFrames => "too_many_control_frames",
        }
    }
}

/// Statistics about the frames of a connection.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameStats {
    pub(crate) bytes_read: u64,
    /// Total bytes sent before the socket stopped accepting writes. `None` if the socket is not blocked.
    pub(crate) blocked_at: Option<u64>,
    /// Number of DATA frames written.
    pub(crate) data_written: u64,
    /// Number of streams that the peer has opened.
    pub(crate) requests: u64,
    /// The highest stream ID that the peer has opened.
    pub(crate) last_stream: u32,
    /// The frame or header block that the peer has only partly sent.
    pub(crate) unfinished: Option<UnfinishedInput>,
    /// PINGs that arrived too early since this end last wrote HEADERS or DATA.
    pub(crate) early_pings: u32,
    /// PINGs that arrived too early for a connection without calls.
    pub(crate) idle_pings: u32,
    pub(crate) flood: Option<FrameFlood>,
}

/// Input of which only the beginning has arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnfinishedInput {
    /// A header block, identified by the number of its first frame.
    Headers(u64),
    /// A frame, identified by its number.
    Frame(u64),
}

#[derive(Debug)]
pub(crate) struct FrameInspector {
    read: FrameCursor,
    written: FrameCursor,
    stats: FrameStats,
    /// Number of HEADERS and DATA frames, in both directions.
    work_frames: u64,
    control_frames: u64,
    /// Number of the frame that began the currently open header block.
    open_header_block: Option<u64>,
    resets: RateCounter,
    /// Number of requests when the current count of resets began.
    requests_before: u64,
    settings: RateCounter,
    /// HEADERS or DATA were written since the last PING.
    has_written_since_ping: bool,
    last_ping: Option<Instant>,
    /// The socket had no more bytes in this poll of the connection's task. The socket will wake the task.
    pub(super) is_drained: bool,
    limits: FrameLimits,
}

/// Limits on the frames that a peer may send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameLimits {
    /// Minimum interval between PINGs. Earlier ones are counted.
    pub(crate) min_ping_time: Duration,
    /// Maximum size of a HEADERS frame, in bytes. The frame limit of `h2` applies to DATA as well, and `h2` rejects
    /// oversized headers only after receiving all of them.
    pub(crate) max_headers: u32,
}

impl FrameInspector {
    pub(crate) fn new(limits: FrameLimits) -> Self {
        Self {
            read: FrameCursor {
                skip: PREFACE_BYTES,
                ..FrameCursor::default()
            },
            written: FrameCursor::default(),
            stats: FrameStats::default(),
            work_frames: 0,
            control_frames: 0,
            open_header_block: None,
            resets: RateCounter::default(),
            requests_before: 0,
            settings: RateCounter::default(),
            has_written_since_ping: false,
            last_ping: None,
            is_drained: false,
            limits,
        }
    }

    pub(super) fn stats(&self) -> FrameStats {
        let unfinished = match self.open_header_block {
            Some(frame) => Some(UnfinishedInput::Headers(frame)),
            None if self.read.is_at_boundary() => None,
            None => Some(UnfinishedInput::Frame(self.read.frames)),
        };
        FrameStats {
            unfinished,
            ..self.stats
        }
    }

    /// Returns whether the last written frame is complete.
    pub(super) fn is_at_write_boundary(&self) -> bool {
        self.written.is_at_boundary()
    }

    pub(super) fn has_flood(&self) -> bool {
        self.stats.flood.is_some()
    }

    pub(super) fn inspect_written(&mut self, mut bytes: &[u8]) {
        while let Some(head) = self.written.next(&mut bytes) {
            if head.kind <= kind::HEADERS {
                self.has_written_since_ping = true;
                self.work_frames += 1;
                self.stats.data_written += u64::from(head.kind == kind::DATA);
            }
        }
    }

    pub(super) fn inspect_read(&mut self, mut bytes: &[u8]) {
        self.stats.bytes_read += bytes.len() as u64;
        while let Some(head) = self.read.next(&mut bytes) {
            match head.kind {
                kind::DATA => self.work_frames += 1,
                kind::HEADERS => {
                    self.work_frames += 1;
                    if head.stream > self.stats.last_stream {
                        self.stats.last_stream = head.stream;
                        self.stats.requests += 1;
                    }
                    self.open_header_block = (head.flags & END_HEADERS == 0).then_some(self.read.frames);
                    if head.length > self.limits.max_headers {
                        self.stats.flood = Some(FrameFlood::Headers);
                    }
                }
                kind::CONTINUATION if head.flags & END_HEADERS == 0 => {}
                kind::CONTINUATION => self.open_header_block = None,
                _ => self.read_control(head),
            }
        }
    }

    #[cold]
    fn read_control(&mut self, head: FrameHeader) {
        match head.kind {
            kind::PING if head.flags & ACK == 0 => self.read_ping(),
            kind::SETTINGS if head.flags & ACK == 0 => {
                if self.settings.is_flood(MAX_SETTINGS) {
                    self.stats.flood = Some(FrameFlood::Settings);
                }
            }
            kind::RST_STREAM => {
                if self.resets.count == 0 {
                    self.requests_before = self.stats.requests;
                }
                let opened = self.stats.requests - self.requests_before;
                if self.resets.is_flood(MAX_RESETS) && opened < 2 * u64::from(MAX_RESETS) {
                    self.stats.flood = Some(FrameFlood::Resets);
                }
            }
            _ => {
                self.control_frames += 1;
                if self.control_frames > FREE_CONTROL_FRAMES
                    && self.control_frames - FREE_CONTROL_FRAMES
                        > self.work_frames.saturating_mul(CONTROL_FRAMES_PER_WORK_FRAME)
                {
                    self.stats.flood = Some(FrameFlood::ControlFrames);
                }
            }
        }
    }

    /// Applies the policy of [gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md) as
    /// grpc-go implements it. The caller judges `idle_pings`, because their limit applies only while no calls are
    /// open.
    fn read_ping(&mut self) {
        if std::mem::take(&mut self.has_written_since_ping) {
            (self.stats.early_pings, self.stats.idle_pings) = (0, 0);
            self.last_ping = Some(Instant::now());
            return;
        }
        let now = Instant::now();
        if let Some(last) = self.last_ping.replace(now) {
            let since = now.saturating_duration_since(last);
            if since < self.limits.min_ping_time {
                self.stats.early_pings += 1;
                if self.stats.early_pings > MAX_EARLY_PINGS {
                    self.stats.flood = Some(FrameFlood::Pings);
                }
            } else if since < IDLE_PING_INTERVAL {
                self.stats.idle_pings += 1;
            }
        }
    }
}

/// A counter that detects high rates. It reads the clock only for the first and the last event of each count.
#[derive(Debug, Default)]
struct RateCounter {
    count: u32,
    since: Option<Instant>,
}

impl RateCounter {
    /// Counts one event. Returns whether the last `limit` events fell within [`FLOOD_WINDOW`], and restarts the count
    /// at `limit`.
    fn is_flood(&mut self, limit: u32) -> bool {
        let now = (self.count == 0 || self.count + 1 >= limit).then(Instant::now);
        if self.count == 0 {
            self.since = now;
        }
        self.count += 1;
        if self.count < limit {
            return false;
        }
        self.count = 0;
        now.zip(self.since)
            .is_some_and(|(now, since)| now.saturating_duration_since(since) < FLOOD_WINDOW)
    }
}

#[derive(Debug, Clone, Copy)]
struct FrameHeader {
    length: u32,
    kind: u8,
    flags: u8,
    stream: u32,
}

/// A parser that finds frame headers in a byte stream.
#[derive(Debug, Default)]
struct FrameCursor {
    /// Bytes left in the current frame's payload.
    skip: usize,
    /// The bytes received so far of a split frame header.
    partial: [u8; HEADER_BYTES],
    partial_length: usize,
    /// Number of frame headers parsed.
    frames: u64,
}

impl FrameCursor {
    /// Returns whether the position is between two frames.
    fn is_at_boundary(&self) -> bool {
        self.skip == 0 && self.partial_length == 0
    }

    /// Consumes bytes through the next frame header and returns it. Consumes all bytes and returns `None` if the
    /// header is incomplete.
    #[inline]
    fn next(&mut self, bytes: &mut &[u8]) -> Option<FrameHeader> {
        let Some(rest) = bytes.get(self.skip..) else {
            self.skip -= bytes.len();
            return None;
        };
        self.skip = 0;
        *bytes = rest;
        if rest.is_empty() {
            return None;
        }
        let header = match rest.split_first_chunk::<HEADER_BYTES>() {
            Some((header, rest)) if self.partial_length == 0 => {
                *bytes = rest;
                *header
            }
            _ => self.join_partial(bytes)?,
        };
        let [a, b, c, kind, flags, stream @ ..] = header;
        let length = u32::from_be_bytes([0, a, b, c]);
        self.skip = length as usize;
        self.frames += 1;
        Some(FrameHeader {
            length,
            kind,
            flags,
            stream: u32::from_be_bytes(stream) & (u32::MAX >> 1),
        })
    }

    /// Assembles a frame header that is split across reads or writes.
    #[cold]
    fn join_partial(&mut self, bytes: &mut &[u8]) -> Option<[u8; HEADER_BYTES]> {
        let room = &mut self.partial[self.partial_length..];
        let (taken, rest) = bytes.split_at(room.len().min(bytes.len()));
        room[..taken.len()].copy_from_slice(taken);
        self.partial_length += taken.len();
        *bytes = rest;
        if self.partial_length < HEADER_BYTES {
            return None;
        }
        self.partial_length = 0;
        Some(self.partial)
    }
}

#[cfg(test)]
mod tests;

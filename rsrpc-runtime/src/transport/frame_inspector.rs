//! What passes on an HTTP/2 connection, by the headers of its frames: the defences that `h2` has not.
//!
//! `h2` answers PINGs and SETTINGS by itself, and says nothing of them. A handful of instructions for each frame finds
//! who sends too many ([CVE-2019-9512](https://nvd.nist.gov/vuln/detail/CVE-2019-9512),
//! [CVE-2019-9515](https://nvd.nist.gov/vuln/detail/CVE-2019-9515), and of RST_STREAM
//! [CVE-2023-44487](https://nvd.nist.gov/vuln/detail/CVE-2023-44487)), and who leaves a frame or a header block
//! unfinished. The clock is asked only for what is rare.

use std::time::Duration;

use tokio::time::Instant;

/// The bytes before the first frame: the client's preface.
const PREFACE_BYTES: usize = 24;
const HEADER_BYTES: usize = 9;

/// So many RST_STREAM or SETTINGS frames within [`FLOOD_WINDOW`] are a flood; of the former only if they end more than
/// half of the streams that began meanwhile.
const MAX_RESETS: u32 = 1000;
const MAX_SETTINGS: u32 = 100;
const FLOOD_WINDOW: Duration = Duration::from_secs(10);
/// Frames that carry nothing, such as PRIORITY, WINDOW_UPDATE and those of unknown types: so many are free, and so
/// many for each frame of HEADERS or DATA in either direction.
const FREE_CONTROL_FRAMES: u64 = 1000;
const CONTROL_FRAMES_PER_WORK_FRAME: u64 = 10;
/// PINGs that may come too early: the third is one too many (gRFC A8).
pub(crate) const MAX_EARLY_PINGS: u32 = 2;
/// Without calls, a PING in this time is none too many (gRFC A8).
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

/// What a connection has sent too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FrameFlood {
    /// A frame of headers that is larger than a whole list may be.
    Headers,
    Pings,
    Resets,
    Settings,
    ControlFrames,
}

impl FrameFlood {
    /// For the debug data of a GOAWAY.
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

/// What was seen of a connection so far.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct FrameStats {
    pub(crate) bytes_read: u64,
    /// The socket takes no more: the bytes that it took before.
    pub(crate) blocked_at: Option<u64>,
    /// Frames of DATA that were written.
    pub(crate) data_written: u64,
    /// Streams that the peer has opened.
    pub(crate) requests: u64,
    /// The newest stream that the peer has opened.
    pub(crate) last_stream: u32,
    /// What the peer has begun and not finished.
    pub(crate) unfinished: Option<UnfinishedInput>,
    /// PINGs that came sooner than is allowed, since HEADERS or DATA were last written.
    pub(crate) early_pings: u32,
    /// PINGs that come too soon on a connection without calls.
    pub(crate) idle_pings: u32,
    pub(crate) flood: Option<FrameFlood>,
}

/// The beginning of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UnfinishedInput {
    /// A header block, by the number of the frame that began it.
    Headers(u64),
    /// A frame, by its number.
    Frame(u64),
}

#[derive(Debug)]
pub(crate) struct FrameInspector {
    read: FrameCursor,
    written: FrameCursor,
    stats: FrameStats,
    /// Frames of HEADERS and DATA, in either direction.
    work_frames: u64,
    control_frames: u64,
    /// The frame that began the header block that is open.
    open_header_block: Option<u64>,
    resets: RateCounter,
    /// Requests when the resets began to be counted.
    requests_before: u64,
    settings: RateCounter,
    /// HEADERS or DATA were written since the last PING.
    has_written_since_ping: bool,
    last_ping: Option<Instant>,
    /// The socket had no more in this turn of the connection's task, which it will wake.
    pub(super) is_drained: bool,
    limits: FrameLimits,
}

/// What a peer may do.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FrameLimits {
    /// PINGs that come sooner are counted.
    pub(crate) min_ping_time: Duration,
    /// The largest frame of headers, in bytes. `h2` has one limit for every frame, which is DATA's, and answers
    /// headers that are too large only when it has all of them.
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

    /// Whether another frame of ours may be written now.
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

    /// The policy of [gRFC A8](https://github.com/grpc/proposal/blob/master/A8-client-side-keepalive.md), as grpc-go
    /// has it. Whether those are too many that are only rare, is for others to say: it depends on the calls.
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

/// Counts what may be frequent or not, and asks the clock once in so many times.
#[derive(Debug, Default)]
struct RateCounter {
    count: u32,
    since: Option<Instant>,
}

impl RateCounter {
    /// Counts one; whether `limit` came within the window. Then it begins anew.
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

/// Goes from frame to frame.
#[derive(Debug, Default)]
struct FrameCursor {
    /// Bytes of the frame that are still to come.
    skip: usize,
    /// The beginning of a header.
    partial: [u8; HEADER_BYTES],
    partial_length: usize,
    /// Frames whose header was seen.
    frames: u64,
}

impl FrameCursor {
    /// Whether all that was begun is whole.
    fn is_at_boundary(&self) -> bool {
        self.skip == 0 && self.partial_length == 0
    }

    /// Takes the bytes up to the end of the next frame's header, or all of them.
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

    /// A header that comes in pieces.
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

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn frame(kind: u8, flags: u8, stream: u32, length: usize) -> Vec<u8> {
    let size = (length as u32).to_be_bytes();
    let mut frame = vec![size[1], size[2], size[3], kind, flags];
    frame.extend(stream.to_be_bytes());
    frame.resize(HEADER_BYTES + length, 0xff);
    frame
}

const LIMITS: FrameLimits = FrameLimits {
    min_ping_time: Duration::from_secs(300),
    max_headers: 1000,
};

fn inspector() -> FrameInspector {
    let mut inspector = FrameInspector::new(LIMITS);
    inspector.inspect_read(&[b'p'; PREFACE_BYTES]);
    inspector
}

#[test]
fn frames_are_parsed_at_any_split() {
    let frames = [
        frame(kind::SETTINGS, 0, 0, 18),
        frame(kind::HEADERS, END_HEADERS, 1, 30),
        frame(kind::DATA, 1, 1, 300),
        frame(kind::HEADERS, 0, 3, 0),
        frame(kind::CONTINUATION, 0, 3, 1),
        frame(kind::CONTINUATION, END_HEADERS, 3, 5),
        frame(kind::DATA, 0, 3, 0),
        frame(kind::PING, 0, 0, 8),
    ]
    .concat();
    let whole = [&[b'p'; PREFACE_BYTES][..], &frames].concat();
    for size in [1, 2, 7, 9, 10, 24, 25, 100, 4096] {
        let mut inspector = FrameInspector::new(LIMITS);
        whole.chunks(size).for_each(|chunk| inspector.inspect_read(chunk));
        let stats = inspector.stats();
        assert_eq!((stats.requests, stats.last_stream), (2, 3), "{size}");
        assert_eq!(inspector.read.frames, 8, "{size}");
        assert_eq!(stats.bytes_read, whole.len() as u64);
        assert_eq!((stats.unfinished, inspector.work_frames), (None, 4), "{size}");
        assert!(inspector.last_ping.is_some());
    }
}

#[test]
fn unfinished_frames_and_header_blocks_are_reported() {
    let headers = frame(kind::HEADERS, 0, 1, 20);
    let open = frame(kind::CONTINUATION, 0, 1, 3);
    let end = frame(kind::CONTINUATION, END_HEADERS, 1, 3);
    let data = frame(kind::DATA, 0, 1, 50);
    for (bytes, expected) in [
        (vec![], None),
        (data[..1].to_vec(), Some(UnfinishedInput::Frame(0))),
        (data[..9].to_vec(), Some(UnfinishedInput::Frame(1))),
        (data[..58].to_vec(), Some(UnfinishedInput::Frame(1))),
        (data.clone(), None),
        (headers.clone(), Some(UnfinishedInput::Headers(1))),
        (
            [&headers[..], &open, &open].concat(),
            Some(UnfinishedInput::Headers(1)),
        ),
        ([&headers[..], &open, &end].concat(), None),
        (
            [&headers[..], &end, &data[..9]].concat(),
            Some(UnfinishedInput::Frame(3)),
        ),
    ] {
        let mut inspector = inspector();
        inspector.inspect_read(&bytes);
        assert_eq!(inspector.stats().unfinished, expected, "{bytes:?}");
    }
}

/// Floods each kind of frame and checks the count at which the flood is detected. Then sends the same frames at a
/// legitimate rate.
#[tokio::test(start_paused = true)]
async fn control_frame_floods_are_detected() {
    let request = frame(kind::HEADERS, END_HEADERS, 1, 0);
    for (kind, length, expected) in [
        (kind::RST_STREAM, 4, (FrameFlood::Resets, 1000)),
        (kind::SETTINGS, 0, (FrameFlood::Settings, 100)),
        (2, 5, (FrameFlood::ControlFrames, 1001)),
        (8, 4, (FrameFlood::ControlFrames, 1001)),
        (0xbe, 0, (FrameFlood::ControlFrames, 1001)),
    ] {
        let mut inspector = inspector();
        let mut count = 0;
        while !inspector.has_flood() {
            inspector.inspect_read(&frame(kind, 0, 0, length));
            count += 1;
        }
        assert_eq!((inspector.stats().flood.unwrap(), count), expected);

        // Enough requests make the same frames legitimate.
        inspector = self::inspector();
        for stream in 0..20_000_u32 {
            let mut request = request.clone();
            request[5..9].copy_from_slice(&(2 * stream + 1).to_be_bytes());
            inspector.inspect_read(&request);
            if kind == kind::SETTINGS {
                tokio::time::advance(Duration::from_millis(102)).await;
            }
            if kind != kind::RST_STREAM || stream % 3 == 0 {
                inspector.inspect_read(&frame(kind, 0, 0, length));
            }
        }
        assert!(!inspector.has_flood(), "{kind}");
    }
    // A client that cancels every call, but slowly.
    let mut inspector = inspector();
    for _ in 0..20_000 {
        inspector.inspect_read(&frame(kind::RST_STREAM, 0, 1, 4));
        tokio::time::advance(Duration::from_millis(11)).await;
    }
    assert!(!inspector.has_flood());
}

/// Checks the cases of gRFC A8: the pauses before each PING, and the resulting counts.
#[tokio::test(start_paused = true)]
async fn pings_are_counted_by_interval() {
    let hour = 60 * MINUTE;
    for (pauses, expected) in [
        (&[MINUTE][..], (0, 0)),
        (&[MINUTE, MINUTE, MINUTE], (2, 0)),
        (&[MINUTE, MINUTE, MINUTE, MINUTE], (3, 0)),
        (&[MINUTE, 5 * MINUTE, 5 * MINUTE], (0, 2)),
        (&[MINUTE, 2 * hour, 2 * hour], (0, 0)),
        (&[MINUTE, Duration::ZERO, hour], (1, 1)),
    ] {
        let mut inspector = inspector();
        for pause in pauses {
            tokio::time::advance(*pause).await;
            inspector.inspect_read(&frame(kind::PING, 0, 0, 8));
            inspector.inspect_written(&frame(kind::PING, ACK, 0, 8));
            inspector.inspect_written(&frame(kind::SETTINGS, ACK, 0, 0));
            inspector.inspect_read(&frame(kind::PING, ACK, 0, 8));
        }
        let stats = inspector.stats();
        assert_eq!((stats.early_pings, stats.idle_pings), expected, "{pauses:?}");
        assert_eq!(stats.flood, (expected.0 > 2).then_some(FrameFlood::Pings));
        // A HEADERS or DATA frame from the server resets the counts.
        for kind in [kind::HEADERS, kind::DATA] {
            inspector.inspect_written(&frame(kind, 0, 1, 100));
            inspector.inspect_read(&frame(kind::PING, 0, 0, 8));
            let stats = inspector.stats();
            assert_eq!((stats.early_pings, stats.idle_pings), (0, 0));
        }
    }
}

#[test]
fn write_boundaries_are_tracked() {
    let mut inspector = inspector();
    let whole = frame(kind::DATA, 0, 1, 10);
    for end in 0..whole.len() {
        inspector.inspect_written(&whole[end..=end]);
        assert_eq!(inspector.is_at_write_boundary(), end + 1 == whole.len());
    }
}

#[test]
fn oversized_headers_are_detected_from_frame_header() {
    for (length, expected) in [(1000, None), (1001, Some(FrameFlood::Headers))] {
        let mut inspector = inspector();
        inspector.inspect_read(&frame(kind::HEADERS, END_HEADERS, 1, length)[..HEADER_BYTES]);
        assert_eq!(inspector.stats().flood, expected);
    }
}

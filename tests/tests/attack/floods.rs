//! Floods of frames that cost the receiver more than the sender.

use rsrpc_tests::frames::{ACK, END_HEADERS, End, Peer, call_headers, frame, kind, string};

use super::target_server::TargetServer;

const CALM: u32 = 11;
const UNARY: &str = "/rsrpc.testing.Testing/Unary";
const MANY: usize = 20_000;

/// A sequence of frames, and how the server ends the attacker's connection.
struct Flood {
    name: &'static str,
    /// Frames of a repetition.
    bytes: fn(usize) -> Vec<u8>,
    rounds: usize,
    /// Debug data of the GOAWAY with ENHANCE_YOUR_CALM.
    end: &'static str,
}

/// Stream of a repetition.
fn stream(round: usize) -> u32 {
    2 * round as u32 + 1
}

fn call(round: usize) -> Vec<u8> {
    frame(kind::HEADERS, END_HEADERS, stream(round), &call_headers(UNARY))
}

const FLOODS: &[Flood] = &[
    Flood {
        name: "CVE-2019-9512, Ping Flood",
        bytes: |_| frame(kind::PING, 0, 0, &[7; 8]),
        rounds: MANY,
        end: "too_many_pings",
    },
    Flood {
        name: "PINGs between calls that are never answered",
        bytes: |round| {
            let ping = frame(kind::PING, 0, 0, &[7; 8]);
            if round % 10 == 0 {
                [call(round / 10), ping].concat()
            } else {
                ping
            }
        },
        rounds: MANY,
        end: "too_many_pings",
    },
    Flood {
        name: "CVE-2019-9515, Settings Flood",
        bytes: |_| frame(kind::SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 9]),
        rounds: MANY,
        end: "too_many_settings",
    },
    Flood {
        name: "CVE-2019-9513, Resource Loop: PRIORITY",
        bytes: |round| frame(kind::PRIORITY, 0, stream(round), &[0, 0, 0, 0, 7]),
        rounds: MANY,
        end: "too_many_control_frames",
    },
    Flood {
        name: "CVE-2019-9511, Data Dribble: the window, byte by byte",
        bytes: |_| frame(kind::WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]),
        rounds: MANY,
        end: "too_many_control_frames",
    },
    Flood {
        name: "frames of no known type",
        bytes: |_| frame(0xbe, 0, 0, &[]),
        rounds: MANY,
        end: "too_many_control_frames",
    },
    Flood {
        name: "answers to PINGs that were never sent",
        bytes: |_| frame(kind::PING, ACK, 0, &[7; 8]),
        rounds: MANY,
        end: "too_many_control_frames",
    },
    Flood {
        name: "CVE-2023-44487, Rapid Reset",
        bytes: |round| {
            [
                call(round),
                frame(kind::RST_STREAM, 0, stream(round), &[0, 0, 0, 8]),
            ]
            .concat()
        },
        rounds: MANY,
        end: "too_many_resets",
    },
    Flood {
        name: "CVE-2025-8671, MadeYouReset: windows that overflow",
        bytes: |round| {
            let overflow = frame(
                kind::WINDOW_UPDATE,
                0,
                stream(round),
                &0x7fff_ffff_u32.to_be_bytes(),
            );
            [call(round), overflow].concat()
        },
        rounds: MANY,
        end: "too_many_internal_resets",
    },
    Flood {
        name: "CVE-2019-9518, Empty Frames Flood: DATA",
        bytes: |round| match round {
            0 => call(0),
            _ => frame(kind::DATA, 0, 1, &[]),
        },
        rounds: MANY,
        end: "too_many_data_frames",
    },
    Flood {
        name: "VU#421644, CONTINUATION flood",
        bytes: |round| match round {
            0 => frame(kind::HEADERS, 0, 1, &call_headers(UNARY)),
            _ => frame(kind::CONTINUATION, 0, 1, &[0, 1, b'x', 1, b'y']),
        },
        rounds: MANY,
        end: "too_many_continuations",
    },
    Flood {
        name: "VU#421644, of empty frames",
        bytes: |round| match round {
            0 => frame(kind::HEADERS, 0, 1, &call_headers(UNARY)),
            _ => frame(kind::CONTINUATION, 0, 1, &[]),
        },
        rounds: MANY,
        end: "too_many_continuations",
    },
    Flood {
        name: "CVE-2016-6581, HPACK bomb",
        bytes: |round| {
            // Adds a field of 3,000 bytes to the dynamic table and references it with one byte each.
            let stored = [&[0x40][..], &string(b"x"), &string(&[b'y'; 3000])].concat();
            let bomb = [call_headers(UNARY), stored, vec![0x80 | 62; 10_000]].concat();
            frame(kind::HEADERS, END_HEADERS, stream(round), &bomb)
        },
        rounds: 1000,
        end: "header_list_way_too_large",
    },
];

#[tokio::test]
async fn frame_floods_end_with_goaway() {
    for flood in FLOODS {
        println!("{}", flood.name);
        let victim = TargetServer::start(&[]).await;
        let peer = Peer::connect(victim.address, &[]).await;
        let end = peer.flood_with(flood.bytes, flood.rounds).await;
        assert_eq!(
            end,
            Some(End::GoAway(CALM, flood.end.to_owned())),
            "{}",
            flood.name
        );
        let logged = victim.survived().await;
        println!("{logged}");
    }
}

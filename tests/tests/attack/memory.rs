//! Memory attacks: incomplete messages, unread replies, and huge header lists.

use std::sync::Arc;
use std::time::Duration;

use rsrpc_runtime::prost::Message as _;
use rsrpc_tests::frames::{
    END_HEADERS, END_STREAM, End, Frame, Peer, call_headers, frame, kind, post_headers, string,
};
use rsrpc_tests::raw::envelope;
use rsrpc_tests::soon;
use rsrpc_tests::testing::{Act, Request};
use tokio::sync::Semaphore;

use super::target_server::TargetServer;

const STREAMS: u32 = 1024;
/// SETTINGS_INITIAL_WINDOW_SIZE, SETTINGS_ENABLE_PUSH.
const WINDOW: u16 = 4;

fn path(method: &str) -> Vec<u8> {
    call_headers(&format!("/rsrpc.testing.Testing/{method}"))
}

/// 1,024 streams that each send all but the last byte of a 4 MiB message: 4 GiB in total.
#[tokio::test]
async fn incomplete_messages_are_bounded() {
    for method in ["Unary", "Bidi"] {
        println!("{method}");
        let victim = TargetServer::start(&[]).await;
        let peer = Peer::connect(victim.address, &[]).await;
        let (mut reader, mut writer) = peer.split();
        // Window of the connection; each stream has 1 MiB.
        let window = Arc::new(Semaphore::new(65_535));
        let taken = window.clone();
        let sending = tokio::spawn(async move {
            for stream in 0..STREAMS {
                let call = frame(kind::HEADERS, END_HEADERS, 2 * stream + 1, &path(method));
                writer.send(&call).await?;
            }
            let part = [0; 16 << 10];
            for round in 0..60 {
                for stream in 0..STREAMS {
                    let data = match round {
                        0 => [&[0, 0, 0x3f, 0xff, 0xff][..], &part[5..]].concat(),
                        _ => part.to_vec(),
                    };
                    let room = taken.acquire_many(data.len() as u32).await;
                    room.expect("open").forget();
                    writer.send(&frame(kind::DATA, 0, 2 * stream + 1, &data)).await?;
                }
            }
            std::io::Result::Ok(())
        });
        // Most streams are reset for the budget. The attacker continues with the others until its window is used up.
        let mut refused = 0;
        let reading = async {
            while let Some(frame) = reader.next().await {
                match frame.kind {
                    kind::HEADERS => refused += u32::from(frame.flags & END_STREAM != 0),
                    kind::WINDOW_UPDATE if frame.stream == 0 => {
                        let more = frame
                            .payload
                            .first_chunk()
                            .map_or(0, |bytes| u32::from_be_bytes(*bytes));
                        window.add_permits(more as usize);
                    }
                    _ => {}
                }
            }
        };
        let _ = tokio::time::timeout(Duration::from_secs(3), reading).await;
        assert!(refused > 50, "{refused}");
        sending.abort();
        victim.survived().await;
    }
}

fn request(stream: u32, method: &str, request: &Request) -> Vec<u8> {
    let message = envelope(0, &request.encode_to_vec());
    [
        frame(kind::HEADERS, END_HEADERS, stream, &path(method)),
        frame(kind::DATA, END_STREAM, stream, &message),
    ]
    .concat()
}

/// Replies with a closed flow control window.
#[tokio::test]
async fn unread_replies_are_bounded() {
    let large = Request {
        reply_size: 1 << 20,
        ..Request::default()
    };
    let endless = Request {
        act: Act::Endless.into(),
        reply_size: 100,
        ..Request::default()
    };
    let medium = Request {
        reply_size: 60 << 10,
        ..Request::default()
    };
    for (method, asked, end) in [
        ("Unary", &large, true),
        ("Unary", &medium, true),
        ("ServerStream", &large, false),
        ("ServerStream", &endless, false),
    ] {
        println!("{method} {} {:?}", asked.reply_size, asked.act());
        let victim = TargetServer::start(&["write_timeout=1000"]).await;
        let mut peer = Peer::connect(victim.address, &[(WINDOW, 0)]).await;
        let all: Vec<u8> = (0..STREAMS)
            .flat_map(|stream| request(2 * stream + 1, method, asked))
            .collect();
        peer.send(&all).await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(5), peer.end()).await;
        if end {
            assert_eq!(ended.unwrap(), End::GoAway(11, "replies_not_read".to_owned()));
        }
        victim.survived().await;
    }
}

/// 1,024 open calls receive their requests at once. Each replies with 1 MiB, which the peer does not read.
#[tokio::test]
async fn unread_replies_of_simultaneous_requests_are_bounded() {
    let asked = Request {
        reply_size: 1 << 20,
        ..Request::default()
    };
    let grpc = envelope(0, &asked.encode_to_vec());
    let json =
        r#"{"jsonrpc":"2.0","id":1,"method":"rsrpc.testing.Testing/Unary","params":{"replySize":1048576}}"#;
    for (headers, body) in [
        (path("Unary"), &grpc[..]),
        (post_headers("/", "application/json"), json.as_bytes()),
    ] {
        println!("{}", String::from_utf8_lossy(&body[..5]));
        let victim = TargetServer::start(&["write_timeout=1000"]).await;
        let mut peer = Peer::connect(victim.address, &[(WINDOW, 0)]).await;
        let all = |kind, flags, payload: &[u8]| -> Vec<u8> {
            (0..STREAMS)
                .flat_map(|stream| frame(kind, flags, 2 * stream + 1, payload))
                .collect()
        };
        peer.send(&all(kind::HEADERS, END_HEADERS, &headers))
            .await
            .unwrap();
        // The server accepts every stream whose HEADERS precede the first PING before it reads the second.
        for _ in 0..2 {
            peer.ping().await;
        }
        peer.send(&all(kind::DATA, END_STREAM, body)).await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(5), peer.end()).await;
        assert_eq!(ended.unwrap(), End::GoAway(11, "replies_not_read".to_owned()));
        victim.survived().await;
    }
}

/// A peer that sends requests and never reads its socket.
#[tokio::test]
async fn unread_socket_is_closed() {
    let victim = TargetServer::start(&["write_timeout=1000"]).await;
    let mut peer = Peer::connect(victim.address, &[(WINDOW, 0x7fff_ffff)]).await;
    let window = frame(kind::WINDOW_UPDATE, 0, 0, &0x7000_0000_u32.to_be_bytes());
    peer.send(&window).await.unwrap();
    let asked = Request {
        act: Act::Endless.into(),
        reply_size: 10_000,
        ..Request::default()
    };
    peer.send(&request(1, "ServerStream", &asked)).await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    // The server has closed the connection: the data left to read is finite.
    soon(peer.end()).await;
    victim.survived().await;
}

/// Header lists with as many fields as the limit permits, one byte each on the wire, on every stream.
#[tokio::test]
async fn header_lists_with_many_fields_are_bounded() {
    let victim = TargetServer::start(&[]).await;
    let mut peer = Peer::connect(victim.address, &[]).await;
    let stored = [&[0x40][..], &string(b"x"), &string(b"")].concat();
    for stream in 0..STREAMS {
        let first = if stream == 0 { &stored[..] } else { &[] };
        let block = [&path("Unary")[..], first, &[0x80 | 62; 450]].concat();
        peer.send(&frame(kind::HEADERS, END_HEADERS, 2 * stream + 1, &block))
            .await
            .unwrap();
        let answer: Option<Frame> = soon(peer.next_of(kind::HEADERS)).await;
        // `:status: 431` as a literal with the static table's name, possibly Huffman coded.
        let answer = answer.expect("a response");
        assert!(answer.flags & END_STREAM != 0, "{answer:?}");
    }
    drop(peer);
    victim.survived().await;
}

/// A message that stops halfway fails only its own call.
#[tokio::test]
async fn incomplete_message_times_out() {
    let victim = TargetServer::start(&["body_timeout=300"]).await;
    for (method, sent, ends) in [
        ("Unary", &b""[..], true),
        ("Unary", b"\0\0\0", true),
        ("Unary", b"\0\0\0\0\x09abc", true),
        ("ClientStream", b"", false),
        ("ClientStream", b"\0\0\0\0\0", false),
        ("ClientStream", b"\0\0\0\0\0\0", true),
        ("Bidi", b"\0\0\0\0\x09abc", true),
    ] {
        let mut peer = Peer::connect(victim.address, &[]).await;
        let mut bytes = frame(kind::HEADERS, END_HEADERS, 1, &path(method));
        if !sent.is_empty() {
            bytes.extend(frame(kind::DATA, 0, 1, sent));
        }
        peer.send(&bytes).await.unwrap();
        let ended = tokio::time::timeout(Duration::from_secs(1), async {
            while let Some(frame) = peer.next().await {
                if frame.kind == kind::HEADERS && frame.flags & END_STREAM != 0 {
                    return;
                }
            }
            panic!("{method}: the connection is closed");
        });
        assert_eq!(ended.await.is_ok(), ends, "{method} {sent:?}");
    }
    victim.survived().await;
}

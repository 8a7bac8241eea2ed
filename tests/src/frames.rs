//! A hand-made HTTP/2 peer that can send invalid or hostile frames.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Frame types ([RFC 9113 §6](https://www.rfc-editor.org/rfc/rfc9113#section-6)).
pub mod kind {
    #![allow(missing_docs, reason = "they are those of the RFC")]
    pub const DATA: u8 = 0;
    pub const HEADERS: u8 = 1;
    pub const PRIORITY: u8 = 2;
    pub const RST_STREAM: u8 = 3;
    pub const SETTINGS: u8 = 4;
    pub const PING: u8 = 6;
    pub const GOAWAY: u8 = 7;
    pub const WINDOW_UPDATE: u8 = 8;
    pub const CONTINUATION: u8 = 9;
}

/// END_STREAM flag of DATA and HEADERS.
pub const END_STREAM: u8 = 1;
/// ACK flag of SETTINGS and PING.
pub const ACK: u8 = 1;
/// END_HEADERS flag of HEADERS and CONTINUATION.
pub const END_HEADERS: u8 = 4;

/// Encodes a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    let head = [length[1], length[2], length[3], kind, flags];
    [&head[..], &stream.to_be_bytes(), payload].concat()
}

/// Header block of a gRPC call. It does not use the dynamic table.
pub fn call_headers(path: &str) -> Vec<u8> {
    let mut block = post_headers(path, "application/grpc");
    block.extend(b"\0\x02te\x08trailers");
    block
}

/// Header block of a POST. It does not use the dynamic table.
pub fn post_headers(path: &str, content_type: &str) -> Vec<u8> {
    // `:method: POST` and `:scheme: http` from the static table; path, authority and content type with names from it.
    let parts = [
        &[0x83, 0x86, 0x04][..],
        &string(path.as_bytes()),
        b"\x01\x01a\x0f\x10",
        &string(content_type.as_bytes()),
    ];
    parts.concat()
}

/// Encodes a string for HPACK, without Huffman coding.
pub fn string(text: &[u8]) -> Vec<u8> {
    let mut coded = vec![];
    let mut rest = text.len();
    if rest < 127 {
        coded.push(rest as u8);
    } else {
        coded.push(127);
        rest -= 127;
        while rest >= 128 {
            coded.push(rest as u8 | 128);
            rest >>= 7;
        }
        coded.push(rest as u8);
    }
    coded.extend(text);
    coded
}

/// A received frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Frame type; see [`kind`].
    pub kind: u8,
    /// Flags.
    pub flags: u8,
    /// Stream identifier.
    pub stream: u32,
    /// Payload, without the frame header.
    pub payload: Vec<u8>,
}

/// How the server ended a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// With GOAWAY: error code and debug data.
    GoAway(u32, String),
    /// Without GOAWAY.
    Closed,
}

/// A connection that sends arbitrary bytes.
pub struct Peer<S = TcpStream> {
    /// The socket, or one direction of it.
    pub socket: S,
}

impl Peer {
    /// Connects without sending anything.
    ///
    /// # Panics The connection is refused.
    pub async fn silent(address: SocketAddr) -> Self {
        let socket = TcpStream::connect(address).await.expect("a listener");
        Self { socket }
    }

    /// Connects and sends the HTTP/2 preface with these settings (identifier, value).
    ///
    /// # Panics The connection is refused.
    pub async fn connect(address: SocketAddr, settings: &[(u16, u32)]) -> Self {
        let mut peer = Self::silent(address).await;
        let mut payload = vec![];
        for (identifier, value) in settings {
            payload.extend(identifier.to_be_bytes());
            payload.extend(value.to_be_bytes());
        }
        let opening = [
            &b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"[..],
            &frame(kind::SETTINGS, 0, 0, &payload),
            &frame(kind::SETTINGS, ACK, 0, &[]),
        ];
        peer.send(&opening.concat()).await.expect("an open socket");
        peer
    }

    /// Sends a PING and waits for its acknowledgement.
    ///
    /// # Panics
    /// The connection ends first.
    pub async fn ping(&mut self) {
        let sent = self.send(&frame(kind::PING, 0, 0, b"roundtrp")).await;
        sent.expect("an open socket");
        loop {
            let pong = self.next_of(kind::PING).await.expect("an acknowledgement");
            if pong.flags == ACK && pong.payload == b"roundtrp" {
                return;
            }
        }
    }

    /// Splits the connection into its reading and its writing direction.
    pub fn split(self) -> (Peer<OwnedReadHalf>, Peer<OwnedWriteHalf>) {
        let (reader, writer) = self.socket.into_split();
        (Peer { socket: reader }, Peer { socket: writer })
    }

    /// Reads until the connection ends. Returns the last GOAWAY, if any.
    pub async fn end(self) -> End {
        end_of(self.socket).await
    }

    /// Sends `bytes` every 20 ms until the connection ends.
    pub async fn dribble(self, bytes: &[u8]) -> End {
        let (reader, mut writer) = self.socket.into_split();
        let mut reading = std::pin::pin!(end_of(reader));
        loop {
            tokio::select! {
                end = &mut reading => return end,
                () = tokio::time::sleep(Duration::from_millis(20)) => drop(writer.write_all(bytes).await),
            }
        }
    }

    /// Sends `bytes` up to `most` times while reading. Returns how the connection ended, or `None` if it is still
    /// open.
    pub async fn flood(self, bytes: &[u8], most: usize) -> Option<End> {
        self.flood_with(|_| bytes.to_vec(), most).await
    }

    /// Like [`flood`](Self::flood), with bytes that depend on the number of the repetition.
    pub async fn flood_with(self, mut bytes: impl FnMut(usize) -> Vec<u8>, most: usize) -> Option<End> {
        let (reader, mut writer) = self.socket.into_split();
        let mut reading = std::pin::pin!(end_of(reader));
        let mut sent = 0;
        while sent < most {
            // Sends several frames in one write, as fast attackers do.
            let mut packet = vec![];
            while packet.len() < 2 << 10 && sent < most {
                packet.extend(bytes(sent));
                sent += 1;
            }
            tokio::select! {
                biased;
                end = &mut reading => return Some(end),
                written = writer.write_all(&packet) => if written.is_err() { break },
            }
            // Leaves time to read GOAWAY before the reset of the closed connection discards it.
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        tokio::time::timeout(Duration::from_secs(5), reading).await.ok()
    }
}

impl<S: AsyncWrite + Unpin> Peer<S> {
    /// Sends bytes.
    ///
    /// # Errors The connection is closed.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.socket.write_all(bytes).await
    }
}

impl<S: AsyncRead + Unpin> Peer<S> {
    /// Reads the next frame. Returns `None` once the connection is closed.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.socket.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.socket.read_exact(&mut payload).await.ok()?;
        Some(Frame {
            kind,
            flags,
            stream: u32::from_be_bytes(stream),
            payload,
        })
    }

    /// Reads until the connection ends while the writing direction stays open. See [`Peer::end`].
    pub async fn rest(mut self) -> End {
        end_of(&mut self.socket).await
    }

    /// Reads until a frame of this type arrives.
    pub async fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }
}

async fn end_of(reader: impl AsyncRead + Unpin) -> End {
    let mut reader = tokio::io::BufReader::new(reader);
    let mut end = End::Closed;
    let mut head = [0; 9];
    while reader.read_exact(&mut head).await.is_ok() {
        let [a, b, c, kind, ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        if reader.read_exact(&mut payload).await.is_err() {
            break;
        }
        if kind == kind::GOAWAY
            && let Some((code, debug)) = payload.get(4..).and_then(<[u8]>::split_first_chunk)
        {
            end = End::GoAway(
                u32::from_be_bytes(*code),
                String::from_utf8_lossy(debug).into_owned(),
            );
        }
    }
    end
}

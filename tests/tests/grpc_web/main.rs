//! gRPC-Web on the wire: exact responses of a server to browsers, and channels with servers that violate the
//! protocol. Calls between our client and server are in the behaviour tests; the external suite is in
//! `tests/conformance`.

mod client;
mod cors;
mod requests;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rsrpc_runtime::Server;
use rsrpc_runtime::prost::Message as _;
use rsrpc_tests::raw::envelope;
use rsrpc_tests::soon;
use rsrpc_tests::steered::Steered;
use rsrpc_tests::testing::{Reply, Request, TestingServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const UNARY: &str = "/rsrpc.testing.Testing/Unary";

/// A server that lives until the end of the test.
async fn served(server: Server) -> String {
    let server = server.add_service(TestingServer::new(Steered::default()));
    let server = server.bind("127.0.0.1:0").await.unwrap();
    let address = server.local_addr().to_string();
    tokio::spawn(server.serve());
    address
}

/// A response with lowercase header names.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(String::as_str)
    }

    /// Flag and payload of each message or trailer frame.
    fn envelopes(&self) -> Vec<(u8, &[u8])> {
        let mut envelopes = Vec::new();
        let mut rest = self.body.as_slice();
        while let Some((&[flag, a, b, c, d], after)) = rest.split_first_chunk() {
            let (bytes, after) = after.split_at(u32::from_be_bytes([a, b, c, d]) as usize);
            envelopes.push((flag, bytes));
            rest = after;
        }
        assert!(rest.is_empty(), "{rest:?}");
        envelopes
    }

    /// `grpc-status` and `grpc-message`, from headers or the trailer frame.
    fn status(&self) -> (String, String) {
        let mut headers = self.headers.clone();
        for (_, block) in self.envelopes().into_iter().filter(|(flag, _)| *flag == 0x80) {
            headers.extend(lines(std::str::from_utf8(block).unwrap()));
        }
        let find = |name| headers.get(name).cloned().unwrap_or_default();
        (find("grpc-status"), find("grpc-message"))
    }
}

fn lines(block: &str) -> impl Iterator<Item = (String, String)> {
    block.split("\r\n").filter_map(|line| {
        let (name, value) = line.split_once(": ")?;
        Some((name.to_lowercase(), value.to_owned()))
    })
}

/// Sends a request over HTTP/1.1 and reads until the server closes the connection.
async fn send(address: &str, head: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let mut request = format!(
        "{head} HTTP/1.1\r\nconnection: close\r\ncontent-length: {}\r\n",
        body.len()
    );
    if !headers.iter().any(|(name, _)| *name == "host") {
        request += &format!("host: {address}\r\n");
    }
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    socket.write_all(request.as_bytes()).await.unwrap();
    socket.write_all(b"\r\n").await.unwrap();
    socket.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    soon(socket.read_to_end(&mut answer)).await.unwrap();
    read(&answer)
}

fn read(answer: &[u8]) -> Answer {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
    let (head, body) = (std::str::from_utf8(&answer[..end]).unwrap(), &answer[end + 4..]);
    let headers: BTreeMap<String, String> = lines(head).collect();
    let is_chunked = headers
        .get("transfer-encoding")
        .is_some_and(|value| value == "chunked");
    Answer {
        status: head[9..12].parse().unwrap(),
        headers,
        body: if is_chunked { joined(body) } else { body.to_vec() },
    }
}

/// Decodes chunked transfer coding.
fn joined(mut chunks: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = chunks.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = usize::from_str_radix(std::str::from_utf8(&chunks[..line]).unwrap(), 16).unwrap();
        chunks = &chunks[line + 2..];
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&chunks[..size]);
        chunks = &chunks[size + 2..];
    }
}

fn request(text: &str) -> Vec<u8> {
    let request = Request {
        text: text.to_owned(),
        ..Request::default()
    };
    envelope(0, &request.encode_to_vec()).to_vec()
}

fn text_of(reply: &[u8]) -> String {
    Reply::decode(reply).unwrap().text
}

fn base64(bytes: &[u8]) -> Vec<u8> {
    BASE64_STANDARD.encode(bytes).into_bytes()
}

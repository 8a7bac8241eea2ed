//! HTTP clients that send requests unchecked: hand-made HTTP/1.1, and HTTP/2 by `h2`.

use std::net::SocketAddr;

use bytes::Bytes;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::case::{HttpRequest, HttpResponse};

/// A client connection.
pub(crate) enum Connection {
    Http1(TcpStream),
    Http2(h2::client::SendRequest<Bytes>),
}

/// HTTP version of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Http1,
    Http2,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr, version: Version) -> Self {
        let socket = TcpStream::connect(address).await.expect("the server listens");
        socket.set_nodelay(true).expect("a TCP socket");
        match version {
            Version::Http1 => Self::Http1(socket),
            Version::Http2 => {
                let (requests, connection) = h2::client::handshake(socket).await.expect("HTTP/2");
                tokio::spawn(connection);
                Self::Http2(requests)
            }
        }
    }

    pub(crate) async fn send(&mut self, request: HttpRequest) -> HttpResponse {
        match self {
            Self::Http1(socket) => send_http1(socket, request).await,
            Self::Http2(requests) => send_http2(requests, request).await,
        }
    }
}

/// Encodes the request.
pub(crate) fn http1_bytes(request: &HttpRequest) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\nhost: test\r\n", request.method, request.path).into_bytes();
    for (name, value) in &request.headers {
        bytes.extend(format!("{name}: {value}\r\n").bytes());
    }
    let is_chunked = request
        .headers
        .iter()
        .any(|(name, _)| name == "transfer-encoding");
    if !is_chunked && (!request.body.is_empty() || request.method != "GET") {
        bytes.extend(format!("content-length: {}\r\n", request.body.len()).bytes());
    }
    bytes.extend(b"\r\n");
    if is_chunked {
        for chunk in request.body.chunks(60_000) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
    } else {
        bytes.extend(&request.body);
    }
    bytes
}

/// Sends the whole request before reading the response.
async fn send_http1(socket: &mut TcpStream, request: HttpRequest) -> HttpResponse {
    socket
        .write_all(&http1_bytes(&request))
        .await
        .expect("the server reads to the end, or for a while");
    read_http1(socket).await
}

/// Reads one response.
pub(crate) async fn read_http1(socket: &mut TcpStream) -> HttpResponse {
    let mut read = Vec::new();
    let head_end = loop {
        if let Some(at) = read.windows(4).position(|window| window == b"\r\n\r\n") {
            break at;
        }
        assert_ne!(
            socket.read_buf(&mut read).await.expect("a response"),
            0,
            "no response"
        );
    };
    let head = String::from_utf8(read[..head_end].to_vec()).expect("ASCII");
    let mut rest = read.split_off(head_end + 4);
    let mut lines = head.split("\r\n");
    let status = lines.next().expect("a status line")[9..12]
        .parse()
        .expect("a status");
    let headers: Vec<_> = lines
        .map(|line| {
            let (name, value) = line.split_once(':').expect("a header");
            (name.to_ascii_lowercase(), value.trim().to_owned())
        })
        .collect();
    let mut response = HttpResponse {
        status,
        headers,
        body: Vec::new(),
    };
    if status == 204 {
        assert_eq!(response.header("content-length"), None);
        return response;
    }
    if response.header("transfer-encoding") == Some("chunked") {
        response.body = read_chunks(socket, rest).await;
        return response;
    }
    let length: usize = response
        .header("content-length")
        .expect("a length")
        .parse()
        .expect("a number");
    while rest.len() < length {
        assert_ne!(
            socket.read_buf(&mut rest).await.expect("a body"),
            0,
            "a short body"
        );
    }
    assert_eq!(rest.len(), length, "more than the body");
    response.body = rest;
    response
}

async fn read_chunks(socket: &mut TcpStream, mut read: Vec<u8>) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        while let Some(at) = read.windows(2).position(|window| window == b"\r\n") {
            let length = std::str::from_utf8(&read[..at]).expect("ASCII");
            let length = usize::from_str_radix(length, 16).expect("a length");
            if read.len() < at + 2 + length + 2 {
                break;
            }
            body.extend(&read[at + 2..at + 2 + length]);
            read.drain(..at + 2 + length + 2);
            if length == 0 {
                return body;
            }
        }
        assert_ne!(
            socket.read_buf(&mut read).await.expect("a chunk"),
            0,
            "a short body"
        );
    }
}

async fn send_http2(requests: &mut h2::client::SendRequest<Bytes>, request: HttpRequest) -> HttpResponse {
    let mut head = http::Request::builder()
        .method(request.method.as_str())
        .uri(format!("http://test{}", request.path));
    for (name, value) in &request.headers {
        head = head.header(name, value);
    }
    let mut ready = requests.clone().ready().await.expect("an open connection");
    let is_empty = request.body.is_empty();
    let (response, mut stream) = ready
        .send_request(head.body(()).expect("a request"), is_empty)
        .expect("a request");
    if !is_empty {
        tokio::spawn(async move {
            let mut body = Bytes::from(request.body);
            while !body.is_empty() {
                stream.reserve_capacity(body.len());
                let Some(Ok(room)) = std::future::poll_fn(|cx| stream.poll_capacity(cx)).await else {
                    return;
                };
                let part = body.split_to(room.min(body.len()));
                if stream.send_data(part, body.is_empty()).is_err() {
                    return;
                }
            }
        });
    }
    let (head, mut body) = response.await.expect("a response").into_parts();
    let mut data = Vec::new();
    while let Some(part) = body.data().await {
        let part = part.expect("a body");
        let _ = body.flow_control().release_capacity(part.len());
        data.extend(part);
    }
    HttpResponse {
        status: head.status.as_u16(),
        headers: head
            .headers
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().expect("ASCII").to_owned()))
            .collect(),
        body: data,
    }
}

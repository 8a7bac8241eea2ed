//! Attacks over HTTP/1.1.

use std::time::{Duration, Instant};

use rsrpc_tests::soon;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::target_server::TargetServer;

const HEAD: &str = "POST / HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n";

struct Slow {
    name: &'static str,
    option: &'static str,
    first: fn() -> String,
    /// Bytes to send every 20 ms afterwards.
    then: &'static str,
    /// Expected beginning of the response.
    answer: &'static str,
}

const SLOW: &[Slow] = &[
    Slow {
        name: "half a head",
        option: "header_timeout=400",
        first: || HEAD.to_owned(),
        then: "",
        answer: "",
    },
    Slow {
        name: "a head, bit by bit",
        option: "header_timeout=400",
        first: || format!("{HEAD}x: "),
        then: "y",
        answer: "",
    },
    Slow {
        name: "no second request",
        option: "header_timeout=400",
        first: || format!("{HEAD}content-length: 2\r\n\r\n[]"),
        then: "",
        answer: "HTTP/1.1 200 OK",
    },
    Slow {
        name: "half a body",
        option: "body_timeout=400",
        first: || format!("{HEAD}content-length: 1000\r\n\r\n["),
        then: "",
        answer: "HTTP/1.1 408 Request Timeout",
    },
    Slow {
        name: "a body, bit by bit",
        option: "body_timeout=400",
        first: || format!("{HEAD}transfer-encoding: chunked\r\n\r\n"),
        then: "1\r\n \r\n",
        answer: "HTTP/1.1 408 Request Timeout",
    },
    Slow {
        name: "a chunk's length without an end",
        option: "body_timeout=400",
        first: || format!("{HEAD}transfer-encoding: chunked\r\n\r\n1"),
        then: "",
        answer: "HTTP/1.1 408 Request Timeout",
    },
];

#[tokio::test]
async fn slow_http1_requests_are_closed() {
    for slow in SLOW {
        println!("{}", slow.name);
        let victim = TargetServer::start(&[slow.option]).await;
        let started = Instant::now();
        let socket = TcpStream::connect(victim.address).await.unwrap();
        let (mut reader, mut writer) = socket.into_split();
        writer.write_all((slow.first)().as_bytes()).await.unwrap();
        let dribbling = tokio::spawn(async move {
            while writer.write_all(slow.then.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
        let mut answer = vec![];
        // A reset is possible while the peer is still sending.
        let _ = soon(reader.read_to_end(&mut answer)).await;
        dribbling.abort();
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.starts_with(slow.answer), "{}: {answer}", slow.name);
        assert_eq!(
            answer.is_empty(),
            slow.answer.is_empty(),
            "{}: {answer}",
            slow.name
        );
        let took = started.elapsed();
        assert!(
            (Duration::from_millis(390)..Duration::from_millis(1400)).contains(&took),
            "{}: {took:?}",
            slow.name
        );
        victim.survived().await;
    }
}

/// Oversized heads and bodies are refused at low cost.
#[tokio::test]
async fn oversized_http1_requests_are_refused() {
    for (name, sent, answer) in [
        (
            "a field",
            format!("{HEAD}x: {}\r\n\r\n", "y".repeat(20_000)),
            "HTTP/1.1 431",
        ),
        (
            "many fields",
            format!("{HEAD}{}\r\n", "x: y\r\n".repeat(200)),
            "HTTP/1.1 431",
        ),
        (
            "a path",
            format!("POST /{} HTTP/1.1\r\n\r\n", "y".repeat(70_000)),
            "HTTP/1.1 4",
        ),
        (
            "a body",
            format!("{HEAD}content-length: 5000000\r\n\r\n["),
            "HTTP/1.1 413",
        ),
        (
            "a body of 2^64",
            format!("{HEAD}content-length: 18446744073709551616\r\n\r\n["),
            "HTTP/1.1 400",
        ),
        (
            "a head without an end",
            format!("{HEAD}{}", "x: y\r\n".repeat(100_000)),
            "HTTP/1.1 431",
        ),
    ] {
        println!("{name}");
        let victim = TargetServer::start(&[]).await;
        let socket = TcpStream::connect(victim.address).await.unwrap();
        let (mut reader, mut writer) = socket.into_split();
        let sending = tokio::spawn(async move { writer.write_all(sent.as_bytes()).await });
        let mut read = vec![0; answer.len()];
        soon(reader.read_exact(&mut read)).await.unwrap();
        assert_eq!(String::from_utf8_lossy(&read), answer, "{name}");
        sending.abort();
        victim.survived().await;
    }
}

/// Pipelined requests whose responses are never read.
#[tokio::test]
async fn unread_http1_responses_are_bounded() {
    let victim = TargetServer::start(&["write_timeout=500"]).await;
    let mut socket = TcpStream::connect(victim.address).await.unwrap();
    let call =
        r#"{"jsonrpc":"2.0","id":1,"method":"rsrpc.testing.Testing/Unary","params":{"replySize":1000000}}"#;
    let request = format!("{HEAD}content-length: {}\r\n\r\n{call}", call.len());
    let flood = async { while socket.write_all(request.as_bytes()).await.is_ok() {} };
    // Ends when the server closes the connection.
    soon(flood).await;
    victim.survived().await;
}

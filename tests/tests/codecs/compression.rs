//! Message compression with gzip, deflate and zstd.

use std::io::Write as _;

use bytes::Bytes;
use rsrpc_runtime::prost::Message as _;
use rsrpc_runtime::{Channel, Code, Compression, Context, Server, Status, Streaming, service};
use rsrpc_tests::raw::{self, RawServer, envelope};

use super::Running;

const ALL: [Compression; 3] = [Compression::Gzip, Compression::Deflate, Compression::Zstd];
const UNARY: &str = "/pages.Pages/Page";
const STREAM: &str = "/pages.Pages/Several";

/// A service with replies of a requested size.
#[service(package = "pages")]
trait Pages {
    /// Replies with a text of the requested length, uncompressed if `plain`. Reports whether the request was
    /// compressed.
    async fn page(&self, cx: &Context, length: u64, plain: bool) -> Result<String, Status>;
    /// Replies with ten texts; every other one is not to be compressed.
    async fn several(&self, cx: &Context, length: u64) -> Result<Streaming<String>, Status>;
    /// Reports which messages were compressed.
    async fn upload(&self, cx: &Context, texts: Streaming<String>) -> Result<String, Status>;
}

struct Book;

impl Pages for Book {
    async fn page(&self, cx: &Context, length: u64, plain: bool) -> Result<String, Status> {
        if plain {
            assert!(cx.set_compression(None));
        }
        Ok("x".repeat(length as usize))
    }

    async fn several(&self, cx: &Context, length: u64) -> Result<Streaming<String>, Status> {
        let cx = cx.clone();
        Ok(Streaming::iter((0..10).map(move |number| {
            cx.set_compression((number % 2 == 0).then_some(Compression::Gzip));
            "x".repeat(length as usize)
        })))
    }

    async fn upload(&self, cx: &Context, mut texts: Streaming<String>) -> Result<String, Status> {
        let mut seen = String::new();
        while let Some(text) = texts.message().await? {
            let mark = if cx.was_compressed() {
                "compressed"
            } else {
                "plain"
            };
            seen += &format!("{} {mark}, ", text.len());
        }
        Ok(seen)
    }
}

async fn start(change: impl FnOnce(Server) -> Server) -> Running {
    Running::start(change(Server::new().add_service(PagesServer::new(Book)))).await
}

fn compressing(server: Server) -> Server {
    server
        .accept_compression(ALL)
        .send_compression([Compression::Gzip])
}

/// Request frame of `pages.Pages/Page`; `length` is field 1.
fn ask(length: u64) -> Bytes {
    let mut message = vec![0x08];
    rsrpc_runtime::prost::encoding::encode_varint(length, &mut message);
    envelope(0, &message)
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

#[tokio::test]
async fn compression_in_both_directions() {
    let running = start(|server| server.accept_compression(ALL).send_compression(ALL)).await;
    for algorithm in ALL {
        let channel = Channel::builder(running.address.to_string())
            .accept_compression([algorithm])
            .send_compression(algorithm)
            .compress_from(0)
            .build()
            .unwrap();
        let client = PagesClient::new(channel);
        assert_eq!(client.page(300_000, false).await.unwrap().len(), 300_000);
        assert_eq!(client.page(0, true).await.unwrap(), "");
        let texts = Streaming::from(vec!["x".repeat(2000), "y".repeat(100_000), String::new()]);
        let seen = client.upload(texts).await.unwrap();
        assert_eq!(seen, "2000 compressed, 100000 compressed, 0 compressed, ");
        let mut texts = client.several(5000).await.unwrap();
        for _ in 0..10 {
            assert_eq!(texts.message().await.unwrap().unwrap().len(), 5000);
        }
        assert_eq!(texts.message().await.unwrap(), None);
    }
    running.stop().await;
}

#[tokio::test]
async fn call_overrides_compression() {
    let running = start(compressing).await;
    let channel = Channel::builder(running.address.to_string()).build().unwrap();
    let client = PagesClient::new(channel);
    let text = || Streaming::from(vec!["x".repeat(2000)]);
    assert_eq!(client.upload(text()).await.unwrap(), "2000 plain, ");
    let seen = client
        .upload(text())
        .compression(Compression::Zstd)
        .await
        .unwrap();
    assert_eq!(seen, "2000 compressed, ");
    let channel = Channel::builder(running.address.to_string())
        .send_compression(Compression::Gzip)
        .build()
        .unwrap();
    let client = PagesClient::new(channel);
    assert_eq!(
        client.upload(text()).compression(None).await.unwrap(),
        "2000 plain, "
    );
    let short = Streaming::from(vec!["x".repeat(1000)]);
    assert_eq!(client.upload(short).await.unwrap(), "1000 plain, ");
    running.stop().await;
}

#[tokio::test]
async fn reply_compression_follows_grpc_accept_encoding() {
    let running = start(|server| {
        let preferred = [Compression::Zstd, Compression::Gzip];
        server.accept_compression(ALL).send_compression(preferred)
    })
    .await;
    let check = async |accept: &'static str, length: u64, encoding: &str, flag: u8| {
        let headers = [
            ("content-type", "application/grpc"),
            ("grpc-accept-encoding", accept),
        ];
        let answer = running.post(UNARY, &headers, ask(length)).await;
        assert_eq!(answer.code(), "0", "{accept}: {answer:?}");
        assert_eq!(answer.header("grpc-encoding"), encoding, "{accept}");
        assert_eq!(answer.messages[0].0, flag, "{accept}");
        let size = answer.messages[0].1.len();
        assert_eq!(size < length as usize, flag == 1, "{accept} {size}");
    };
    check("identity", 5000, "none", 0).await;
    check("br,gzip", 5000, "gzip", 1).await;
    check("gzip, zstd", 5000, "zstd", 1).await;
    check("deflate", 5000, "none", 0).await;
    // With tag and length the message has 1,023 and 1,024 bytes: just below and at the threshold.
    check("gzip", 1020, "gzip", 0).await;
    check("gzip", 1021, "gzip", 1).await;
    running.stop().await;
}

#[tokio::test]
async fn handler_overrides_compression() {
    let running = start(compressing).await;
    let headers = [
        ("content-type", "application/grpc"),
        ("grpc-accept-encoding", "gzip"),
    ];
    // Field 2, `plain`, is true.
    let mut message = ask(5000).slice(5..).to_vec();
    message.extend_from_slice(&[0x10, 1]);
    let answer = running.post(UNARY, &headers, envelope(0, &message)).await;
    assert_eq!(
        (answer.header("grpc-encoding"), answer.messages[0].0),
        ("none", 0)
    );
    let answer = running.post(STREAM, &headers, ask(5000)).await;
    assert_eq!((answer.code(), answer.header("grpc-encoding")), ("0", "gzip"));
    let flags: Vec<u8> = answer.messages.iter().map(|(flag, _)| *flag).collect();
    assert_eq!(flags, [1, 0].repeat(5));
    running.stop().await;
}

#[tokio::test]
async fn unsupported_grpc_encoding_lists_supported_ones() {
    let check = async |running: Running, encoding: &'static str, accept: &str, message: &str| {
        let headers = [("content-type", "application/grpc"), ("grpc-encoding", encoding)];
        let answer = running.post(UNARY, &headers, ask(1)).await;
        assert_eq!(answer.code(), "12", "{answer:?}");
        assert_eq!(answer.header("grpc-accept-encoding"), accept);
        assert_eq!(answer.header("grpc-message"), message);
        running.stop().await;
    };
    check(
        start(|server| server).await,
        "gzip",
        "identity",
        "grpc-encoding \"gzip\" is not supported: use identity",
    )
    .await;
    check(
        start(compressing).await,
        "br",
        "identity,gzip,deflate,zstd",
        "grpc-encoding \"br\" is not supported: use identity or gzip or deflate or zstd",
    )
    .await;
}

#[tokio::test]
async fn compressed_flag_without_grpc_encoding() {
    let running = start(compressing).await;
    let headers = [
        ("content-type", "application/grpc"),
        ("grpc-encoding", "identity"),
    ];
    let answer = running
        .post(UNARY, &headers, envelope(1, &gzip(b"\x08\x01")))
        .await;
    assert_eq!(answer.code(), "13", "{answer:?}");
    assert_eq!(
        answer.header("grpc-message"),
        "a message is marked as compressed, but no grpc-encoding was announced"
    );
    running.stop().await;
}

#[tokio::test]
async fn decompression_stops_at_the_message_limit() {
    let running = start(|server| compressing(server).max_request_size(1 << 20)).await;
    let headers = [("content-type", "application/grpc"), ("grpc-encoding", "gzip")];
    let bomb = gzip(&vec![0; 16 << 20]);
    assert!(bomb.len() < 1 << 20, "{}", bomb.len());
    let answer = running.post(UNARY, &headers, envelope(1, &bomb)).await;
    assert_eq!(answer.code(), "8", "{answer:?}");
    assert_eq!(
        answer.header("grpc-message"),
        "a message decompresses to more than the limit of 1048576 bytes"
    );
    let answer = running.post(UNARY, &headers, envelope(1, b"nonsense")).await;
    assert_eq!(answer.code(), "13", "{answer:?}");
    running.stop().await;
}

#[tokio::test]
async fn client_refuses_compression_it_did_not_offer() {
    let server = RawServer::http2(async |mut call: raw::RawCall| {
        call.read().await;
        let mut head = raw::head();
        head.headers_mut()
            .insert("grpc-encoding", http::HeaderValue::from_static("gzip"));
        let mut stream = call.respond.send_response(head, false).expect("a stream");
        let text = rsrpc_tests::testing::Reply {
            text: "x".repeat(5000),
            ..Default::default()
        };
        let message = envelope(1, &gzip(&text.encode_to_vec()));
        stream.send_data(message, false).expect("a window");
        stream.send_trailers(raw::trailers("0")).expect("a stream");
    })
    .await;
    let client =
        |change: fn(rsrpc_runtime::client::ChannelBuilder) -> rsrpc_runtime::client::ChannelBuilder| {
            let channel = change(Channel::builder(server.address.to_string()))
                .build()
                .unwrap();
            rsrpc_tests::testing::TestingClient::new(channel)
        };
    let ask = rsrpc_tests::testing::Request::default;
    let reply = client(|channel| channel.accept_compression([Compression::Gzip]))
        .unary(ask())
        .await;
    assert_eq!(reply.unwrap().text.len(), 5000);
    let check = async |client: rsrpc_tests::testing::TestingClient, code: Code, says: &str| {
        let status = client.unary(ask()).await.unwrap_err();
        assert_eq!(status.code(), code, "{status}");
        assert!(status.message().contains(says), "{status}");
    };
    let offered = client(|channel| channel.accept_compression([Compression::Zstd]));
    check(
        offered,
        Code::Internal,
        "the server compressed its replies with \"gzip\", which the client did not offer",
    )
    .await;
    let nothing = client(|channel| channel);
    check(nothing, Code::Internal, "no grpc-encoding was announced").await;
    let small = client(|channel| channel.accept_compression(ALL).max_reply_size(4999));
    check(
        small,
        Code::ResourceExhausted,
        "more than the limit of 4999 bytes",
    )
    .await;
}

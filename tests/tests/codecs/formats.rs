//! Message formats: JSON and custom codecs.

use std::sync::Arc;

use rsrpc_runtime::generated::{
    DescriptorSet, Handlers as _, MethodKind, Routes, Service, ServiceDescriptor, ServiceOptions, UnaryCall,
};
use rsrpc_runtime::prost_types::Timestamp;
use rsrpc_runtime::{
    Channel, Code, Codec, Context, CustomCodec, MessageCodec, Method, Server, Status, Streaming, service,
};
use rsrpc_tests::raw::{RawCall, RawServer, envelope, head};
use rsrpc_tests::testing::{Request, TestingClient};

use super::Running;

/// A service with protobuf and JSON.
#[service(package = "clock")]
trait Clock {
    /// Returns the time.
    async fn echo(&self, time: Timestamp, zone: String) -> Result<Timestamp, Status>;
    /// Returns every time.
    async fn ticks(&self, times: Streaming<Timestamp>) -> Result<Streaming<Timestamp>, Status>;
}

struct Sundial;

impl Clock for Sundial {
    async fn echo(&self, time: Timestamp, _: String) -> Result<Timestamp, Status> {
        Ok(time)
    }

    async fn ticks(&self, times: Streaming<Timestamp>) -> Result<Streaming<Timestamp>, Status> {
        Ok(times)
    }
}

/// A custom codec.
struct Lines;

const LINE: MessageCodec<String> = MessageCodec::custom(
    "lines.Line",
    CustomCodec::new(
        "line",
        |line, buffer| {
            buffer.extend_from_slice(line.as_bytes());
            buffer.extend_from_slice(b"\n");
            Ok(())
        },
        |bytes| match bytes.strip_suffix(b"\n") {
            Some(line) => Ok(String::from_utf8_lossy(line).into_owned()),
            None => Err(Status::data_loss("a line has no end")),
        },
    ),
);
static SHOUT: Method<String, String> = Method::new(MethodKind::Unary, "/lines.Lines/Shout", LINE, LINE);
static LINES: ServiceDescriptor = ServiceDescriptor {
    name: "lines.Lines",
    methods: &[SHOUT.descriptor()],
    file: "",
    descriptor_set: DescriptorSet::none(),
};

impl Service for Lines {
    fn register(self, routes: &mut Routes) {
        let mut routes = routes.service(Arc::new(self), ServiceOptions::new(&LINES));
        routes.unary(&SHOUT, Lines::shout);
    }
}

impl Lines {
    async fn shout(&self, _: &Context, line: String) -> Result<String, Status> {
        Ok(line.to_uppercase())
    }
}

async fn start() -> Running {
    let server = Server::new()
        .add_service(ClockServer::new(Sundial))
        .add_service(Lines);
    Running::start(server).await
}

#[tokio::test]
async fn json_codec_calls() {
    let running = start().await;
    let channel = Channel::builder(running.address.to_string())
        .codec(Codec::Json)
        .build()
        .unwrap();
    let client = ClockClient::new(channel);
    let time = Timestamp { seconds: 7, nanos: 0 };
    assert_eq!(client.echo(time, "UTC".into()).await.unwrap(), time);
    let mut ticks = client.ticks().send(vec![time; 3]).await.unwrap();
    for _ in 0..3 {
        assert_eq!(ticks.message().await.unwrap(), Some(time));
    }
    assert_eq!(ticks.message().await.unwrap(), None);
    running.stop().await;
}

#[tokio::test]
async fn json_codec_on_the_wire() {
    let running = start().await;
    let check = async |content_type: &'static str, body: &[u8], answers: &str, reply: &[u8]| {
        let headers = [("content-type", content_type)];
        let answer = running
            .post("/clock.Clock/Echo", &headers, envelope(0, body))
            .await;
        assert_eq!(answer.code(), "0", "{answer:?}");
        assert_eq!(answer.header("content-type"), answers);
        assert_eq!(answer.messages[0].1, reply, "{answer:?}");
    };
    let json = br#"{"time":"1970-01-01T00:00:07Z","newer":1}"#;
    let reply = br#""1970-01-01T00:00:07Z""#;
    check("application/grpc+json", json, "application/grpc+json", reply).await;
    check("Application/gRPC+JSON; x=y", json, "application/grpc+json", reply).await;
    let proto = [0x0a, 2, 0x08, 7];
    check("application/grpc", &proto, "application/grpc", &[0x08, 7]).await;
    check(
        "application/grpc+proto",
        &proto,
        "application/grpc+proto",
        &[0x08, 7],
    )
    .await;

    let headers = [("content-type", "application/grpc+json")];
    let answer = running
        .post("/clock.Clock/Echo", &headers, envelope(0, b"{\"time\":7}"))
        .await;
    assert_eq!(answer.code(), "13", "{answer:?}");
    assert!(
        answer
            .header("grpc-message")
            .starts_with("a message cannot be decoded: time: "),
        "{answer:?}"
    );
    let answer = running
        .post("/clock.Clock/Echo", &headers, envelope(0, b"\xff"))
        .await;
    assert_eq!(answer.code(), "13", "{answer:?}");
    let answer = running
        .post("/clock.Clock/Nope", &headers, envelope(0, b"{}"))
        .await;
    assert_eq!(answer.code(), "12", "{answer:?}");
    running.stop().await;
}

#[tokio::test]
async fn custom_codec_calls() {
    let running = start().await;
    let channel = Channel::builder(running.address.to_string()).build().unwrap();
    let reply = UnaryCall::new(&channel, &SHOUT, "hello".to_owned()).await;
    assert_eq!(reply.unwrap(), "HELLO");
    let check = async |content_type: &'static str, body: &[u8], status: u16, code: &str, answers: &str| {
        let headers = [("content-type", content_type)];
        let answer = running
            .post("/lines.Lines/Shout", &headers, envelope(0, body))
            .await;
        assert_eq!(answer.status, status, "{content_type}: {answer:?}");
        assert_eq!(answer.code(), code, "{content_type}: {answer:?}");
        assert_eq!(answer.header("content-type"), answers, "{content_type}");
    };
    check("application/grpc+line", b"a\n", 200, "0", "application/grpc+line").await;
    check("application/grpc", b"a\n", 200, "0", "application/grpc").await;
    check("application/grpc+line", b"a", 200, "15", "application/grpc+line").await;
    let text = "text/plain; charset=utf-8";
    check("application/grpc+proto", b"", 415, "none", text).await;
    check("application/grpc+json", b"", 415, "none", text).await;
    check("application/grpc+other", b"", 415, "none", text).await;
    running.stop().await;
}

#[tokio::test]
async fn unsupported_codec_fails_before_sending() {
    let channel = Channel::builder("127.0.0.1:1")
        .codec(Codec::Json)
        .build()
        .unwrap();
    let status = UnaryCall::new(&channel, &SHOUT, String::new()).await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
    assert_eq!(
        status.message(),
        "lines.Lines/Shout supports application/grpc+line"
    );
}

#[tokio::test]
async fn response_in_another_codec_is_refused() {
    let server = RawServer::http2(async |mut call: RawCall| {
        call.read().await;
        let mut head = head();
        let json = http::HeaderValue::from_static("application/grpc+json");
        head.headers_mut().insert("content-type", json);
        let mut stream = call.respond.send_response(head, false).expect("a stream");
        stream.send_data(envelope(0, b"{}"), false).expect("a window");
        stream
            .send_trailers(rsrpc_tests::raw::trailers("0"))
            .expect("a stream");
    })
    .await;
    let client: TestingClient = server.client();
    let status = client.unary(Request::default()).await.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    let says = "the content type \"application/grpc+json\", which was not asked for";
    assert!(status.message().contains(says), "{status}");
}

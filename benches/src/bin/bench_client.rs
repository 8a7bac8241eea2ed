//! `bench.Echo`'s client on rsrpc, over gRPC or JSON-RPC.

use bytes::Bytes;
use rsrpc_bench::load;
use rsrpc_runtime::{Channel, Protocol, Streaming};

use pb::{EchoClient, Payload, StreamRequest};

#[allow(unreachable_pub, reason = "generated for a library")]
mod pb {
    rsrpc_runtime::include_proto!("bench");
}

#[derive(Clone)]
struct Rsrpc(EchoClient);

fn payload(body: Bytes) -> Payload {
    Payload {
        body,
        name: String::new(),
    }
}

impl load::Client for Rsrpc {
    async fn connect(addr: &str, protocol: &str) -> Self {
        let protocol = match protocol {
            "grpc" => Protocol::Grpc,
            "jsonrpc-http" => Protocol::JsonRpc,
            other => panic!("--protocol {other}: expected grpc or jsonrpc-http"),
        };
        let channel = Channel::builder(format!("http://{addr}"))
            .protocol(protocol)
            .build()
            .expect("a target");
        Self(EchoClient::new(channel))
    }

    async fn unary(&mut self, body: Bytes) -> usize {
        self.0.unary(payload(body)).await.expect("a reply").body.len()
    }

    async fn server_stream(&mut self, count: usize, size: usize) {
        let request = StreamRequest {
            count: count as u32,
            size: size as u32,
        };
        let mut replies = self.0.stream(request).await.expect("a stream");
        let mut seen = 0;
        while let Some(reply) = replies.message().await.expect("a message") {
            assert_eq!(reply.body.len(), size);
            seen += 1;
        }
        assert_eq!(seen, count);
    }

    async fn client_stream(&mut self, body: Bytes, count: usize) -> (u64, u64) {
        let requests = Streaming::iter((0..count).map(move |_| payload(body.clone())));
        let reply = self.0.sink(requests).await.expect("a reply");
        (reply.messages, reply.bytes)
    }

    async fn ping_pong(&mut self, body: Bytes, count: usize, trips: &mut load::Trips) {
        let (mut requests, mut replies) = self.0.chat().open().await.expect("a stream");
        for _ in 0..count {
            requests
                .send(payload(body.clone()))
                .await
                .expect("an open stream");
            let reply = replies
                .message()
                .await
                .expect("a message")
                .expect("an open stream");
            assert_eq!(reply.body.len(), body.len());
            trips.trip();
        }
        requests.finish();
        assert!(replies.message().await.expect("the stream's end").is_none());
    }

    async fn hold(&mut self, body: Bytes, opened: impl FnOnce() + Send) {
        let (mut requests, mut replies) = self.0.chat().open().await.expect("a stream");
        requests.send(payload(body)).await.expect("an open stream");
        replies
            .message()
            .await
            .expect("a message")
            .expect("an open stream");
        opened();
        let _ = replies.message().await;
        drop(requests);
    }
}

#[tokio::main]
async fn main() {
    load::run::<Rsrpc>("rsrpc").await;
}

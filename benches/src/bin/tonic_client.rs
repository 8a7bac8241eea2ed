//! `bench.Echo`'s client on tonic, with tonic's defaults.

use bytes::Bytes;
use rsrpc_bench::load;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};

use pb::echo_client::EchoClient;
use pb::{Payload, StreamRequest};

#[allow(unreachable_pub, reason = "generated for a library")]
mod pb {
    include!(concat!(env!("OUT_DIR"), "/tonic/bench.rs"));
}

#[derive(Clone)]
struct Tonic(EchoClient<Channel>);

fn payload(body: Bytes) -> Payload {
    Payload {
        body,
        name: String::new(),
    }
}

impl load::Client for Tonic {
    async fn connect(addr: &str, protocol: &str) -> Self {
        assert_eq!(protocol, "grpc", "tonic speaks gRPC only");
        let endpoint = Endpoint::from_shared(format!("http://{addr}")).expect("an address");
        Self(EchoClient::new(endpoint.connect().await.expect("a server")))
    }

    async fn unary(&mut self, body: Bytes) -> usize {
        self.0
            .unary(payload(body))
            .await
            .expect("a reply")
            .get_ref()
            .body
            .len()
    }

    async fn server_stream(&mut self, count: usize, size: usize) {
        let request = StreamRequest {
            count: count as u32,
            size: size as u32,
        };
        let mut replies = self.0.stream(request).await.expect("a stream").into_inner();
        let mut seen = 0;
        while let Some(reply) = replies.message().await.expect("a message") {
            assert_eq!(reply.body.len(), size);
            seen += 1;
        }
        assert_eq!(seen, count);
    }

    async fn client_stream(&mut self, body: Bytes, count: usize) -> (u64, u64) {
        let requests = tokio_stream::iter((0..count).map(move |_| payload(body.clone())));
        let reply = self.0.sink(requests).await.expect("a reply").into_inner();
        (reply.messages, reply.bytes)
    }

    async fn ping_pong(&mut self, body: Bytes, count: usize, trips: &mut load::Trips) {
        let (requests, receiver) = tokio::sync::mpsc::channel(1);
        let mut replies = self
            .0
            .chat(ReceiverStream::new(receiver))
            .await
            .expect("a stream")
            .into_inner();
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
        drop(requests);
        assert!(replies.message().await.expect("the stream's end").is_none());
    }

    async fn hold(&mut self, body: Bytes, opened: impl FnOnce() + Send) {
        let (requests, receiver) = tokio::sync::mpsc::channel(1);
        requests.send(payload(body)).await.expect("an open stream");
        let replies = self.0.chat(ReceiverStream::new(receiver)).await;
        let mut replies = replies.expect("a stream").into_inner();
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
    load::run::<Tonic>("tonic").await;
}

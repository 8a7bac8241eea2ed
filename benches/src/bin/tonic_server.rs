//! `bench.Echo` on tonic, with tonic's defaults.

use std::pin::Pin;

use bytes::Bytes;
use rsrpc_bench::load;
use tokio_stream::{Stream, StreamExt};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use pb::echo_server::{Echo, EchoServer};
use pb::{Payload, SinkReply, StreamRequest};

#[allow(unreachable_pub, reason = "generated for a library")]
mod pb {
    include!(concat!(env!("OUT_DIR"), "/tonic/bench.rs"));
}

type Replies = Pin<Box<dyn Stream<Item = Result<Payload, Status>> + Send>>;

struct Service;

#[tonic::async_trait]
impl Echo for Service {
    async fn unary(&self, request: Request<Payload>) -> Result<Response<Payload>, Status> {
        Ok(Response::new(request.into_inner()))
    }

    type StreamStream = Replies;
    async fn stream(&self, request: Request<StreamRequest>) -> Result<Response<Replies>, Status> {
        let StreamRequest { count, size } = request.into_inner();
        let payload = Payload {
            body: Bytes::from(vec![b'x'; size as usize]),
            name: String::new(),
        };
        Ok(Response::new(Box::pin(tokio_stream::iter(
            (0..count).map(move |_| Ok(payload.clone())),
        ))))
    }

    async fn sink(&self, request: Request<Streaming<Payload>>) -> Result<Response<SinkReply>, Status> {
        let mut payloads = request.into_inner();
        let mut reply = SinkReply::default();
        while let Some(payload) = payloads.message().await? {
            reply.messages += 1;
            reply.bytes += payload.body.len() as u64;
        }
        Ok(Response::new(reply))
    }

    type ChatStream = Replies;
    async fn chat(&self, request: Request<Streaming<Payload>>) -> Result<Response<Replies>, Status> {
        Ok(Response::new(Box::pin(
            request.into_inner().map(|payload| payload),
        )))
    }
}

#[tokio::main]
async fn main() {
    let incoming = TcpIncoming::bind(load::listen_addr())
        .expect("a free address")
        .with_nodelay(Some(true));
    load::listening(incoming.local_addr().expect("a bound socket"));
    Server::builder()
        .add_service(EchoServer::new(Service))
        .serve_with_incoming(incoming)
        .await
        .expect("serving");
}

//! `bench.Echo` on rsrpc: gRPC and JSON-RPC on one port.

use rsrpc_bench::load;
use rsrpc_runtime::{Context, Server, Status, Streaming};

use pb::{Echo, EchoServer, Payload, SinkReply, StreamRequest};

#[allow(unreachable_pub, reason = "generated for a library")]
mod pb {
    rsrpc_runtime::include_proto!("bench");
}

struct Service;

impl Echo for Service {
    async fn unary(&self, _: &Context, request: Payload) -> Result<Payload, Status> {
        Ok(request)
    }

    async fn stream(&self, _: &Context, request: StreamRequest) -> Result<Streaming<Payload>, Status> {
        let payload = Payload {
            body: vec![b'x'; request.size as usize].into(),
            name: String::new(),
        };
        Ok(Streaming::iter((0..request.count).map(move |_| payload.clone())))
    }

    async fn sink(&self, _: &Context, mut requests: Streaming<Payload>) -> Result<SinkReply, Status> {
        let mut reply = SinkReply::default();
        while let Some(payload) = requests.message().await? {
            reply.messages += 1;
            reply.bytes += payload.body.len() as u64;
        }
        Ok(reply)
    }

    async fn chat(&self, _: &Context, requests: Streaming<Payload>) -> Result<Streaming<Payload>, Status> {
        Ok(requests)
    }
}

#[tokio::main]
async fn main() {
    let server = Server::new().add_service(EchoServer::new(Service));
    let server = server.bind(load::listen_addr()).await.expect("a free address");
    load::listening(server.local_addr());
    server
        .serve_until(std::future::pending::<()>())
        .await
        .expect("serving");
}

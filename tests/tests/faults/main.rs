//! Misbehaving peers, shutdown, and reconnecting.

mod client_errors;
mod invalid_requests;
mod invalid_responses;
mod keepalive;
mod misbehaving_servers;
mod not_http2;
mod reconnecting;
mod shutdown;
mod tls;
mod transparent_retry;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::{Status, Streaming};
use rsrpc_tests::testing::{Reply, Request, TestingClient};

/// Every kind of method.
const KINDS: [MethodKind; 4] = [
    MethodKind::Unary,
    MethodKind::ServerStreaming,
    MethodKind::ClientStreaming,
    MethodKind::Bidi,
];

/// Makes a call to its end. Returns the texts of its replies and its outcome.
async fn call(
    client: &TestingClient,
    kind: MethodKind,
    behaviour: &str,
) -> (Vec<String>, Result<(), Status>) {
    let request = Request {
        text: "asked".to_owned(),
        ..Request::default()
    };
    let one = |called: Result<Reply, Status>| match called {
        Ok(reply) => (vec![reply.text], Ok(())),
        Err(status) => (Vec::new(), Err(status)),
    };
    match kind {
        MethodKind::Unary => one(client.unary(request).metadata("x-do", behaviour).await),
        MethodKind::ClientStreaming => one(client.client_stream([request]).metadata("x-do", behaviour).await),
        MethodKind::ServerStreaming => {
            drain(client.server_stream(request).metadata("x-do", behaviour).await).await
        }
        MethodKind::Bidi => drain(client.bidi().metadata("x-do", behaviour).send([request]).await).await,
    }
}

async fn drain(opened: Result<Streaming<Reply>, Status>) -> (Vec<String>, Result<(), Status>) {
    let mut texts = Vec::new();
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(status) => return (texts, Err(status)),
    };
    loop {
        match stream.message().await {
            Ok(Some(reply)) => texts.push(reply.text),
            Ok(None) => return (texts, Ok(())),
            Err(status) => return (texts, Err(status)),
        }
    }
}

//! Behaviour of calls, identical over every transport. Each check runs over TCP, Unix sockets, memory, a given
//! listener, the router mounted in hyper, a server with a tower layer, and TLS.

mod calls;
mod cancellation;
mod deadlines;
mod interceptors;
mod limits;
mod routing;
mod tls;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::{Context, Metadata, Status, Streaming};
use rsrpc_tests::testing::{Reply, Request, TestingClient};

/// Every kind of method.
const KINDS: [MethodKind; 4] = [
    MethodKind::Unary,
    MethodKind::ServerStreaming,
    MethodKind::ClientStreaming,
    MethodKind::Bidi,
];

/// Options of a call of any kind.
#[derive(Default)]
struct Options {
    metadata: Vec<(&'static str, &'static str)>,
    timeout: Option<std::time::Duration>,
    within: Option<Context>,
}

/// Outcome of a call of any kind.
#[derive(Debug)]
struct Outcome {
    replies: Vec<Reply>,
    headers: Metadata,
    trailers: Metadata,
    end: Result<(), Status>,
}

impl Outcome {
    fn failed(status: Status) -> Self {
        Self {
            replies: Vec::new(),
            headers: Metadata::new(),
            trailers: Metadata::new(),
            end: Err(status),
        }
    }

    fn texts(&self) -> Vec<&str> {
        self.replies.iter().map(|reply| reply.text.as_str()).collect()
    }

    /// Status of the failed call.
    #[track_caller]
    fn status(&self) -> &Status {
        self.end.as_ref().expect_err("the call should have failed")
    }
}

macro_rules! with_options {
    ($call:expr, $options:expr) => {{
        let mut call = $call;
        for (key, value) in $options.metadata {
            call = call.metadata(key, value);
        }
        if let Some(timeout) = $options.timeout {
            call = call.timeout(timeout);
        }
        if let Some(cx) = &$options.within {
            call = call.within(cx);
        }
        call
    }};
}

/// Makes a call with one request to its end.
async fn call(client: &TestingClient, kind: MethodKind, request: Request) -> Outcome {
    call_with(client, kind, request, Options::default()).await
}

async fn call_with(client: &TestingClient, kind: MethodKind, request: Request, options: Options) -> Outcome {
    match kind {
        MethodKind::Unary => whole(with_options!(client.unary(request), options).detailed().await),
        MethodKind::ClientStreaming => whole(
            with_options!(client.client_stream([request]), options)
                .detailed()
                .await,
        ),
        MethodKind::ServerStreaming => {
            drain(with_options!(client.server_stream(request), options).await).await
        }
        MethodKind::Bidi => drain(with_options!(client.bidi(), options).send([request]).await).await,
    }
}

fn whole(called: Result<rsrpc_runtime::client::Response<Reply>, Status>) -> Outcome {
    match called {
        Ok(response) => Outcome {
            replies: vec![response.message],
            headers: response.headers,
            trailers: response.trailers,
            end: Ok(()),
        },
        Err(status) => Outcome::failed(status),
    }
}

/// Reads a stream to its end.
async fn drain(opened: Result<Streaming<Reply>, Status>) -> Outcome {
    let mut stream = match opened {
        Ok(stream) => stream,
        Err(status) => return Outcome::failed(status),
    };
    let mut replies = Vec::new();
    let end = loop {
        match stream.message().await {
            Ok(Some(reply)) => replies.push(reply),
            Ok(None) => break Ok(()),
            Err(status) => break Err(status),
        }
    };
    Outcome {
        replies,
        headers: stream.headers().await.cloned().unwrap_or_default(),
        trailers: stream.trailers().cloned().unwrap_or_default(),
        end,
    }
}

fn text(text: &str) -> Request {
    Request {
        text: text.to_owned(),
        ..Request::default()
    }
}

//! Code that calls a service, tested with the generated mock.
//!
//! [`Concierge`] tries several greeters in order. Each is a `GreeterDyn`: a remote client, a local implementation, or
//! a `GreeterMock` in tests (`tests/concierge.rs`).

use greeter::helloworld::{Greeter, GreeterDyn, HelloReply, HelloRequest};
use rsrpc_runtime::{Code, Context, Status, Streaming};

/// Greets through the first available of several greeters.
#[derive(Debug, Clone)]
pub struct Concierge {
    greeters: Vec<GreeterDyn>,
}

impl Concierge {
    /// Creates a concierge that tries these greeters in order.
    pub fn new(greeters: impl IntoIterator<Item = GreeterDyn>) -> Self {
        Self {
            greeters: greeters.into_iter().collect(),
        }
    }
}

impl Greeter for Concierge {
    async fn say_hello(&self, cx: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        let mut last = Status::unavailable("the concierge knows no greeter");
        for greeter in &self.greeters {
            match greeter.say_hello(cx, request.clone()).await {
                Err(status) if status.code() == Code::Unavailable => last = status,
                answered => return answered,
            }
        }
        Err(last)
    }

    async fn stream_hello(
        &self,
        cx: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        // A stream cannot be restarted elsewhere: it goes to the first greeter.
        match self.greeters.first() {
            Some(greeter) => greeter.stream_hello(cx, request).await,
            None => Err(Status::unavailable("the concierge knows no greeter")),
        }
    }

    async fn chat(
        &self,
        cx: &Context,
        requests: Streaming<HelloRequest>,
    ) -> Result<Streaming<HelloReply>, Status> {
        match self.greeters.first() {
            Some(greeter) => greeter.chat(cx, requests).await,
            None => Err(Status::unavailable("the concierge knows no greeter")),
        }
    }
}

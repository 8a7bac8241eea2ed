//! Code that calls a service, and its tests with the service's mock.
//!
//! [`Concierge`] asks one greeter after the other. Each is a `GreeterDyn`: a remote client, something local, or the
//! generated `GreeterMock` of a test (`tests/concierge.rs`).

use greeter::helloworld::{Greeter, GreeterDyn, HelloReply, HelloRequest};
use rsrpc_runtime::{Code, Context, Status, Streaming};

/// Greets through the first of several greeters that is there.
#[derive(Debug, Clone)]
pub struct Concierge {
    greeters: Vec<GreeterDyn>,
}

impl Concierge {
    /// Asks these greeters, in this order.
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
        // A stream cannot be begun again half way: the first greeter has it.
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

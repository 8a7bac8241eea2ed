//! The service under test.

use std::collections::HashSet;
use std::sync::Arc;

use greeter::helloworld::{Greeter, HelloReply, HelloRequest};
use rsrpc_runtime::{Context, Status, Streaming};
use tokio_stream::StreamExt as _;

/// Forwards greetings of listed guests to another greeter.
#[derive(Debug, Clone)]
pub struct Doorman<G> {
    greeter: G,
    guests: Arc<HashSet<String>>,
}

impl<G: Greeter> Doorman<G> {
    /// Creates a doorman for `greeter`.
    pub fn new(greeter: G, guests: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self {
            greeter,
            guests: Arc::new(guests.into_iter().map(Into::into).collect()),
        }
    }
}

/// Each call passes on its `cx`. If the greeter is a client, it inherits the caller's deadline and cancellation.
impl<G: Greeter> Greeter for Doorman<G> {
    async fn say_hello(&self, cx: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        let request = admit(&self.guests, request)?;
        self.greeter.say_hello(cx, request).await
    }

    async fn stream_hello(
        &self,
        cx: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        let request = admit(&self.guests, request)?;
        self.greeter.stream_hello(cx, request).await
    }

    async fn chat(
        &self,
        cx: &Context,
        requests: Streaming<HelloRequest>,
    ) -> Result<Streaming<HelloReply>, Status> {
        let guests = self.guests.clone();
        let admitted = requests.map(move |request| admit(&guests, request?));
        self.greeter.chat(cx, Streaming::new(admitted)).await
    }
}

fn admit(guests: &HashSet<String>, request: HelloRequest) -> Result<HelloRequest, Status> {
    if guests.contains(&request.name) {
        Ok(request)
    } else {
        Err(Status::permission_denied(format!(
            "{} is not on the list",
            request.name
        )))
    }
}

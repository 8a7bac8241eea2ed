//! An implementation of the greeting service.

use rsrpc_runtime::{Context, Status, Streaming};

use helloworld::{Greeter, HelloReply, HelloRequest};

/// The generated code.
pub mod helloworld {
    rsrpc_runtime::include_proto!("helloworld");
}

/// Greets by name.
pub struct MyGreeter;

impl Greeter for MyGreeter {
    async fn say_hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        Ok(hello(&request))
    }

    async fn stream_hello(
        &self,
        _: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        Ok(Streaming::iter((0..10).map(move |_| hello(&request))))
    }

    async fn chat(
        &self,
        _: &Context,
        names: Streaming<HelloRequest>,
    ) -> Result<Streaming<HelloReply>, Status> {
        Ok(names.map_ok(|request| hello(&request)))
    }
}

fn hello(request: &HelloRequest) -> HelloReply {
    HelloReply {
        message: format!("Hello {}", request.name),
    }
}

#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
mod readme {}

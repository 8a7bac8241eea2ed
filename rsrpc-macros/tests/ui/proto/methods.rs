//! Methods in the trait's body that are not what the file says.

use rsrpc_runtime::{Context, Status, Streaming, service};

#[service(proto = "protos/greeter.proto")]
pub trait Greeter {
    async fn say_hallo(&self, cx: &Context, request: HelloRequest) -> Result<HelloReply, Status>;
    async fn say_hello(&self, cx: &Context, request: HelloReply) -> Result<HelloReply, Status>;
    async fn stream_hello(&self, cx: &Context, request: HelloRequest) -> Result<HelloReply, Status>;
    async fn chat(
        &self,
        cx: &Context,
        requests: Streaming<HelloRequest>,
    ) -> Result<Streaming<HelloRequest>, Status>;
    async fn chat(&self);
}

mod shapes {
    use super::*;

    #[service(proto = "protos/greeter.proto", service = "hello.Greeter")]
    pub trait Shapes {
        async fn say_hello(request: HelloRequest) -> Result<HelloReply, Status>;
        async fn stream_hello(&self, request: HelloRequest) -> Result<Streaming<HelloReply>, Status>;
        fn record(&self, cx: &Context, requests: Streaming<HelloRequest>) -> Result<HelloReply, Status>;
        async fn chat(&self, cx: &Context, requests: HelloRequest) -> HelloReply;
    }

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask<T>(&self, cx: &Context, request: T) -> Result<Answer, Status>;
    }
}

mod more {
    use super::*;

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask(&self, cx: &str, request: Question) -> Result<Answer, Status>;
    }
}

mod body {
    use super::*;

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask(&self, cx: &Context, request: Question) -> Result<Answer, Status> {
            todo!()
        }
    }
}

mod output {
    use super::*;

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask(&self, cx: &Context, request: Question) -> Answer;
    }
}

fn main() {}

//! Methods in the trait that differ from the file.

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
    use rsrpc_runtime::{Context, Status, Streaming, service};

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
    use rsrpc_runtime::{Status, service};

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask(&self, cx: &str, request: Question) -> Result<Answer, Status>;
    }
}

mod streams {
    use rsrpc_runtime::{Context, Status, Streaming, service};

    #[service(proto = "protos/greeter.proto", service = "hello.Greeter")]
    pub trait Streams {
        async fn say_hello(&self, cx: &Context, request: Streaming<HelloRequest>) -> Result<HelloReply, Status>;
        async fn stream_hello(&self, cx: Context, request: HelloRequest) -> Result<HelloReply, Status>;
        async fn record(&self, cx: &Context, requests: HelloRequest) -> Result<HelloReply, Status>;
        async fn chat(&mut self, cx: &Context, requests: HelloRequest) -> Result<HelloReply, Status>;
    }

    #[service(proto = "protos/one.proto")]
    pub trait One {
        fn ask(
            &self,
            cx: &Context,
            request: Question,
        ) -> impl Future<Output = Result<Streaming<Answer>, Status>> + Send;
    }
}

mod body {
    use rsrpc_runtime::{Context, Status, service};

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask(&self, cx: &Context, request: Question) -> Result<Answer, Status> {
            todo!()
        }
    }
}

mod output {
    use rsrpc_runtime::{Context, service};

    #[service(proto = "protos/one.proto")]
    pub trait One {
        async fn ask(&self, cx: &Context, request: Question) -> Answer;
    }
}

fn main() {}

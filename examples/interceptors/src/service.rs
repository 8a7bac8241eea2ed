//! The service and its interceptors.

use greeter::MyGreeter;
use greeter::helloworld::{Greeter, GreeterMethods, GreeterServer, HelloReply, HelloRequest};
use rsrpc_runtime::interceptor::{Call, Interceptor, Next, Reply, interceptor};
use rsrpc_runtime::{Context, Status, Streaming};

/// Caller, as determined from the bearer token.
#[derive(Debug, Clone)]
pub(crate) struct User(pub(crate) String);

/// Greets in the name of the caller.
struct PersonalGreeter;

impl Greeter for PersonalGreeter {
    async fn say_hello(&self, cx: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
        // Extensions set by an interceptor are in the handler's context.
        let User(user) = cx.extension().ok_or(Status::internal("no user"))?;
        Ok(HelloReply {
            message: format!("Hello {} from {user}", request.name),
        })
    }

    async fn stream_hello(
        &self,
        cx: &Context,
        request: HelloRequest,
    ) -> Result<Streaming<HelloReply>, Status> {
        MyGreeter.stream_hello(cx, request).await
    }

    async fn chat(
        &self,
        cx: &Context,
        requests: Streaming<HelloRequest>,
    ) -> Result<Streaming<HelloReply>, Status> {
        MyGreeter.chat(cx, requests).await
    }
}

/// The service with its interceptors in order.
pub(crate) fn service() -> impl rsrpc_runtime::server::Service {
    GreeterServer::new(PersonalGreeter)
        .intercept(interceptor(say_who_served))
        .intercept(NobodyIsGreetedHere)
        .intercept(interceptor(tidy_names))
}

/// Adds response metadata.
async fn say_who_served(call: Call, next: Next) -> Result<Reply, Status> {
    let request_id = call.metadata().get("request-id").unwrap_or("none").to_owned();
    let mut reply = next.run(call).await?;
    let added = reply.headers_mut().insert("served-request", &request_id);
    added.map_err(|error| Status::internal(error.to_string()))?;
    Ok(reply)
}

/// Reads the request and may reply instead of the handler.
struct NobodyIsGreetedHere;

impl Interceptor for NobodyIsGreetedHere {
    async fn intercept(&self, mut call: Call, next: Next) -> Result<Reply, Status> {
        if call.method() == GreeterMethods::SAY_HELLO.descriptor()
            && let Some(message) = call.message().await?
            && let Some(request) = message.downcast_ref::<HelloRequest>()
            && request.name == "nobody"
        {
            return Ok(Reply::message(HelloReply {
                message: "There is nobody to greet".to_owned(),
            }));
        }
        next.run(call).await
    }
}

/// Changes messages in both directions, unary or streaming.
async fn tidy_names(mut call: Call, next: Next) -> Result<Reply, Status> {
    call.on_message(|message| {
        if let Some(request) = message.downcast_mut::<HelloRequest>() {
            request.name = request.name.trim().to_owned();
            if request.name.is_empty() {
                return Err(Status::invalid_argument("a name is needed"));
            }
        }
        Ok(())
    });
    let mut reply = next.run(call).await?;
    reply.on_message(|message| {
        if let Some(reply) = message.downcast_mut::<HelloReply>() {
            reply.message.push('!');
        }
        Ok(())
    });
    Ok(reply)
}

//! Calls every method of the collision corpus over gRPC and JSON-RPC. Names collide only in Rust: each call must
//! arrive under its own name with all of its fields.

use std::time::Duration;

use rsrpc_runtime::transport::memory;
pub(crate) use rsrpc_runtime::{Channel, Context, Protocol, Server, Status};

/// Time limit of a check.
const PATIENCE: Duration = Duration::from_secs(20);

/// Runs a check with a channel per protocol to an in-memory server.
pub(crate) async fn serve(server: Server, check: impl AsyncFn(Channel)) {
    let (listener, connector) = memory();
    let bound = server.listen(listener).expect("no duplicates");
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let task = tokio::spawn(bound.serve_until(async move { drop(stopped.await) }));
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        println!("over {protocol:?}");
        let channel = Channel::builder("memory:")
            .protocol(protocol)
            .connector(connector.clone());
        let channel = channel.build().expect("a good target");
        tokio::time::timeout(PATIENCE, check(channel))
            .await
            .expect("a call hangs");
    }
    drop(stop);
    let served = tokio::time::timeout(PATIENCE, task)
        .await
        .expect("the server stops");
    served.expect("no panic").expect("no error");
}

/// Implements a service of echo methods and a test that calls each of them.
///
/// `methods` return their request. `others` are written as `name: Request => Reply`, with an expression of the reply.
macro_rules! echo {
    (
        $test:ident: $($module:ident)::+, $service:ident, $server:ident, $client:ident;
        $($method:ident: $message:ty = $value:expr;)*
        $(=> $other:ident: $request:ty = $asked:expr => $reply:ty = $answer:expr;)*
    ) => {
        #[tokio::test]
        async fn $test() {
            use rsrpc_clash::$($module)::+ as items;

            struct Echo;

            impl items::$service for Echo {
                $(
                    async fn $method(&self, _: &$crate::Context, request: $message) -> Result<$message, $crate::Status> {
                        Ok(request)
                    }
                )*
                $(
                    async fn $other(&self, _: &$crate::Context, request: $request) -> Result<$reply, $crate::Status> {
                        assert_eq!(request, $asked);
                        Ok($answer)
                    }
                )*
            }

            let server = $crate::Server::new().add_service(items::$server::new(Echo));
            $crate::serve(server, async |channel| {
                let client = items::$client::new(channel);
                $(
                    let value: $message = $value;
                    let reply = items::$client::$method(&client, Clone::clone(&value)).await;
                    assert_eq!(reply.expect(stringify!($method)), value, stringify!($method));
                )*
                $(
                    let reply = items::$client::$other(&client, $asked).await;
                    assert_eq!(reply.expect(stringify!($other)), $answer, stringify!($other));
                )*
            })
            .await;
        }
    };
}
#[path = "calls/packages.rs"]
mod packages;
#[path = "calls/services.rs"]
mod services;

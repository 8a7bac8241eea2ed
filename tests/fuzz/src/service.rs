//! The service under test, as a `tower::Service` of HTTP requests.

use std::sync::OnceLock;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use rsrpc_runtime::server::RouterService;
use rsrpc_runtime::{Context, Message, Server, Status, Streaming, service};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;

/// A message with a field of each shape.
#[derive(Clone, PartialEq, Debug, Message)]
#[rpc(package = "fuzz")]
pub(crate) struct Item {
    /// A varint.
    #[rpc(tag = 1)]
    pub id: i64,
    /// Text, which has to be UTF-8.
    #[rpc(tag = 2)]
    pub name: String,
    /// Bytes.
    #[rpc(tag = 3)]
    pub data: Vec<u8>,
    /// Messages within.
    #[rpc(tag = 4)]
    pub items: Vec<Item>,
    /// Presence.
    #[rpc(tag = 5)]
    pub weight: Option<f64>,
}

/// Service under test.
#[service(package = "fuzz")]
pub(crate) trait Fuzzed {
    /// Returns the number of items and the sum of their ids.
    async fn collect(&self, items: Streaming<Item>) -> Result<Vec<i64>, Status>;
    /// Returns the item.
    async fn echo(&self, cx: &Context, item: Item) -> Result<Item, Status>;
    /// Plain arguments.
    async fn add(&self, a: i32, b: i32) -> Result<i64, Status>;
}

struct Fuzz;

impl Fuzzed for Fuzz {
    async fn collect(&self, mut items: Streaming<Item>) -> Result<Vec<i64>, Status> {
        let (mut count, mut sum) = (0, 0_i64);
        while let Some(item) = items.message().await? {
            count += 1;
            sum = sum.wrapping_add(item.id);
        }
        Ok(vec![count, sum])
    }

    async fn echo(&self, _: &Context, item: Item) -> Result<Item, Status> {
        Ok(item)
    }

    async fn add(&self, a: i32, b: i32) -> Result<i64, Status> {
        Ok(i64::from(a) + i64::from(b))
    }
}

/// A response with its trailers.
pub(crate) struct Answer {
    pub(crate) head: Response<()>,
    pub(crate) body: Bytes,
    pub(crate) trailers: http::HeaderMap,
}

/// Runs a request on this thread.
pub(crate) fn answer<B>(request: Request<B>) -> Answer
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    thread_local! {
        static RUNTIME: Runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
    }
    static ROUTER: OnceLock<RouterService> = OnceLock::new();
    let router = ROUTER.get_or_init(|| {
        Server::new()
            .max_request_size(1 << 16)
            .add_service(FuzzedServer::new(Fuzz))
            .into_service()
            .expect("a router")
    });
    RUNTIME.with(|runtime| {
        runtime.block_on(async {
            let response = match router.clone().oneshot(request).await {
                Ok(response) => response,
                Err(never) => match never {},
            };
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a whole body");
            let trailers = body.trailers().cloned().unwrap_or_default();
            Answer {
                head: Response::from_parts(parts, ()),
                body: body.to_bytes(),
                trailers,
            }
        })
    })
}

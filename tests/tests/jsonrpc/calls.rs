//! JSON-RPC calls: interceptors, deadlines, metadata and cancellation.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use calc::proto::{
    BlobRequest, BlobResponse, Calc, CalcServer, CountItem, CountRequest, DiffResponse, EchoMessage,
    FailRequest, SubtractRequest, UpdateRequest, WrapMessage,
};
use rsrpc_runtime::interceptor::interceptor;
use rsrpc_runtime::prost_types::{ListValue, Timestamp};
use rsrpc_runtime::{Context, Server, Status, Streaming};
use tokio::sync::Semaphore;

use super::case::HttpRequest;
use super::client::Version;
use super::{PLAIN_CALL, Running};

/// Blocks handlers and counts their events.
struct Probe {
    begun: AtomicUsize,
    most: AtomicUsize,
    cancelled: AtomicUsize,
    finished: AtomicUsize,
    /// Permits for calls of `Update`.
    gate: Semaphore,
}

impl Default for Probe {
    fn default() -> Self {
        Self {
            begun: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            cancelled: AtomicUsize::new(0),
            finished: AtomicUsize::new(0),
            gate: Semaphore::new(0),
        }
    }
}

#[derive(Clone, Default)]
struct Probed(Arc<Probe>);

impl Probed {
    async fn until(&self, count: impl Fn(&Probe) -> usize, expected: usize) {
        let reached = async {
            while count(&self.0) != expected {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(10), reached)
            .await
            .expect("it happens");
    }

    fn server(&self) -> Server {
        Server::new().add_service(CalcServer::new(self.clone()))
    }
}

impl Calc for Probed {
    /// Waits for a permit.
    async fn update(&self, cx: &Context, _: UpdateRequest) -> Result<(), Status> {
        let probe = self.0.clone();
        let running = probe.begun.fetch_add(1, Ordering::SeqCst) + 1 - probe.finished.load(Ordering::SeqCst);
        probe.most.fetch_max(running, Ordering::SeqCst);
        let (watched, watching) = (cx.clone(), probe.clone());
        tokio::spawn(async move {
            watched.cancelled().await;
            watching.cancelled.fetch_add(1, Ordering::SeqCst);
        });
        probe.gate.acquire().await.expect("an open gate").forget();
        probe.finished.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }

    /// Replies with the metadata of the requested key and the remaining time.
    async fn echo(&self, cx: &Context, request: EchoMessage) -> Result<EchoMessage, Status> {
        let values: Vec<_> = cx.metadata().get_all(&request.text).collect();
        Ok(EchoMessage {
            text: values.join("|"),
            big_number: cx
                .time_remaining()
                .map_or(-1, |left| i64::from(left > Duration::from_secs(30))),
            ..EchoMessage::default()
        })
    }

    async fn fail(&self, _: &Context, _: FailRequest) -> Result<(), Status> {
        Err(Status::not_found("user 7").with(Timestamp { seconds: 1, nanos: 0 }))
    }

    async fn subtract(&self, _: &Context, request: SubtractRequest) -> Result<i32, Status> {
        Ok(request.minuend - request.subtrahend)
    }

    async fn diff(&self, _: &Context, _: SubtractRequest) -> Result<DiffResponse, Status> {
        Err(Status::new(rsrpc_runtime::Code::Ok, "odd"))
    }

    async fn sum(&self, _: &Context, _: ListValue) -> Result<i32, Status> {
        Ok(0)
    }

    async fn get_data(&self, _: &Context, (): ()) -> Result<ListValue, Status> {
        Ok(ListValue::default())
    }

    async fn wrap(&self, _: &Context, request: WrapMessage) -> Result<WrapMessage, Status> {
        Ok(request)
    }

    async fn blob(&self, _: &Context, request: BlobRequest) -> Result<BlobResponse, Status> {
        Ok(BlobResponse {
            data: "x".repeat(request.size as usize),
        })
    }

    async fn panic(&self, _: &Context, (): ()) -> Result<(), Status> {
        Ok(())
    }

    async fn count(&self, _: &Context, _: CountRequest) -> Result<Streaming<CountItem>, Status> {
        Ok(Streaming::empty())
    }

    async fn collect(&self, _: &Context, _: Streaming<CountItem>) -> Result<u32, Status> {
        Ok(0)
    }

    async fn chat(
        &self,
        _: &Context,
        requests: Streaming<CountItem>,
    ) -> Result<Streaming<CountItem>, Status> {
        Ok(requests)
    }
}

fn call(method: &str, rest: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","method":"rsrpc.test.Calc/{method}"{rest}}}"#)
}

async fn answer(running: &Running, request: HttpRequest) -> String {
    let response = running.open(Version::Http1).await.send(request).await;
    String::from_utf8(response.body).expect("UTF-8")
}

async fn check(running: &Running, text: &str, expected: &str) {
    assert_eq!(answer(running, HttpRequest::post(text)).await, expected, "{text}");
}

#[tokio::test]
async fn status_becomes_error_object() {
    let running = Running::start(Probed::default().server()).await;
    check(
        &running,
        &call("Fail", r#","id":"a""#),
        r#"{"jsonrpc":"2.0","error":{"code":5,"message":"user 7","data":[{"@type":"type.googleapis.com/google.protobuf.Timestamp","value":"1970-01-01T00:00:01Z"}]},"id":"a"}"#,
    )
    .await;
    check(
        &running,
        &call("Diff", r#","id":1"#),
        r#"{"jsonrpc":"2.0","error":{"code":13,"message":"the handler returned an error with the code OK"},"id":1}"#,
    )
    .await;
    for method in ["Count", "Collect", "Chat"] {
        check(
            &running,
            &call(method, r#","id":1"#),
            r#"{"jsonrpc":"2.0","error":{"code":-32004,"message":"Method needs a streaming transport"},"id":1}"#,
        )
        .await;
    }
    check(&running, &call("Count", ""), "").await;
    check(
        &running,
        r#"{"jsonrpc":"2.0","method":"rsrpc_subscribe","params":["rsrpc.test.Calc/Count"],"id":1}"#,
        r#"{"jsonrpc":"2.0","error":{"code":-32004,"message":"Method needs a streaming transport"},"id":1}"#,
    )
    .await;
}

#[tokio::test]
async fn metadata_comes_from_headers_and_meta() {
    let running = Running::start(Probed::default().server()).await;
    let check = async |rest: &str, expected: &str| {
        let body = call("Echo", &format!(r#","params":{{"text":"k"}},"id":1{rest}"#));
        let request = HttpRequest::post(body)
            .header("k", "of the header")
            .header("grpc-timeout", "1S");
        let expected = format!(r#"{{"jsonrpc":"2.0","result":{expected},"id":1}}"#);
        assert_eq!(answer(&running, request).await, expected, "{rest}");
    };
    check("", r#"{"text":"of the header"}"#).await;
    check(r#","meta":{"k":["v","w"]}"#, r#"{"text":"v|w"}"#).await;
    check(r#","meta":{"k":1}"#, r#"{"text":"of the header"}"#).await;
    check(
        r#","meta":{"grpc-timeout":"1H"}"#,
        r#"{"text":"of the header","bigNumber":"1"}"#,
    )
    .await;

    let malformed = HttpRequest::post(call("Echo", r#","id":1"#)).header("grpc-timeout", "soon");
    assert!(answer(&running, malformed).await.contains(r#""code":-32600,"#));
}

#[tokio::test]
async fn deadline_ends_each_batch_entry() {
    let probed = Probed::default();
    let running = Running::start(probed.server()).await;
    let waits = call("Update", r#","id":1,"meta":{"grpc-timeout":"20m"}"#);
    check(
        &running,
        &format!("[{waits},{PLAIN_CALL}]"),
        concat!(
            r#"[{"jsonrpc":"2.0","error":{"code":4,"message":"the deadline passed while the call was served"},"id":1},"#,
            r#"{"jsonrpc":"2.0","result":2,"id":1}]"#
        ),
    )
    .await;
    probed
        .until(|probe| probe.cancelled.load(Ordering::SeqCst), 1)
        .await;
}

#[tokio::test]
async fn interceptors_run_per_batch_entry_before_params_are_decoded() {
    let passed = Arc::new(AtomicUsize::new(0));
    let seen = passed.clone();
    let guarded = Probed::default()
        .server()
        .intercept(interceptor(move |call, next| {
            let seen = seen.clone();
            async move {
                seen.fetch_add(1, Ordering::SeqCst);
                match call.metadata().get("token") {
                    Some("good") => next.run(call).await,
                    _ => Err(Status::unauthenticated("who are you?")),
                }
            }
        }));
    let running = Running::start(guarded).await;
    let bad_params = r#","params":{"nope":1},"id":1"#;
    let refused = r#"{"jsonrpc":"2.0","error":{"code":16,"message":"who are you?"},"id":1}"#;
    check(&running, &call("Subtract", bad_params), refused).await;
    let good = r#","meta":{"token":"good"}"#;
    let invalid = answer(
        &running,
        HttpRequest::post(call("Subtract", &format!("{bad_params}{good}"))),
    )
    .await;
    assert!(
        invalid.contains(r#""code":-32602,"message":"Invalid params","data":"#),
        "{invalid}"
    );
    check(
        &running,
        &format!(
            "[{},{},{}]",
            call("Subtract", r#","id":1"#),
            call("Subtract", &format!(r#","params":[7,5],"id":2{good}"#)),
            call("Nope", r#","id":3"#),
        ),
        &format!(
            r#"[{refused},{},{}]"#,
            r#"{"jsonrpc":"2.0","result":2,"id":2}"#,
            r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":3}"#,
        ),
    )
    .await;
    assert_eq!(passed.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn batch_concurrency_limit() {
    let probed = Probed::default();
    let running = Running::start(probed.server().max_batch_concurrency(3)).await;
    let entries: Vec<_> = (0..10)
        .map(|id| call("Update", &format!(r#","id":{id}"#)))
        .collect();
    let batch = format!("[{}]", entries.join(","));
    let mut connection = running.open(Version::Http1).await;
    let sent = tokio::spawn(async move { connection.send(HttpRequest::post(batch)).await });
    probed.until(|probe| probe.begun.load(Ordering::SeqCst), 3).await;
    probed.0.gate.add_permits(10);
    let response = sent.await.unwrap().json();
    let ids: Vec<_> = response
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["id"].as_i64().unwrap())
        .collect();
    assert_eq!(ids, (0..10).collect::<Vec<_>>());
    assert_eq!(probed.0.most.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn disconnect_cancels_calls_but_not_notifications() {
    for version in [Version::Http1, Version::Http2] {
        let probed = Probed::default();
        let running = Running::start(probed.server()).await;
        let batch = format!(
            "[{},{},{}]",
            call("Update", r#","id":1"#),
            call("Update", ""),
            call("Update", r#","id":2"#)
        );
        let mut connection = running.open(version).await;
        let sent = tokio::spawn(async move { connection.send(HttpRequest::post(batch)).await });
        probed.until(|probe| probe.begun.load(Ordering::SeqCst), 3).await;
        sent.abort();
        probed
            .until(|probe| probe.cancelled.load(Ordering::SeqCst), 2)
            .await;
        // Shutdown waits for the notification.
        let mut stopped = running.stop();
        let early = tokio::time::timeout(Duration::from_millis(50), &mut stopped).await;
        assert!(early.is_err(), "{version:?}: stopped with a notification running");
        probed.0.gate.add_permits(1);
        stopped.await.unwrap();
        assert_eq!(probed.0.finished.load(Ordering::SeqCst), 1, "{version:?}");
        assert_eq!(probed.0.cancelled.load(Ordering::SeqCst), 2, "{version:?}");
    }
}

#[tokio::test]
async fn drain_timeout_ends_notifications() {
    let probed = Probed::default();
    let running = Running::start(probed.server().drain_timeout(Duration::from_millis(20))).await;
    let mut connection = running.open(Version::Http1).await;
    let sent = tokio::spawn(async move { connection.send(HttpRequest::post(call("Update", ""))).await });
    probed.until(|probe| probe.begun.load(Ordering::SeqCst), 1).await;
    sent.abort();
    tokio::time::timeout(Duration::from_secs(10), running.stop())
        .await
        .expect("the server ends")
        .unwrap();
    probed
        .until(|probe| probe.cancelled.load(Ordering::SeqCst), 1)
        .await;
}

#[tokio::test]
async fn oversized_results_become_errors() {
    let running = Running::start(Probed::default().server().max_reply_size(1000)).await;
    let blob = |size: usize, id: &str| call("Blob", &format!(r#","params":[{size}]{id}"#));
    let too_big = |id: u32| {
        format!(r#"{{"jsonrpc":"2.0","error":{{"code":-32008,"message":"Response is too big"}},"id":{id}}}"#)
    };
    check(&running, &blob(1000, r#","id":1"#), &too_big(1)).await;
    let fits = |size: usize, id: u32| {
        format!(
            r#"{{"jsonrpc":"2.0","result":{{"data":"{}"}},"id":{id}}}"#,
            "x".repeat(size)
        )
    };
    let batch = format!(
        "[{},{},{},{},{}]",
        blob(400, r#","id":1"#),
        blob(600, r#","id":2"#),
        blob(10, r#","id":3"#),
        blob(2000, ""),
        "1",
    );
    let expected = format!(
        r#"[{},{},{},{}]"#,
        fits(400, 1),
        too_big(2),
        // The second entry runs concurrently with the first and fits.
        fits(10, 3),
        r#"{"jsonrpc":"2.0","error":{"code":-32600,"message":"Invalid Request"},"id":null}"#,
    );
    check(&running, &batch, &expected).await;
}

/// A request's timeout covers all its entries, from the request head on. No entry runs past it.
#[tokio::test]
async fn batch_deadline_covers_all_entries() {
    let probed = Probed::default();
    let running = Running::start(probed.server()).await;
    let late = r#"{"jsonrpc":"2.0","error":{"code":4,"message":"the deadline passed while the call was served"},"id":1}"#;
    let update = call("Update", r#","id":1"#);
    let at_once = HttpRequest::post(call("Update", r#","id":1,"meta":{"grpc-timeout":"0n"}"#));
    assert_eq!(answer(&running, at_once).await, late);
    assert_eq!(probed.0.begun.load(Ordering::SeqCst), 0);

    // 32 entries run until the deadline; the others start after it.
    let batch = format!("[{}]", vec![update.clone(); 100].join(","));
    let request = HttpRequest::post(batch).header("grpc-timeout", "2S");
    assert_eq!(
        answer(&running, request).await,
        format!("[{}]", vec![late; 100].join(","))
    );
    assert_eq!(probed.0.begun.load(Ordering::SeqCst), 32);
}

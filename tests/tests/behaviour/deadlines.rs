//! Deadlines: sent to the server, enforced on both sides, and propagated.

use std::time::Duration;

use rsrpc_runtime::{Code, Context, Metadata};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::steered::Event;
use rsrpc_tests::testing::{Act, Request};

use super::{KINDS, Options, call_with, text};

const SHORT: Duration = Duration::from_millis(150);
const LONG: Duration = Duration::from_secs(3600);

fn act(act: Act) -> Request {
    Request {
        act: act.into(),
        ..Request::default()
    }
}

fn timeout(timeout: Duration) -> Options {
    Options {
        timeout: Some(timeout),
        metadata: vec![("x-watch", "")],
        ..Options::default()
    }
}

#[tokio::test]
async fn deadline_is_sent_to_the_server() {
    Setup::default()
        .over_every_protocol(async |fixture| {
            for &kind in fixture.transport.kinds() {
                let outcome = call_with(&fixture.client(), kind, text(""), timeout(LONG)).await;
                let remaining = outcome.replies[0].remaining_ms.unwrap();
                assert!(
                    (3_500_000..=3_600_000).contains(&remaining),
                    "{kind:?}: {remaining}"
                );
                let outcome = call_with(&fixture.client(), kind, text(""), Options::default()).await;
                assert_eq!(outcome.replies[0].remaining_ms, None, "{kind:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn deadline_ends_the_call_on_both_sides() {
    Setup::default()
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                let outcome = call_with(&client, kind, act(Act::Hang), timeout(SHORT)).await;
                assert_eq!(outcome.status().code(), Code::DeadlineExceeded, "{kind:?}");
                let mut events = [
                    fixture.probe.until(Event::Gone).await,
                    fixture.probe.until(Event::Cancelled).await,
                ]
                .concat();
                events.retain(|event| !matches!(event, Event::CleanEnd));
                assert_eq!(
                    events,
                    [Event::Started, Event::Gone, Event::Cancelled],
                    "{kind:?}"
                );
                if matches!(
                    kind,
                    rsrpc_runtime::generated::MethodKind::ServerStreaming
                        | rsrpc_runtime::generated::MethodKind::Bidi
                ) {
                    for act_late in [Act::HangStream, Act::Endless] {
                        let request = Request {
                            reply_size: 100,
                            ..act(act_late)
                        };
                        let outcome = call_with(&client, kind, request, timeout(SHORT)).await;
                        assert_eq!(
                            outcome.status().code(),
                            Code::DeadlineExceeded,
                            "{kind:?} {act_late:?}"
                        );
                        fixture.probe.until(Event::Cancelled).await;
                    }
                }
            }
        })
        .await;
}

#[tokio::test]
async fn channel_default_timeout() {
    Setup::default()
        .channel(|channel| channel.default_timeout(SHORT))
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                let outcome = call_with(&client, kind, act(Act::Hang), Options::default()).await;
                assert_eq!(outcome.status().code(), Code::DeadlineExceeded, "{kind:?}");
                let outcome = call_with(&client, kind, text(""), timeout(LONG)).await;
                assert!(outcome.replies[0].remaining_ms.unwrap() > 1_000_000, "{kind:?}");
            }
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn client_enforces_the_deadline_itself() {
    for kind in KINDS {
        // One connector whose server never serves, and one channel each. Connecting takes its time only once.
        let (listener, connector) = rsrpc_runtime::transport::memory();
        let channel = rsrpc_runtime::Channel::builder("memory:").connector(connector);
        let client = rsrpc_tests::testing::TestingClient::new(channel.build().unwrap());
        let started = tokio::time::Instant::now();
        let outcome = call_with(&client, kind, text(""), timeout(Duration::from_secs(7))).await;
        assert_eq!(outcome.status().code(), Code::DeadlineExceeded, "{kind:?}");
        let waited = started.elapsed();
        assert!(
            (7_000..7_010).contains(&waited.as_millis()),
            "{kind:?}: {waited:?}"
        );
        drop(listener);
    }
}

#[tokio::test]
async fn expired_deadline_fails_at_once() {
    let fixture = Setup::default().start(Transport::Memory).await;
    for kind in KINDS {
        let outcome = call_with(&fixture.client(), kind, text(""), timeout(Duration::ZERO)).await;
        assert_eq!(outcome.status().code(), Code::DeadlineExceeded, "{kind:?}");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn nested_call_inherits_deadline_and_trace_only() {
    Setup::default()
        .over_every_protocol(async |fixture| {
            let mut incoming = Metadata::new();
            for (key, value) in [
                ("authorization", "Bearer secret"),
                ("cookie", "a=b"),
                ("x-tenant", "blue"),
                (
                    "traceparent",
                    "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                ),
                ("tracestate", "vendor=1"),
                ("baggage", "user=7"),
            ] {
                incoming.insert(key, value).unwrap();
            }
            for &kind in fixture.transport.kinds() {
                let deadline = tokio::time::Instant::now().into_std() + Duration::from_secs(100);
                let cx = Context::new()
                    .with_metadata(incoming.clone())
                    .with_deadline(deadline);
                let within = |timeout| Options {
                    metadata: vec![("x-own", "1")],
                    within: Some(cx.clone()),
                    timeout,
                };
                let outcome = call_with(&fixture.client(), kind, text(""), within(None)).await;
                outcome.end.as_ref().unwrap();
                let reply = &outcome.replies[0];
                let has = |key: &str| reply.metadata.iter().any(|known| known == key);
                assert!(
                    has("traceparent") && has("tracestate") && has("x-own"),
                    "{kind:?} {reply:?}"
                );
                for key in ["authorization", "cookie", "x-tenant", "baggage"] {
                    assert!(!has(key), "{kind:?}: {key} went along");
                }
                assert!(
                    (90_000..=100_000).contains(&reply.remaining_ms.unwrap()),
                    "{kind:?}"
                );
                // The callee's metadata is not passed to the caller.
                assert_eq!(cx.response_headers(|headers| headers.len()), Some(0));
                assert_eq!(cx.response_trailers(|trailers| trailers.len()), 0);

                let check = |own: u64, expected: std::ops::RangeInclusive<u64>| {
                    let (client, options) = (fixture.client(), within(Some(Duration::from_secs(own))));
                    async move {
                        let outcome = call_with(&client, kind, text(""), options).await;
                        let remaining = outcome.replies[0].remaining_ms.unwrap();
                        assert!(expected.contains(&remaining), "{kind:?} {own}: {remaining}");
                    }
                };
                check(10, 5_000..=10_000).await;
                check(1000, 90_000..=100_000).await;
            }
        })
        .await;
}

//! Interceptors on server, service and channel, for every kind of call.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::interceptor::{AnyMessage, Call, Next, Reply as Answer, interceptor};
use rsrpc_runtime::{Code, Interceptor, Status, Streaming};
use rsrpc_tests::fixture::Setup;
use rsrpc_tests::soon;
use rsrpc_tests::testing::{Act, Reply, Request};

use super::{KINDS, Options, call, call_with, drain, text};

fn streams_replies(kind: MethodKind) -> bool {
    matches!(kind, MethodKind::ServerStreaming | MethodKind::Bidi)
}

fn push(message: &mut dyn AnyMessage, mark: &str) {
    if let Some(request) = message.downcast_mut::<Request>() {
        request.text.push_str(mark);
    } else {
        message.downcast_mut::<Reply>().unwrap().text.push_str(mark);
    }
}

/// An interceptor that appends its mark to each message in both directions and to the response metadata.
fn marks(mark: &'static str) -> impl Interceptor {
    interceptor(move |mut call: Call, next: Next| async move {
        call.on_message(move |message| {
            push(message, mark);
            Ok(())
        });
        call.metadata_mut().append("x-in", mark).unwrap();
        let mut reply = next.run(call).await?;
        reply.on_message(move |message| {
            push(message, &mark.to_lowercase());
            Ok(())
        });
        reply.headers_mut().append("x-in", &mark.to_lowercase()).unwrap();
        reply.headers_mut().append("x-out", mark).unwrap();
        reply.trailers_mut().append("x-out-last", mark).unwrap();
        Ok(reply)
    })
}

#[tokio::test]
async fn interceptor_order() {
    Setup::default()
        .channel(|channel| channel.intercept(marks("A")).intercept(marks("B")))
        .server(|server| server.intercept(marks("C")).intercept(marks("D")))
        .service(|service| service.intercept(marks("E")).intercept(marks("F")))
        .over_every_protocol(async |fixture| {
            for &kind in fixture.transport.kinds() {
                let request = Request {
                    replies: if streams_replies(kind) { 2 } else { 0 },
                    ..text("-")
                };
                let outcome = call(&fixture.client(), kind, request).await;
                outcome.end.as_ref().unwrap();
                let expected = vec!["-ABCDEFfedcba"; if streams_replies(kind) { 2 } else { 1 }];
                assert_eq!(outcome.texts(), expected, "{kind:?}");
                if fixture.transport.is_jsonrpc() {
                    // JSON-RPC responses carry no metadata.
                    continue;
                }
                // The handler echoes the metadata it received.
                let all = |found: &rsrpc_runtime::Metadata, key: &str| found.get_all(key).collect::<String>();
                assert_eq!(all(&outcome.headers, "x-in"), "ABCDEFfedcba", "{kind:?}");
                assert_eq!(all(&outcome.trailers, "t-x-in"), "ABCDEF", "{kind:?}");
                assert_eq!(all(&outcome.headers, "x-out"), "FEDCBA", "{kind:?}");
                assert_eq!(all(&outcome.trailers, "x-out-last"), "FEDCBA", "{kind:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn interceptor_refuses_before_the_body_is_read() {
    let refuse = || interceptor(|_: Call, _: Next| async { Err(Status::permission_denied("closed")) });
    Setup::default()
        .server(move |server| server.intercept(refuse()))
        .everywhere(async |fixture| {
            let client = fixture.client();
            for kind in KINDS {
                let request = Request {
                    payload: vec![0; 5 << 20],
                    ..Request::default()
                };
                let outcome = call(&client, kind, request).await;
                assert_eq!(
                    outcome.status().code(),
                    Code::PermissionDenied,
                    "{kind:?}: {}",
                    outcome.status()
                );
            }
            // A request stream that never yields.
            let never = || Streaming::new(futures_util::stream::pending());
            let status = soon(client.client_stream(never()).into_future())
                .await
                .unwrap_err();
            assert_eq!(status.code(), Code::PermissionDenied);
            let outcome = soon(async { drain(client.bidi().send(never()).await).await }).await;
            assert_eq!(outcome.status().code(), Code::PermissionDenied);
            assert_eq!(fixture.probe.live(), 0);
        })
        .await;
}

#[tokio::test]
async fn interceptor_replies_without_calling_next() {
    fn answers() -> impl Interceptor {
        interceptor(|call: Call, _: Next| async move {
            let reply = Reply {
                text: "from cache".to_owned(),
                ..Reply::default()
            };
            Ok(match call.method().kind() {
                MethodKind::ServerStreaming | MethodKind::Bidi => Answer::stream(Streaming::from([reply])),
                _ => Answer::message(reply),
            })
        })
    }
    fn confused() -> impl Interceptor {
        interceptor(|call: Call, _: Next| async move {
            Ok(match call.method().kind() {
                MethodKind::ServerStreaming => Answer::stream(Streaming::from([7])),
                MethodKind::Bidi => Answer::message(Reply::default()),
                MethodKind::Unary => Answer::message("no reply".to_owned()),
                MethodKind::ClientStreaming => Answer::stream(Streaming::<Reply>::empty()),
            })
        })
    }
    for setup in [
        Setup::default().server(|server| server.intercept(answers())),
        Setup::default().service(|service| service.intercept(answers())),
        Setup::default().channel(|channel| channel.intercept(answers())),
    ] {
        setup
            .over_every_protocol(async |fixture| {
                for &kind in fixture.transport.kinds() {
                    let outcome = call(&fixture.client(), kind, text("")).await;
                    outcome.end.as_ref().unwrap();
                    assert_eq!(outcome.texts(), ["from cache"], "{kind:?}");
                }
            })
            .await;
    }
    for setup in [
        Setup::default().server(|server| server.intercept(confused())),
        Setup::default().channel(|channel| channel.intercept(confused())),
    ] {
        setup
            .over_every_protocol(async |fixture| {
                for &kind in fixture.transport.kinds() {
                    let outcome = call(&fixture.client(), kind, text("")).await;
                    assert_eq!(outcome.status().code(), Code::Internal, "{kind:?}");
                }
            })
            .await;
    }
}

#[tokio::test]
async fn interceptor_observes_the_outcome() {
    let seen: Arc<Mutex<Vec<Result<(), Code>>>> = Arc::default();
    let watch = {
        let seen = seen.clone();
        move || {
            let seen = seen.clone();
            interceptor(move |call: Call, next: Next| {
                let seen = seen.clone();
                async move {
                    match next.run(call).await {
                        Ok(mut reply) => {
                            reply.on_end(move |outcome| {
                                seen.lock().unwrap().push(outcome.map_err(Status::code));
                            });
                            Ok(reply)
                        }
                        Err(status) => {
                            seen.lock().unwrap().push(Err(status.code()));
                            Err(status)
                        }
                    }
                }
            })
        }
    };
    let at_channel = watch.clone();
    for setup in [
        Setup::default().server(move |server| server.intercept(watch())),
        Setup::default().channel(move |channel| channel.intercept(at_channel())),
    ] {
        setup
            .everywhere(async |fixture| {
                let client = fixture.client();
                let check = async |request: Request, kind: MethodKind, expected: Result<(), Code>| {
                    let act = request.act();
                    let outcome = call(&client, kind, request).await;
                    assert_eq!(
                        outcome.end.map_err(|status| status.code()),
                        expected,
                        "{kind:?} {act:?}"
                    );
                    rsrpc_tests::eventually("the end is seen", || !seen.lock().unwrap().is_empty()).await;
                    assert_eq!(
                        std::mem::take(&mut *seen.lock().unwrap()),
                        [expected],
                        "{kind:?} {act:?}"
                    );
                };
                for kind in KINDS {
                    check(text(""), kind, Ok(())).await;
                    for act in [Act::Fail, Act::FailStream] {
                        if act == Act::FailStream && !streams_replies(kind) {
                            continue;
                        }
                        let fails = Request {
                            act: act.into(),
                            code: 5,
                            ..Request::default()
                        };
                        check(fails, kind, Err(Code::NotFound)).await;
                    }
                }
                let hangs = Request {
                    act: Act::HangStream.into(),
                    ..Request::default()
                };
                let mut dropped = client.server_stream(hangs).await.unwrap();
                dropped.message().await.unwrap().unwrap();
                drop(dropped);
                rsrpc_tests::eventually("the drop is seen", || !seen.lock().unwrap().is_empty()).await;
                assert_eq!(std::mem::take(&mut *seen.lock().unwrap()), [Err(Code::Cancelled)]);
            })
            .await;
    }
}

#[tokio::test]
async fn interceptor_shortens_the_deadline() {
    let hurry = || {
        interceptor(|mut call: Call, next: Next| async move {
            call.limit_time(Duration::from_millis(150));
            next.run(call).await
        })
    };
    for setup in [
        Setup::default().server(move |server| server.intercept(hurry())),
        Setup::default().channel(move |channel| channel.intercept(hurry())),
    ] {
        setup
            .over_every_protocol(async |fixture| {
                let client = fixture.client();
                for &kind in fixture.transport.kinds() {
                    for act in [Act::Hang, Act::HangStream] {
                        if act == Act::HangStream && !streams_replies(kind) {
                            continue;
                        }
                        for timeout in [None, Some(Duration::from_secs(100))] {
                            let hangs = Request {
                                act: act.into(),
                                ..Request::default()
                            };
                            let options = Options {
                                timeout,
                                ..Options::default()
                            };
                            let outcome = soon(call_with(&client, kind, hangs, options)).await;
                            assert_eq!(
                                outcome.status().code(),
                                Code::DeadlineExceeded,
                                "{kind:?} {act:?}"
                            );
                        }
                    }
                }
                rsrpc_tests::eventually("every handler is gone", || fixture.probe.live() == 0).await;
            })
            .await;
    }
}

#[tokio::test]
async fn interceptor_panic_ends_one_call() {
    /// An interceptor that panics at the point named by the request's text.
    fn panics() -> impl Interceptor {
        interceptor(|mut call: Call, next: Next| async move {
            let place = call.metadata().get("x-panic").unwrap_or_default().to_owned();
            assert_ne!(place, "before");
            let on_request = place.clone();
            call.on_message(move |_| {
                assert_ne!(on_request, "request");
                Ok(())
            });
            let mut reply = next.run(call).await?;
            assert_ne!(place, "after");
            reply.on_message(move |_| {
                assert_ne!(place, "reply");
                Ok(())
            });
            Ok(reply)
        })
    }
    Setup::default()
        .service(|service| service.intercept(panics()))
        .everywhere(async |fixture| {
            let client = fixture.client();
            let (mut tx, mut rx) = client.bidi().open().await.unwrap();
            for kind in KINDS {
                for place in ["before", "request", "after", "reply"] {
                    let options = Options {
                        metadata: vec![("x-panic", place)],
                        ..Options::default()
                    };
                    let outcome = soon(call_with(&client, kind, text(""), options)).await;
                    assert_eq!(outcome.status().code(), Code::Internal, "{kind:?} {place}");
                    tx.send(text("alive")).await.unwrap();
                    assert_eq!(rx.message().await.unwrap().unwrap().text, "alive");
                }
            }
        })
        .await;
}

//! Messages, metadata and statuses.

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::{Code, Context, Metadata, Streaming, prost_types};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::steered::Event;
use rsrpc_tests::testing::{Act, Request, Testing, TestingClient};

use super::{KINDS, Options, call, call_with, drain, text};

#[tokio::test]
async fn every_method_kind_transfers_messages() {
    let setup = Setup::default();
    setup
        .everywhere(async |fixture| {
            let client = fixture.client();
            let reply = client.unary(text("one")).await.unwrap();
            assert_eq!(
                (reply.text.as_str(), reply.peer.as_str()),
                ("one", fixture.transport.peer())
            );

            let request = Request {
                replies: 3,
                ..text("x")
            };
            let streamed = drain(client.server_stream(request.clone()).await).await;
            streamed.end.as_ref().unwrap();
            assert_eq!(streamed.texts(), ["x"; 3]);

            let joined = client
                .client_stream([text("a"), text("b"), text("c")])
                .await
                .unwrap();
            assert_eq!(joined.text, "abc");
            assert_eq!(client.client_stream([]).await.unwrap().text, "");

            let requests = [request, text("y")];
            let both = drain(client.bidi().send(requests).await).await;
            both.end.as_ref().unwrap();
            assert_eq!(both.texts(), ["x", "x", "x", "y"]);
            assert!(drain(client.bidi().send([]).await).await.replies.is_empty());
        })
        .await;
}

#[tokio::test]
async fn bidi_call_interleaves_messages() {
    let setup = Setup::default();
    setup
        .everywhere(async |fixture| {
            let (mut tx, mut rx) = fixture.client().bidi().open().await.unwrap();
            for word in ["first", "second"] {
                tx.send(text(word)).await.unwrap();
                assert_eq!(rx.message().await.unwrap().unwrap().text, word);
            }
            tx.finish();
            assert_eq!(rx.message().await.unwrap(), None);
            assert!(rx.trailers().is_some());
            fixture.probe.until(Event::CleanEnd).await;
        })
        .await;
}

#[tokio::test]
async fn messages_of_all_sizes() {
    let setup = Setup::default();
    setup
        .everywhere(async |fixture| {
            let client = fixture.client();
            for size in [0, 1, 1_000, 16_384, 65_530, 300_000, 3_000_000] {
                let request = Request {
                    payload: vec![1; size],
                    reply_size: size as u32,
                    ..Request::default()
                };
                for kind in KINDS {
                    let outcome = call(&client, kind, request.clone()).await;
                    outcome.end.as_ref().unwrap();
                    assert_eq!(outcome.replies.len(), 1, "{kind:?}");
                    assert_eq!(outcome.replies[0].payload.len(), size, "{kind:?}");
                }
            }
            let many = Request {
                replies: 20_000,
                reply_size: 10,
                ..text("small")
            };
            assert_eq!(
                drain(client.server_stream(many).await).await.replies.len(),
                20_000
            );
            let uploads = Streaming::iter((0..20_000).map(|_| text("ab")));
            assert_eq!(client.client_stream(uploads).await.unwrap().text.len(), 40_000);
        })
        .await;
}

#[tokio::test]
async fn calls_share_a_connection() {
    let setup = Setup::default();
    setup
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            let kinds = fixture.transport.kinds();
            let calls = (0..200).map(|index| {
                let (client, kind) = (client.clone(), kinds[index % kinds.len()]);
                tokio::spawn(async move {
                    let outcome = call(&client, kind, text(&index.to_string())).await;
                    outcome.end.as_ref().unwrap();
                    assert_eq!(outcome.texts(), [index.to_string()]);
                })
            });
            for called in calls.collect::<Vec<_>>() {
                called.await.unwrap();
            }
        })
        .await;
}

#[tokio::test]
async fn metadata_in_both_directions() {
    let setup = Setup::default();
    setup
        .everywhere(async |fixture| {
            let client = fixture.client();
            for kind in KINDS {
                let options = Options {
                    metadata: vec![
                        ("x-one", "1"),
                        ("x-many", "a"),
                        ("x-many", "b c"),
                        ("other", "kept"),
                    ],
                    ..Options::default()
                };
                let outcome = call_with(&client, kind, text(""), options).await;
                outcome.end.as_ref().unwrap();
                assert!(outcome.replies[0].metadata.contains(&"other".to_owned()));
                let check = |found: &Metadata, prefix: &str| {
                    assert_eq!(
                        found.get(&format!("{prefix}x-one")),
                        Some("1"),
                        "{kind:?} {prefix}"
                    );
                    let many: Vec<_> = found.get_all(&format!("{prefix}x-many")).collect();
                    assert_eq!(many, ["a", "b c"], "{kind:?} {prefix}");
                    assert!(!found.contains_key("other"));
                };
                check(&outcome.headers, "");
                check(&outcome.trailers, "t-");
            }
            let bytes = [&[][..], &[0, 1, 254, 255], b"text"];
            let call = bytes.iter().fold(client.unary(text("")), |call, value| {
                call.metadata_bin("x-blob-bin", value)
            });
            let response = call.detailed().await.unwrap();
            let headers: Vec<_> = response.headers.get_all_bin("x-blob-bin").collect();
            let trailers: Vec<_> = response.trailers.get_all_bin("t-x-blob-bin").collect();
            assert_eq!(
                (headers, trailers),
                (
                    bytes.map(<[u8]>::to_vec).to_vec(),
                    bytes.map(<[u8]>::to_vec).to_vec()
                )
            );
        })
        .await;
}

#[tokio::test]
async fn invalid_metadata_fails_before_sending() {
    let setup = Setup::default();
    let fixture = setup.start(Transport::Memory).await;
    for (key, value) in [
        ("a b", "c"),
        ("grpc-status", "0"),
        ("te", "x"),
        ("x-bin", "text"),
        ("x-line", "a\r\nb"),
        ("x-high", "\u{e9}"),
    ] {
        let status = fixture
            .client()
            .unary(text(""))
            .metadata(key, value)
            .await
            .unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument, "{key:?}");
        assert!(status.message().contains(key), "{status}");
    }
    fixture.stop().await;
}

#[tokio::test]
async fn headers_can_be_sent_before_the_reply() {
    let setup = Setup::default();
    setup
        .everywhere(async |fixture| {
            let client = fixture.client();
            let request = Request {
                act: Act::EarlyHeaders.into(),
                ..text("late")
            };
            let (mut tx, mut rx) = client.bidi().metadata("x-early", "yes").open().await.unwrap();
            tx.send(request.clone()).await.unwrap();
            assert_eq!(rx.headers().await.unwrap().get("x-early"), Some("yes"));
            fixture.probe.permit();
            assert_eq!(rx.message().await.unwrap().unwrap().text, "late");
            tx.finish();
            assert_eq!(rx.message().await.unwrap(), None);

            // The handler has not returned yet.
            let opened = client
                .server_stream(request.clone())
                .metadata("x-early", "yes")
                .await;
            let mut stream = opened.unwrap();
            assert_eq!(stream.headers().await.unwrap().get("x-early"), Some("yes"));
            fixture.probe.permit();
            assert_eq!(stream.message().await.unwrap().unwrap().text, "late");
            drop(stream);

            fixture.probe.permit();
            let outcome = call(&client, MethodKind::Unary, request.clone()).await;
            assert_eq!(outcome.texts(), ["late"]);
            fixture.probe.permit();
            let outcome = call(&client, MethodKind::ClientStreaming, request).await;
            assert_eq!(outcome.texts(), ["late"]);
        })
        .await;
}

#[tokio::test]
async fn status_with_details_and_metadata() {
    let setup = Setup::default();
    setup
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                for act in [Act::Fail, Act::FailStream] {
                    let streams = matches!(kind, MethodKind::ServerStreaming | MethodKind::Bidi);
                    if act == Act::FailStream && !streams {
                        continue;
                    }
                    for code in (1..=16).chain([99]) {
                        let request = Request {
                            act: act.into(),
                            code,
                            replies: 2,
                            ..text("why: 100 % \u{fc}ber\r\n")
                        };
                        let outcome = call(&client, kind, request.clone()).await;
                        let status = outcome.status();
                        let what = format!("{kind:?} {act:?} {code}: {status:?}");
                        assert_eq!(status.code(), Code::from_i32(code), "{what}");
                        assert_eq!(status.message(), request.text, "{what}");
                        let detail = status.detail::<prost_types::Duration>().unwrap();
                        assert_eq!(detail.unwrap().seconds, 42, "{what}");
                        // JSON-RPC error objects carry no metadata.
                        if !fixture.transport.is_jsonrpc() {
                            assert_eq!(status.metadata().get("x-why"), Some("asked"), "{what}");
                            assert_eq!(
                                status.metadata().get_bin("x-why-bin"),
                                Some(vec![0, 255]),
                                "{what}"
                            );
                        }
                        let expected = if act == Act::Fail { 0 } else { 2 };
                        assert_eq!(outcome.replies.len(), expected, "{what}");
                    }
                }
            }
        })
        .await;
}

#[tokio::test]
async fn failed_call_never_looks_complete() {
    let setup = Setup::default();
    setup
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                let request = Request {
                    act: Act::Fail.into(),
                    code: 0,
                    ..text("fine?")
                };
                let outcome = call(&client, kind, request).await;
                assert_eq!(outcome.status().code(), Code::Internal, "{kind:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn client_implements_the_service_trait() {
    async fn use_it(service: &impl Testing) -> Vec<String> {
        let cx = Context::new();
        let mut texts = vec![
            service.unary(&cx, text("a")).await.unwrap().text,
            service
                .client_stream(&cx, [text("b"), text("c")].into())
                .await
                .unwrap()
                .text,
        ];
        for stream in [
            service.server_stream(&cx, text("d")).await,
            service.bidi(&cx, [text("e")].into()).await,
        ] {
            texts.extend(drain(stream).await.replies.into_iter().map(|reply| reply.text));
        }
        texts
    }

    let local = use_it(&rsrpc_tests::steered::Steered::default()).await;
    assert_eq!(local, ["a", "bc", "d", "e"]);
    let setup = Setup::default();
    setup
        .everywhere(async |fixture| {
            let remote: TestingClient = fixture.client();
            assert_eq!(use_it(&remote).await, local);
        })
        .await;
}

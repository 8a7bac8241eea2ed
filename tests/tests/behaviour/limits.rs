//! Message size limits and handler panics end one call only.

use rsrpc_runtime::Code;
use rsrpc_runtime::generated::MethodKind;
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::testing::{Act, Request};

use super::{KINDS, call, text};

#[tokio::test]
async fn oversized_request_is_refused() {
    Setup::default()
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                for size in [4 << 20, 5 << 20, 20 << 20] {
                    let request = Request {
                        payload: vec![0; size],
                        ..Request::default()
                    };
                    let outcome = call(&client, kind, request).await;
                    let status = outcome.status();
                    assert_eq!(
                        status.code(),
                        Code::ResourceExhausted,
                        "{kind:?} {size}: {status}"
                    );
                    let says = match fixture.transport {
                        Transport::JsonRpc | Transport::JsonRpcTls => "too big",
                        _ => "4194304",
                    };
                    assert!(status.message().contains(says), "{kind:?}: {status}");
                    call(&client, kind, text("")).await.end.unwrap();
                }
            }
        })
        .await;
}

#[tokio::test]
async fn message_size_limit_is_inclusive() {
    // Tag, two bytes of length, then the text.
    let request = |size: usize| text(&"x".repeat(size - 3));
    Setup::default()
        .server(|server| server.max_request_size(1000))
        .everywhere(async |fixture| {
            for kind in KINDS {
                call(&fixture.client(), kind, request(1000)).await.end.unwrap();
                let outcome = call(&fixture.client(), kind, request(1001)).await;
                assert_eq!(outcome.status().code(), Code::ResourceExhausted, "{kind:?}");
            }
        })
        .await;
}

#[tokio::test]
async fn oversized_reply_is_refused() {
    Setup::default()
        .channel(|channel| channel.max_reply_size(1000))
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                for reply_size in [1000, 2_000_000] {
                    let request = Request {
                        reply_size,
                        act: Act::HangStream.into(),
                        ..Request::default()
                    };
                    let outcome = call(&client, kind, request).await;
                    let status = outcome.status();
                    assert_eq!(
                        status.code(),
                        Code::ResourceExhausted,
                        "{kind:?} {reply_size}: {status}"
                    );
                    assert!(status.message().contains("1000"), "{kind:?}: {status}");
                    call(&client, kind, text("")).await.end.unwrap();
                }
            }
        })
        .await;
}

#[tokio::test]
async fn handler_panic_ends_one_call() {
    Setup::default()
        .everywhere(async |fixture| {
            let client = fixture.client();
            // All calls share the connection.
            let (mut tx, mut rx) = client.bidi().open().await.unwrap();
            for kind in KINDS {
                for act in [Act::Panic, Act::PanicStream] {
                    let streams = matches!(kind, MethodKind::ServerStreaming | MethodKind::Bidi);
                    if act == Act::PanicStream && !streams {
                        continue;
                    }
                    let request = Request {
                        act: act.into(),
                        replies: 2,
                        ..text("boo")
                    };
                    let outcome = call(&client, kind, request).await;
                    assert_eq!(outcome.status().code(), Code::Internal, "{kind:?} {act:?}");
                    assert!(!outcome.status().message().contains("as the request asked"));
                    let expected = if act == Act::Panic { 0 } else { 2 };
                    assert_eq!(outcome.replies.len(), expected, "{kind:?} {act:?}");
                    tx.send(text("alive")).await.unwrap();
                    assert_eq!(rx.message().await.unwrap().unwrap().text, "alive");
                }
            }
            tx.finish();
            assert_eq!(rx.message().await.unwrap(), None);
        })
        .await;
}

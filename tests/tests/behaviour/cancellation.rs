//! Cancellation: dropped calls and streams, and calls that end early.

use std::time::Duration;

use rsrpc_runtime::generated::MethodKind;
use rsrpc_runtime::interceptor::{Call, Next, interceptor};
use rsrpc_runtime::{Code, Context, Server, Status, Streaming, client, transport};
use rsrpc_tests::fixture::{Fixture, Setup, Transport};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Event;
use rsrpc_tests::testing::{Act, Reply, Request, Testing, TestingClient, TestingServer};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::{KINDS, Options, call, call_with, text};

fn act(act: Act) -> Request {
    Request {
        act: act.into(),
        ..Request::default()
    }
}

fn watched() -> Options {
    Options {
        metadata: vec![("x-watch", "")],
        ..Options::default()
    }
}

/// Asserts that the handler is dropped, its context is cancelled, and other calls succeed.
async fn handler_ends(fixture: &Fixture) {
    fixture.probe.until(Event::Cancelled).await;
    rsrpc_tests::eventually("the handler is gone", || fixture.probe.live() == 0).await;
    call(&fixture.client(), MethodKind::Unary, text(""))
        .await
        .end
        .unwrap();
    fixture.probe.until(Event::Gone).await;
}

#[tokio::test]
async fn dropped_call_cancels_its_handler() {
    Setup::default()
        .over_every_protocol(async |fixture| {
            let client = fixture.client();
            for &kind in fixture.transport.kinds() {
                tokio::select! {
                    outcome = call_with(&client, kind, act(Act::Hang), watched()) => panic!("{kind:?}: {outcome:?}"),
                    _ = fixture.probe.until(Event::Started) => {}
                }
                handler_ends(fixture).await;
            }
        })
        .await;
}

#[tokio::test]
async fn dropped_reply_stream_cancels_its_handler() {
    Setup::default()
        .everywhere(async |fixture| {
            let client = fixture.client();
            for endless in [Act::HangStream, Act::Endless] {
                let call = client.server_stream(act(endless)).metadata("x-watch", "");
                let mut replies = call.await.unwrap();
                replies.message().await.unwrap().unwrap();
                drop(replies);
                handler_ends(fixture).await;

                let (mut tx, mut rx) = client.bidi().metadata("x-watch", "").open().await.unwrap();
                tx.send(act(endless)).await.unwrap();
                rx.message().await.unwrap().unwrap();
                drop(rx);
                handler_ends(fixture).await;
                soon(tx.closed()).await;
                assert_eq!(tx.send(act(endless)).await.unwrap_err().code(), Code::Cancelled);
            }
        })
        .await;
}

/// A request whose call fails after one reply.
fn failing() -> Request {
    Request {
        code: Code::NotFound as i32,
        ..act(Act::FailStream)
    }
}

#[tokio::test(start_paused = true)]
async fn sender_of_an_ended_call_fails_at_once() {
    let fixture = Setup::default().start(Transport::Memory).await;
    let (mut tx, mut rx) = fixture.client().bidi().open().await.unwrap();
    let began = Instant::now();
    tx.send(failing()).await.unwrap();
    soon(tx.closed()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);

    // The reply stream, which carries the status, is not read.
    for _ in 0..2 {
        let status = soon(tx.send(text("lost"))).await.unwrap_err();
        assert_eq!(
            status.to_string(),
            "CANCELLED: the server ended the call; read the stream of replies for its status"
        );
        assert_eq!(began.elapsed().as_millis() / 10, 10);
    }
    soon(rx.message()).await.unwrap().unwrap();
    assert_eq!(soon(rx.message()).await.unwrap_err().code(), Code::NotFound);
    assert_eq!(tx.send(text("lost")).await.unwrap_err().code(), Code::NotFound);
    drop((tx, rx));
    fixture.stop().await;
}

#[tokio::test]
async fn sender_gets_the_status_read_from_the_reply_stream() {
    Setup::default()
        .everywhere(async |fixture| {
            let (mut tx, mut rx) = fixture.client().bidi().open().await.unwrap();
            let reading = tokio::spawn(async move { while let Ok(Some(_)) = rx.message().await {} });
            tx.send(failing()).await.unwrap();
            soon(tx.closed()).await;
            assert_eq!(
                soon(tx.send(text("lost"))).await.unwrap_err().code(),
                Code::NotFound
            );
            soon(reading).await.unwrap();
        })
        .await;
}

#[tokio::test]
async fn dropped_sender_is_not_a_half_close() {
    Setup::default()
        .everywhere(async |fixture| {
            let client = fixture.client();
            for kind in [MethodKind::ClientStreaming, MethodKind::Bidi] {
                let (mut tx, requests) = Streaming::channel(4);
                let called = tokio::spawn({
                    let client = client.clone();
                    async move {
                        match kind {
                            MethodKind::Bidi => {
                                let mut replies = client.bidi().send(requests).await.unwrap();
                                while replies.message().await?.is_some() {}
                                Ok(())
                            }
                            _ => client.client_stream(requests).await.map(drop),
                        }
                    }
                });
                tx.send(text("half of it")).await.unwrap();
                fixture.probe.until(Event::Started).await;
                drop(tx);
                let status = soon(called).await.unwrap().unwrap_err();
                assert_eq!(status.code(), Code::Cancelled, "{kind:?}");
                let events = fixture.probe.until(Event::Gone).await;
                assert!(!events.contains(&Event::CleanEnd), "{kind:?}: {events:?}");
            }

            let (mut tx, mut rx) = client.bidi().open().await.unwrap();
            let (answered, go_on) = tokio::sync::oneshot::channel::<()>();
            let panics = tokio::spawn(async move {
                tx.send(text("a")).await.unwrap();
                go_on.await.unwrap();
                panic!("the sending task is lost");
            });
            assert_eq!(rx.message().await.unwrap().unwrap().text, "a");
            answered.send(()).unwrap();
            assert!(panics.await.unwrap_err().is_panic());
            assert_eq!(rx.message().await.unwrap_err().code(), Code::Cancelled);
            let events = fixture.probe.until(Event::Gone).await;
            assert!(!events.contains(&Event::CleanEnd), "{events:?}");
        })
        .await;
}

#[tokio::test]
async fn failed_request_stream_fails_the_call() {
    Setup::default()
        .everywhere(async |fixture| {
            let client = fixture.client();
            let failing = || {
                let (tx, requests) = Streaming::<Request>::channel(1);
                tx.fail(Status::data_loss("disk"));
                requests
            };
            let status = client.client_stream(failing()).await.unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::DataLoss, "disk"));
            let mut replies = client.bidi().send(failing()).await.unwrap();
            let status = replies.message().await.unwrap_err();
            assert_eq!((status.code(), status.message()), (Code::DataLoss, "disk"));

            let panics = || Streaming::new(futures_util::stream::poll_fn(|_| panic!("no more requests")));
            let mut replies = client.bidi().send(panics()).await.unwrap();
            assert_eq!(replies.message().await.unwrap_err().code(), Code::Internal);
            let called = tokio::spawn(client.client_stream(panics()).into_future());
            assert!(called.await.unwrap_err().is_panic());
            call(&client, MethodKind::Unary, text("")).await.end.unwrap();
        })
        .await;
}

#[tokio::test]
async fn sender_gets_the_final_status() {
    Setup::default()
        .everywhere(async |fixture| {
            for _ in 0..20 {
                let (mut tx, mut rx) = fixture.client().bidi().open().await.unwrap();
                let sending = tokio::spawn(async move {
                    let fails = Request {
                        code: 5,
                        ..act(Act::Fail)
                    };
                    tx.send(fails).await.unwrap();
                    loop {
                        if let Err(status) = tx.send(text("more")).await {
                            break status;
                        }
                    }
                });
                assert_eq!(rx.message().await.unwrap_err().code(), Code::NotFound);
                assert_eq!(soon(sending).await.unwrap().code(), Code::NotFound);

                let (mut tx, requests) = Streaming::channel(4);
                let sending = tokio::spawn(async move {
                    let fails = Request {
                        code: 5,
                        ..act(Act::Fail)
                    };
                    tx.send(fails).await.unwrap();
                    loop {
                        if let Err(status) = tx.send(text("more")).await {
                            break status;
                        }
                    }
                });
                let status = fixture.client().client_stream(requests).await.unwrap_err();
                assert_eq!(status.code(), Code::NotFound);
                assert_eq!(soon(sending).await.unwrap().code(), Code::NotFound);
            }
        })
        .await;
}

#[tokio::test]
async fn sender_without_a_reader_fails_after_the_call() {
    Setup::default()
        .everywhere(async |fixture| {
            let (mut tx, rx) = fixture.client().bidi().open().await.unwrap();
            let fails = Request {
                code: 5,
                ..act(Act::Fail)
            };
            tx.send(fails).await.unwrap();
            let sending = async { while tx.send(text("more")).await.is_ok() {} };
            soon(sending).await;
            drop(rx);
        })
        .await;
}

#[tokio::test]
async fn completed_call_is_not_cancelled() {
    let passes = || interceptor(|call: Call, next: Next| next.run(call));
    for setup in [
        Setup::default(),
        Setup::default().server(move |server| server.intercept(passes())),
    ] {
        not_cancelled(setup).await;
    }
}

async fn not_cancelled(setup: Setup) {
    setup
        .over_every_protocol(async |fixture| {
            for &kind in fixture.transport.kinds() {
                let outcome = call_with(&fixture.client(), kind, text(""), watched()).await;
                outcome.end.unwrap();
                let fails = Request {
                    code: 4,
                    ..act(Act::Fail)
                };
                let outcome = call_with(&fixture.client(), kind, fails, watched()).await;
                assert_eq!(outcome.status().code(), Code::DeadlineExceeded);
            }
            let mut gone = 0;
            while gone < 2 * fixture.transport.kinds().len() {
                match soon(fixture.probe.next()).await {
                    Event::Gone => gone += 1,
                    Event::Cancelled => panic!("a call was cancelled"),
                    _ => {}
                }
            }
        })
        .await;
}

/// A service that calls the back end from a task that outlives its handler.
struct Front {
    back: TestingClient,
    outcomes: mpsc::UnboundedSender<(MethodKind, Result<(), Status>)>,
}

impl Testing for Front {
    async fn unary(&self, cx: &Context, request: Request) -> Result<Reply, Status> {
        for kind in KINDS {
            let (back, outcomes, request) = (self.back.clone(), self.outcomes.clone(), request.clone());
            let options = Options {
                within: Some(cx.clone()),
                ..watched()
            };
            tokio::spawn(async move {
                let outcome = call_with(&back, kind, request, options).await;
                let _ = outcomes.send((kind, outcome.end));
            });
        }
        std::future::pending().await
    }

    async fn server_stream(&self, _: &Context, _: Request) -> Result<Streaming<Reply>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn client_stream(&self, _: &Context, _: Streaming<Request>) -> Result<Reply, Status> {
        Err(Status::unimplemented(""))
    }

    async fn bidi(&self, _: &Context, _: Streaming<Request>) -> Result<Streaming<Reply>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[tokio::test]
async fn nested_call_is_cancelled_with_its_parent() {
    Setup::default()
        .everywhere(async |fixture| {
            let (outcomes, mut ended) = mpsc::unbounded_channel();
            let front = Front {
                back: fixture.client(),
                outcomes,
            };
            let (listener, connector) = transport::memory();
            let server = Server::new()
                .add_service(TestingServer::new(front))
                .listen(listener)
                .unwrap();
            let serving = tokio::spawn(server.serve());
            let channel = client::Channel::builder("memory:")
                .connector(connector)
                .build()
                .unwrap();
            let caller = TestingClient::new(channel);
            tokio::select! {
                outcome = caller.unary(act(Act::Hang)).into_future() => panic!("{outcome:?}"),
                () = async {
                    for _ in KINDS {
                        fixture.probe.until(Event::Started).await;
                    }
                } => {}
            }
            for _ in KINDS {
                let (kind, end) = soon(ended.recv()).await.unwrap();
                assert_eq!(end.unwrap_err().code(), Code::Cancelled, "{kind:?}");
            }
            rsrpc_tests::eventually("every handler is gone", || fixture.probe.live() == 0).await;
            serving.abort();
        })
        .await;
}

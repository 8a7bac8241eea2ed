//! Shutdown of a server: calls finish, idle connections close, stuck handlers are dropped, and no task is left.

use std::time::Duration;

use rsrpc_runtime::Code;
use rsrpc_runtime::generated::MethodKind;
use rsrpc_tests::fixture::{Fixture, Setup, Transport};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Event;
use rsrpc_tests::testing::{Act, Request, TestingClient};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::{KINDS, call, drain};

fn act(act: Act) -> Request {
    Request {
        act: act.into(),
        text: "served".to_owned(),
        ..Request::default()
    }
}

/// Makes a call with one request.
async fn ask(client: &TestingClient, kind: MethodKind, request: Request) -> Result<Vec<String>, Code> {
    let asked = match kind {
        MethodKind::Unary => client.unary(request).await.map(|reply| vec![reply.text]),
        MethodKind::ClientStreaming => client
            .client_stream([request])
            .await
            .map(|reply| vec![reply.text]),
        MethodKind::ServerStreaming => {
            let (texts, end) = drain(client.server_stream(request).await).await;
            end.map(|()| texts)
        }
        MethodKind::Bidi => {
            let (texts, end) = drain(client.bidi().send([request]).await).await;
            end.map(|()| texts)
        }
    };
    asked.map_err(|status| status.code())
}

async fn spawn_calls(
    fixture: &Fixture,
    client: &TestingClient,
    request: Request,
) -> Vec<tokio::task::JoinHandle<Result<Vec<String>, Code>>> {
    let mut calls = Vec::new();
    for kind in KINDS {
        let (client, request) = (client.clone(), request.clone());
        calls.push(tokio::spawn(async move { ask(&client, kind, request).await }));
        fixture.probe.until(Event::Started).await;
    }
    calls
}

#[tokio::test]
async fn shutdown_drains_calls_and_refuses_new_ones() {
    for transport in Transport::ALL {
        if transport == Transport::Mounted {
            continue;
        }
        println!("over {transport:?}");
        let fixture = Setup::default().start(transport).await;
        let (client, late) = (fixture.client(), fixture.client());
        let calls = spawn_calls(&fixture, &client, act(Act::EarlyHeaders)).await;
        let probe = fixture.probe.clone();
        let idle = fixture.client();
        call(&idle, MethodKind::Unary, "").await.1.unwrap();
        let mut stopping = Box::pin(fixture.stop());
        // Four calls are in progress.
        let waited = tokio::time::timeout(Duration::from_millis(50), stopping.as_mut()).await;
        assert!(waited.is_err());
        for refused in [&late, &idle] {
            let (_, end) = soon(call(refused, MethodKind::Unary, "")).await;
            assert_eq!(end.unwrap_err().code(), Code::Unavailable);
        }
        calls.iter().for_each(|_| probe.permit());
        for called in calls {
            assert_eq!(soon(called).await.unwrap(), Ok(vec!["served".to_owned()]));
        }
        stopping.await;
    }
}

#[tokio::test]
async fn drain_timeout_drops_stuck_handlers() {
    let drain = Duration::from_millis(100);
    let setup = Setup::default().server(move |server| server.drain_timeout(drain));
    for transport in Transport::ALL {
        if transport == Transport::Mounted {
            continue;
        }
        for stuck in [Act::Hang, Act::HangStream, Act::Endless] {
            println!("over {transport:?}: {stuck:?}");
            let fixture = setup.start(transport).await;
            let client = fixture.client();
            let calls = spawn_calls(&fixture, &client, act(stuck)).await;
            let probe = fixture.probe.clone();
            let started = std::time::Instant::now();
            // `stop` asserts that no handler is left.
            fixture.stop().await;
            if stuck != Act::HangStream {
                assert!(started.elapsed() >= drain);
            }
            assert_eq!(probe.live(), 0);
            for (kind, called) in KINDS.into_iter().zip(calls) {
                let code = soon(called).await.unwrap();
                let whole = !matches!(kind, MethodKind::ServerStreaming | MethodKind::Bidi);
                if stuck == Act::Hang || !whole {
                    assert_eq!(code.unwrap_err(), Code::Unavailable, "{kind:?}");
                }
            }
        }
    }
}

/// Reads until the server closes the connection.
async fn closes(socket: &mut TcpStream) -> Vec<u8> {
    let mut read = Vec::new();
    let _ = soon(socket.read_to_end(&mut read)).await;
    read
}

#[tokio::test]
async fn shutdown_closes_idle_connections() {
    for transport in [Transport::Tcp, Transport::Layered] {
        let setup = Setup::default().server(|server| server.drain_timeout(Duration::from_secs(3600)));
        let fixture = setup.start(transport).await;
        let target = fixture.channel().build().unwrap().target().to_string();
        let open = async || TcpStream::connect(&target).await.unwrap();

        let client = fixture.client();
        call(&client, MethodKind::Unary, "").await.1.unwrap();
        let mut silent = open().await;
        let mut hesitant = open().await;
        hesitant.write_all(b"PRI * HT").await.unwrap();
        let mut http1 = open().await;
        http1
            .write_all(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let mut answer = [0; 9];
        soon(http1.read_exact(&mut answer)).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 ");

        // The drain timeout is an hour: a connection that stays open would hang the test.
        fixture.stop().await;
        for socket in [&mut silent, &mut hesitant, &mut http1] {
            closes(socket).await;
        }
    }
}

#[tokio::test(flavor = "current_thread")]
async fn shutdown_leaves_no_task() {
    for transport in Transport::ALL {
        if transport == Transport::Mounted {
            continue;
        }
        let tasks = || tokio::runtime::Handle::current().metrics().num_alive_tasks();
        let before = tasks();
        let setup = Setup::default().server(|server| server.drain_timeout(Duration::from_millis(50)));
        let fixture = setup.start(transport).await;
        // The client runs on the test's own task, so that every other task belongs to the server or the channel.
        let client = fixture.client();
        let mut stuck = client.server_stream(act(Act::HangStream)).await.unwrap();
        stuck.message().await.unwrap().unwrap();
        let (mut tx, mut rx) = client.bidi().open().await.unwrap();
        tx.send(act(Act::HangStream)).await.unwrap();
        rx.message().await.unwrap().unwrap();
        fixture.stop().await;
        drop((stuck, tx, rx, client));
        rsrpc_tests::eventually("the channel's task ends", || tasks() == before).await;
    }
}

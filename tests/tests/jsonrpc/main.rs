//! JSON-RPC over HTTP: the cases of `jsonrpc/cases.jsonl` that HTTP can send, over HTTP/1.1 and HTTP/2.

mod calls;
mod case;
mod client;
mod client_requests;
mod http;

use std::net::SocketAddr;

use rsrpc_runtime::Server;
use rsrpc_tests::serve;
use tokio::sync::oneshot;

use case::{Case, HttpRequest};
use client::{Connection, Version};

/// A server that stops when dropped.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: tokio::task::JoinHandle<()>,
}

impl Running {
    pub(crate) async fn start(server: Server) -> Self {
        let (address, stop, served) = serve(server).await;
        Self {
            address,
            stop,
            served,
        }
    }

    /// Starts the shutdown. The returned handle ends with it.
    pub(crate) fn stop(self) -> tokio::task::JoinHandle<()> {
        let _ = self.stop.send(());
        self.served
    }

    pub(crate) async fn open(&self, version: Version) -> Connection {
        Connection::open(self.address, version).await
    }
}

const PLAIN_CALL: &str = r#"{"jsonrpc":"2.0","method":"rsrpc.test.Calc/Subtract","params":[5,3],"id":1}"#;

async fn check_plain_call(connection: &mut Connection) -> Result<(), String> {
    let response = connection.send(HttpRequest::post(PLAIN_CALL)).await;
    let text = String::from_utf8_lossy(&response.body);
    if response.status == 200 && text == r#"{"jsonrpc":"2.0","result":2,"id":1}"# {
        return Ok(());
    }
    Err(format!("a plain call afterwards got {}: {text}", response.status))
}

async fn run_case(running: &Running, case: &Case, version: Version) -> Result<(), String> {
    let mut connection = running.open(version).await;
    let response = connection.send(case.request()).await;
    case.check(&response)?;
    if case.class() == "hostile" {
        return check_plain_call(&mut running.open(version).await).await;
    }
    check_plain_call(&mut connection).await
}

async fn run_cases(version: Version) {
    let running = Running::start(Server::new().add_service(calc::service())).await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/jsonrpc/cases.jsonl");
    let cases = std::fs::read_to_string(path).expect("the cases");
    let mut wrong = Vec::new();
    let mut count = 0;
    for case in cases.lines().map(Case::parse).filter(Case::is_http) {
        count += 1;
        if let Err(why) = run_case(&running, &case, version).await {
            wrong.push(format!("{}: {why}", case.name()));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {count} cases fail:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert!(count > 100, "only {count} cases");
    running.stop().await.expect("a clean end");
}

#[tokio::test]
async fn jsonrpc_cases_over_http1() {
    run_cases(Version::Http1).await;
}

#[tokio::test]
async fn jsonrpc_cases_over_http2() {
    run_cases(Version::Http2).await;
}

//! Clients that misbehave: their call or connection is answered or closed, and others go on.

mod gibberish;
mod requests;

use rsrpc_tests::fixture::{Fixture, Transport};
use rsrpc_tests::soon;
use rsrpc_tests::steered::Event;
use tokio::net::TcpStream;

use super::{KINDS, call};

/// Ways to the service on which bytes can be written by hand.
const SOCKETS: [Transport; 3] = [Transport::Tcp, Transport::Mounted, Transport::Layered];

/// Somebody else is served, in every kind of call.
async fn others_go_on(fixture: &Fixture) {
    let client = fixture.client();
    for kind in KINDS {
        soon(call(&client, kind, "")).await.1.unwrap();
        fixture.probe.until(Event::Gone).await;
    }
}

/// Like [`others_go_on`], when events of earlier calls are still to be read.
async fn others_go_on_after(fixture: &Fixture) {
    let client = fixture.client();
    for kind in KINDS {
        soon(call(&client, kind, "")).await.1.unwrap();
    }
}

async fn connect(fixture: &Fixture) -> TcpStream {
    let target = fixture.channel().build().unwrap().target().to_string();
    TcpStream::connect(target).await.unwrap()
}

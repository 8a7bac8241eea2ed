//! Serves `notes.Notes` on a free port and calls it, over gRPC and over JSON-RPC.

use std::error::Error;

use plugin::MyNotes;
use plugin::pb::notes::{FindRequest, Note, NotesClient, NotesServer};
use rsrpc_runtime::{Channel, Protocol, Server};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error + Send + Sync>> {
    let server = Server::new()
        .add_service(NotesServer::new(MyNotes::default()))
        .bind("127.0.0.1:0")
        .await?;
    let addr = server.local_addr().to_string();
    tokio::spawn(server.serve());

    let grpc = NotesClient::new(Channel::builder(&addr).build()?);
    grpc.put(note("milk", "two litres", "shop")).await?;
    grpc.put(note("bread", "rye", "shop")).await?;
    grpc.put(note("roof", "leaks", "home")).await?;

    let target = format!("http://{addr}/");
    let json = Channel::builder(&target).protocol(Protocol::JsonRpc).build()?;
    let reply = NotesClient::new(json)
        .put(note("milk", "one litre", "shop"))
        .await?;
    if let Some(before) = reply.replaced {
        println!("replaced: {}: {}", before.title, before.text);
    }

    let labels = [("place".to_owned(), "shop".to_owned())].into();
    let mut found = grpc.find(FindRequest { labels }).await?;
    while let Some(note) = found.message().await? {
        println!("{}: {}", note.title, note.text);
    }
    Ok(())
}

fn note(title: &str, text: &str, place: &str) -> Note {
    Note {
        title: title.to_owned(),
        text: text.to_owned(),
        labels: [("place".to_owned(), place.to_owned())].into(),
    }
}

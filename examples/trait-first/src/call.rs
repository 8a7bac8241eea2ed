//! The client: calls, and their printed results.

use std::time::Duration;

use rsrpc_runtime::{Channel, Code, Protocol};
use trait_first::{Book, BookshopClient, Shelf};

use crate::Failure;

/// Makes the calls that the protocol supports and prints the replies. Streams need gRPC.
pub(crate) async fn call(target: &str, protocol: Protocol) -> Result<(), Failure> {
    let channel = Channel::builder(target)
        .protocol(protocol)
        .default_timeout(Duration::from_secs(20))
        .build()?;
    let shop = BookshopClient::new(channel);
    match protocol {
        Protocol::JsonRpc => println!("JSON-RPC to {target}"),
        _ => println!("gRPC to {target}"),
    }
    add(
        &shop,
        book("0-14", "The Left Hand of Darkness", 1250, Shelf::Fiction),
    )
    .await?;
    let found = shop.find("0-14".to_owned()).await?;
    println!("  find 0-14: {} on {:?}", found.title, found.shelf);
    // Plain arguments: the request message is generated.
    let price = shop.price("0-14".to_owned(), 3).await?;
    println!("  price of 3: {price} cents");
    let missing = shop.find("0-99".to_owned()).await;
    println!(
        "  find 0-99: {}",
        missing.err().ok_or("a book that is not there")?.message()
    );
    if protocol != Protocol::JsonRpc {
        streams(&shop).await?;
    }
    println!(
        "  fiction: {}",
        shop.titles(Some(Shelf::Fiction)).await?.join(", ")
    );
    println!("  all: {}", shop.titles(None).await?.join(", "));
    Ok(())
}

/// Adds a book unless another client has added it.
async fn add(shop: &BookshopClient, book: Book) -> Result<(), Failure> {
    match shop.add(book).await {
        Ok(()) => println!("  added"),
        Err(status) if status.code() == Code::AlreadyExists => println!("  {}", status.message()),
        Err(status) => return Err(status.into()),
    }
    Ok(())
}

async fn streams(shop: &BookshopClient) -> Result<(), Failure> {
    let books = [
        book("0-15", "A Brief History of Time", 990, Shelf::Science),
        book("0-16", "Cosmos", 1100, Shelf::Science),
    ];
    match shop.fill(books).await {
        Ok(count) => println!("  filled with {count}"),
        Err(status) if status.code() == Code::AlreadyExists => println!("  {}", status.message()),
        Err(status) => return Err(status.into()),
    }
    let mut books = shop.browse().await?;
    while let Some(book) = books.message().await? {
        println!("  browse: {}", book.title);
    }
    Ok(())
}

fn book(isbn: &str, title: &str, price: u64, shelf: Shelf) -> Book {
    Book {
        isbn: isbn.to_owned(),
        title: title.to_owned(),
        price,
        shelf,
    }
}

//! A bookshop, defined in Rust: no .proto file, no build script. `proto/bookshop.proto` is what it exports for clients in
//! other languages; a test below keeps it up to date.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rsrpc_runtime::{Context, Enum, Message, Status, Streaming, service};

/// A book.
#[derive(Clone, PartialEq, Debug, Message)]
#[rpc(package = "bookshop.v1")]
pub struct Book {
    /// Its International Standard Book Number.
    #[rpc(tag = 1)]
    pub isbn: String,
    /// What it is called.
    #[rpc(tag = 2)]
    pub title: String,
    /// In cents.
    #[rpc(tag = 3)]
    pub price: u64,
    /// Where it stands.
    #[rpc(tag = 4)]
    pub shelf: Shelf,
}

/// A part of the shop.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Enum)]
#[rpc(package = "bookshop.v1")]
pub enum Shelf {
    /// Nobody has said.
    #[rpc(number = 0)]
    Unspecified,
    /// Novels and stories.
    #[rpc(number = 1)]
    Fiction,
    /// All else.
    #[rpc(number = 2)]
    Science,
    /// A shelf that a newer program knows.
    Unknown(i32),
}

/// Sells books.
#[service(package = "bookshop.v1")]
pub trait Bookshop {
    /// Puts a book on its shelf.
    async fn add(&self, cx: &Context, book: Book) -> Result<(), Status>;

    /// Finds a book.
    #[rpc(no_side_effects, timeout = "5s")]
    async fn find(&self, isbn: String) -> Result<Book, Status>;

    /// What some copies of a book cost.
    #[rpc(no_side_effects, jsonrpc_name = "price")]
    async fn price(&self, isbn: String, copies: u32) -> Result<u64, Status>;

    /// The titles on a shelf, or all.
    #[rpc(no_side_effects)]
    async fn titles(&self, shelf: Option<Shelf>) -> Result<Vec<String>, Status>;

    /// Every book, one after the other.
    #[rpc(no_side_effects)]
    async fn browse(&self) -> Result<Streaming<Book>, Status>;

    /// Adds many books and says how many.
    async fn fill(&self, books: Streaming<Book>) -> Result<u32, Status>;
}

/// A shop in memory.
#[derive(Debug, Default)]
pub struct MyBookshop {
    books: Mutex<BTreeMap<String, Book>>,
}

impl MyBookshop {
    fn put(&self, book: Book) -> Result<(), Status> {
        if book.isbn.is_empty() {
            return Err(Status::invalid_argument("a book has an ISBN"));
        }
        let mut books = self.lock();
        if books.contains_key(&book.isbn) {
            let message = format!("the shop has {} already", book.isbn);
            return Err(Status::already_exists(message));
        }
        books.insert(book.isbn.clone(), book);
        Ok(())
    }

    fn all(&self) -> Vec<Book> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Book>> {
        self.books
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Bookshop for MyBookshop {
    async fn add(&self, _: &Context, book: Book) -> Result<(), Status> {
        self.put(book)
    }

    async fn find(&self, isbn: String) -> Result<Book, Status> {
        let found = self.lock().get(&isbn).cloned();
        found.ok_or_else(|| Status::not_found(format!("no book has the ISBN {isbn}")))
    }

    async fn price(&self, isbn: String, copies: u32) -> Result<u64, Status> {
        let book = self.find(isbn).await?;
        let price = book.price.checked_mul(u64::from(copies));
        price.ok_or_else(|| Status::out_of_range("nobody can pay that"))
    }

    async fn titles(&self, shelf: Option<Shelf>) -> Result<Vec<String>, Status> {
        let on_shelf = |book: &Book| shelf.is_none_or(|shelf| book.shelf == shelf);
        let books = self.all().into_iter().filter(on_shelf);
        Ok(books.map(|book| book.title).collect())
    }

    async fn browse(&self) -> Result<Streaming<Book>, Status> {
        Ok(Streaming::iter(self.all()))
    }

    async fn fill(&self, mut books: Streaming<Book>) -> Result<u32, Status> {
        let mut count = 0;
        while let Some(book) = books.message().await? {
            self.put(book)?;
            count += 1;
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exported_file_is_up_to_date() {
        rsrpc_runtime::assert_proto!("proto/bookshop.proto", BookshopMethods);
    }
}

//! Positions of streams.

use rsrpc_runtime::{Status, Streaming, service};

#[service(package = "ui")]
pub trait Streams {
    async fn list(&self, a: Vec<Streaming<i32>>) -> Result<(), Status>;
    async fn optional(&self) -> Result<Option<Streaming<i32>>, Status>;
    async fn two(&self, a: Streaming<i32>, b: Streaming<i32>) -> Result<(), Status>;
    async fn with_more(&self, a: Streaming<i32>, b: i32) -> Result<(), Status>;
    async fn of_streams(&self) -> Result<Streaming<Streaming<i32>>, Status>;
    async fn of_nothing(&self) -> Result<Streaming, Status>;
    async fn of_small(&self, a: Streaming<u8>) -> Result<Streaming<&str>, Status>;
    async fn not_failing(&self) -> Streaming<i32>;
    async fn right(&self, a: Streaming<i32>) -> Result<Streaming<String>, Status>;
}

fn main() {}

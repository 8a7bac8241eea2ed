//! A type that is not a message, which only the compiler knows.

use rsrpc_runtime::{Status, Streaming, service};

#[derive(Clone, PartialEq, Debug)]
pub struct Plain;

#[service(package = "ui")]
pub trait Sends {
    async fn send(&self, plain: Plain) -> Result<(), Status>;
    async fn several(&self, a: i32, plain: Plain) -> Result<(), Status>;
    async fn get(&self) -> Result<Plain, Status>;
    async fn list(&self) -> Result<Vec<Plain>, Status>;
    async fn stream(&self) -> Result<Streaming<Plain>, Status>;
}

fn main() {}

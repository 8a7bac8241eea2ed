//! Types that serde does not support.

use rsrpc_runtime::{Status, Streaming, service};

pub struct Plain;

#[service(codec = "json", package = "ui")]
pub trait Takes {
    async fn reference(&self, name: &str) -> Result<(), Status>;
    async fn stream_in_list(&self, list: Vec<Streaming<u8>>) -> Result<(), Status>;
    #[rpc(reply = "A")]
    async fn made_reply(&self) -> Result<Vec<u8>, Status>;
}

#[service(codec = "json", package = "ui")]
pub trait Sends {
    async fn send(&self, plain: Plain) -> Result<(), Status>;
    async fn several(&self, a: i32, plain: Plain) -> Result<(), Status>;
    async fn get(&self) -> Result<Plain, Status>;
}

fn main() {}

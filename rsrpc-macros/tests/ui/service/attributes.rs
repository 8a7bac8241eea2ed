//! Attributes of services and methods.

use rsrpc_runtime::{Message, Status, Streaming, service};

#[derive(Clone, Debug, PartialEq, Message)]
#[rpc(package = "ui")]
pub struct Wrapped {}

#[service(pakage = "a", package = "a..b", name = "1", codec = "xml", client = maybe, mock = 1, crate = "1", server, server)]
pub trait Service {
    #[rpc]
    async fn bare(&self) -> Result<(), Status>;
    #[rpc(idempotnt, names = "A")]
    async fn unknown(&self) -> Result<(), Status>;
    #[rpc(timeout = "5", name = Bare, jsonrpc_name, idempotent = "yes")]
    async fn values(&self) -> Result<(), Status>;
    #[rpc(timeout = "0s", name = "a.b", jsonrpc_name = "rpc.x")]
    async fn texts(&self) -> Result<(), Status>;
    #[rpc(idempotent, no_side_effects)]
    async fn both(&self) -> Result<(), Status>;
    #[rpc(timeout = "1s")]
    #[rpc(timeout = "2s")]
    async fn twice(&self) -> Result<(), Status>;
    #[rpc(timeout = "18446744073709551615s")]
    async fn forever(&self) -> Result<(), Status>;
    #[rpc(request = "A", reply = "B", jsonrpc_name = "")]
    async fn unused(&self) -> Result<(), Status>;
    #[rpc(request = "A", reply = "B")]
    async fn streams(&self, requests: Streaming<i32>) -> Result<Streaming<i32>, Status>;
    #[rpc(request = "A")]
    async fn message(&self, request: Wrapped) -> Result<(), Status>;
    async fn on_parameter(&self, #[rpc(idempotent)] a: i32) -> Result<(), Status>;
    #[rpc(idempotent; no_side_effects)]
    async fn broken(&self) -> Result<(), Status>;
}

#[service(package "a")]
#[rpc(idempotent)]
pub trait Broken {}

fn main() {}

//! Reserved names.

use rsrpc_runtime::{Status, service};

#[service(package = "ui")]
pub trait Names {
    async fn twice(&self) -> Result<(), Status>;
    async fn twice(&self) -> Result<(), Status>;
    async fn get_user(&self) -> Result<(), Status>;
    #[rpc(name = "GetUser")]
    async fn fetch_user(&self) -> Result<(), Status>;
    async fn get__user(&self) -> Result<(), Status>;
    #[rpc(name = "Other")]
    async fn get_User(&self) -> Result<(), Status>;
    async fn new(&self) -> Result<(), Status>;
    #[rpc(jsonrpc_name = "same")]
    async fn first(&self) -> Result<(), Status>;
    #[rpc(jsonrpc_name = "same")]
    async fn second(&self) -> Result<(), Status>;
    #[rpc(request = "Same")]
    async fn third(&self, a: i32) -> Result<(), Status>;
    #[rpc(request = "Same")]
    async fn fourth(&self, a: i32) -> Result<(), Status>;
    async fn __(&self) -> Result<(), Status>;
}

#[service(package = "rpc.admin")]
pub trait Reserved {
    async fn stop(&self) -> Result<(), Status>;
}

#[service(package = "ui")]
pub trait Größe {
    async fn stop(&self) -> Result<(), Status>;
}

fn main() {}

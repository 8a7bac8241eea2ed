//! Supported and unsupported forms of service traits.

use rsrpc_runtime::{Status, service};

#[service(package = "ui")]
pub trait Generic<T: Send> {
    async fn get(&self) -> Result<(), Status>;
}

#[service(package = "ui")]
pub trait WithClause
where
    Self: Sized,
{
    async fn get(&self) -> Result<(), Status>;
}

#[service(package = "ui")]
pub unsafe trait Dangerous {
    async fn get(&self) -> Result<(), Status>;
}

#[service(package = "ui")]
pub trait Items {
    type Message;
    #[rpc(idempotent)]
    const LIMIT: usize;
    methods!();
    async fn get(&self) -> Result<(), Status>;
}

#[service(package = "ui")]
pub struct NoTrait;

fn main() {}

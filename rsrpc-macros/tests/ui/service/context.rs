//! Position of the context.

use rsrpc_runtime::{Context, Status, service};

#[service(package = "ui")]
pub trait Contexts {
    async fn by_value(&self, cx: Context) -> Result<(), Status>;
    async fn unique(&self, cx: &mut Context) -> Result<(), Status>;
    async fn with_lifetime(&self, cx: &'static Context) -> Result<(), Status>;
    async fn last(&self, a: i32, cx: &Context) -> Result<(), Status>;
    async fn twice(&self, cx: &Context, other: &Context) -> Result<(), Status>;
    async fn right(&self, cx: &Context, a: i32) -> Result<(), Status>;
}

fn main() {}

//! Supported and unsupported forms of methods.

use rsrpc_runtime::{Status, service};

#[service(package = "ui")]
pub trait Forms {
    fn not_async(&self, a: i32) -> Result<i32, Status>;
    async fn no_receiver(a: i32) -> Result<i32, Status>;
    async fn by_value(self, a: i32) -> Result<i32, Status>;
    async fn by_unique_reference(&mut self, a: i32) -> Result<i32, Status>;
    async fn typed(self: std::sync::Arc<Self>, a: i32) -> Result<i32, Status>;
    async fn with_lifetime<'a>(&'a self, a: i32) -> Result<i32, Status>;
    async fn generic<T: Send>(&self, a: i32) -> Result<i32, Status>;
    async fn constant_generic<const N: usize>(&self, a: i32) -> Result<i32, Status>;
    async fn with_clause(&self, a: i32) -> Result<i32, Status>
    where
        Self: Clone;
    const fn constant(&self, a: i32) -> Result<i32, Status>;
    async unsafe fn dangerous(&self, a: i32) -> Result<i32, Status>;
    async extern "C" fn foreign(&self, a: i32) -> Result<i32, Status>;
    #[cfg(unix)]
    async fn conditional(&self, a: i32) -> Result<i32, Status>;
    pub async fn visible(&self, a: i32) -> Result<i32, Status>;
    #[rpc(idempotent)]
    pub(crate) async fn visible_here(&self, a: i32) -> Result<i32, Status>;
    async fn variadic(&self, a: ...) -> Result<i32, Status>;
    async fn right(&self, a: i32) -> Result<i32, Status>;
}

fn main() {}

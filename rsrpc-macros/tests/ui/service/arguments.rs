//! Arguments of methods.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use rsrpc_runtime::{Status, service};

#[service(package = "ui")]
pub trait Takes {
    async fn text(&self, text: &str) -> Result<(), Status>;
    async fn slice(&self, list: &[i32]) -> Result<(), Status>;
    async fn reference(&self, number: &i32) -> Result<(), Status>;
    async fn borrowed(&self, text: Cow<'static, str>) -> Result<(), Status>;
    async fn opaque(&self, text: impl Into<String>) -> Result<(), Status>;
    async fn object(&self, text: Box<dyn ToString>) -> Result<(), Status>;
    async fn function(&self, call: fn()) -> Result<(), Status>;
    async fn own(&self, own: Self) -> Result<(), Status>;
    async fn projected(&self, own: Self::Item) -> Result<(), Status>;
    async fn unit(&self, unit: ()) -> Result<(), Status>;
    async fn tuple(&self, pair: (i32, i32)) -> Result<(), Status>;
    async fn array(&self, array: [u8; 4]) -> Result<(), Status>;
    async fn small(&self, a: u8, b: i16, c: usize, d: i128, e: char) -> Result<(), Status>;
    async fn pointer(&self, a: Arc<i32>) -> Result<(), Status>;
    async fn nested(&self, a: Vec<Vec<i32>>, b: Option<Vec<i32>>, c: HashMap<f64, Vec<u8>>) -> Result<(), Status>;
    async fn time(&self, a: std::time::Duration) -> Result<(), Status>;
    async fn apart(&self, (a, b): (i32, i32), _: i32, ref c: i32) -> Result<(), Status>;
    async fn called_cx(&self, _: &rsrpc_runtime::Context, cx: i32) -> Result<(), Status>;
    async fn called_alike(&self, user_id: i32, userId: i32) -> Result<(), Status>;
    async fn called_twice(&self, a: i32, a: i32) -> Result<(), Status>;
    async fn größe(&self, größe: i32) -> Result<(), Status>;
    async fn right(&self, a: i32, b: Vec<u8>) -> Result<(), Status>;
}

fn main() {}

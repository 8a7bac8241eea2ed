//! Results of methods.

use std::fmt::Error;

use rsrpc_runtime::{Status, service};

pub struct Missing;

type Shorthand<T> = Result<T, Status>;

#[service(package = "ui")]
pub trait Gives {
    async fn nothing(&self);
    async fn bare(&self) -> i32;
    async fn optional(&self) -> Option<i32>;
    async fn other_error(&self) -> Result<i32, Error>;
    async fn own_error(&self) -> Result<i32, Missing>;
    async fn boxed_error(&self) -> Result<i32, Box<dyn std::error::Error>>;
    async fn shorthand(&self) -> rsrpc_runtime::Result<i32>;
    async fn alias(&self) -> Shorthand<i32>;
    async fn reference(&self) -> Result<&str, Status>;
    async fn opaque(&self) -> Result<impl Iterator<Item = i32>, Status>;
    async fn tuple(&self) -> Result<(i32, i32), Status>;
    async fn small(&self) -> Result<usize, Status>;
    async fn nested(&self) -> Result<Vec<Option<i32>>, Status>;
    async fn failing_inside(&self) -> Result<Result<i32, String>, Status>;
    async fn right(&self) -> Result<Vec<i32>, Status>;
}

fn main() {}

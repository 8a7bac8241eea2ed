//! What a trait may not be.

use rsrpc_runtime::service;

#[service(proto = "protos/one.proto")]
pub unsafe trait One<T>: Clone
where
    T: Copy,
{
    type Item;
    const NUMBER: u8;
}

mod not_a_trait {
    #[rsrpc_runtime::service(proto = "protos/one.proto")]
    pub struct One;
}

fn main() {}

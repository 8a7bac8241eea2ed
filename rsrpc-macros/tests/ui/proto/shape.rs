//! Unsupported forms of a trait.

use rsrpc_runtime::service;

#[service(proto = "protos/one.proto")]
pub trait One<T>: Clone
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

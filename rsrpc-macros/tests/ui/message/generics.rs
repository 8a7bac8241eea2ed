//! Generic types.

use rsrpc_runtime::{Enum, Message, Oneof};

#[derive(Message)]
struct Request<T> {
    #[rpc(tag = 1)]
    value: T,
}

#[derive(Message)]
struct Borrowed<'a> {
    #[rpc(tag = 1)]
    value: &'a str,
}

#[derive(Enum)]
enum Kind<T> {
    #[rpc(number = 0)]
    Unspecified,
    Unknown(i32),
    #[rpc(number = 1)]
    Other(T),
}

#[derive(Oneof)]
enum Choice<T> {
    #[rpc(tag = 1)]
    Value(T),
}

fn main() {}

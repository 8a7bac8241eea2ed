//! Keys with values of the wrong type.

use rsrpc_runtime::{Enum, Message};

#[derive(Message)]
#[rpc(package = 1, name = a, crate = "not a path", reserved = 3)]
struct Request {
    #[rpc(tag = "1")]
    name: String,
    #[rpc(tag)]
    age: i32,
    #[rpc(tag = 3, json_name = 5, encoding = sint32)]
    size: i32,
    #[rpc(oneof = "choice")]
    choice: Option<()>,
    #[rpc(tag = 4, json_name = "")]
    empty: i32,
    #[rpc]
    bare: i32,
    #[rpc(tag = 1.5)]
    half: i32,
}

#[derive(Enum)]
enum Kind {
    #[rpc(number = "0")]
    Unspecified,
    #[rpc(number = 3000000000)]
    Large,
    Unknown(i32),
}

fn main() {}

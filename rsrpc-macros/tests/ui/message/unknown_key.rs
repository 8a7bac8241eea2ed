//! A misspelt key and a repeated one.

use rsrpc_runtime::{Enum, Message, Oneof};

#[derive(Message)]
#[rpc(pakage = "a.b")]
struct Request {
    #[rpc(tagg = 1)]
    name: String,
    #[rpc(tag = 2, tag = 3)]
    age: i32,
}

#[derive(Enum)]
#[rpc(tag = 1)]
enum Kind {
    #[rpc(tag = 0)]
    Unspecified,
    #[rpc(number = 1)]
    Unknown(i32),
}

#[derive(Oneof)]
#[rpc(package = "a.b")]
enum Choice {
    #[rpc(number = 1)]
    Text(String),
}

fn main() {}

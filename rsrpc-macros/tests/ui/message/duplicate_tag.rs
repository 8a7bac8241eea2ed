//! Two fields with one tag.

use rsrpc_runtime::{Message, Oneof};

#[derive(Message)]
struct Request {
    #[rpc(tag = 1)]
    name: String,
    #[rpc(tag = 1)]
    age: i32,
    #[rpc(tag = 1)]
    size: i32,
}

#[derive(Oneof)]
enum Choice {
    #[rpc(tag = 4)]
    Text(String),
    #[rpc(tag = 4)]
    Number(i32),
}

fn main() {}

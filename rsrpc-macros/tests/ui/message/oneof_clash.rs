//! Tags and names of a oneof that its message uses, too.

use rsrpc_runtime::{Message, Oneof};

#[derive(Message)]
#[rpc(reserved(7, 20..=30, "gone"))]
struct Request {
    #[rpc(tag = 1)]
    name: String,
    #[rpc(tag = 2)]
    text: String,
    #[rpc(tag = 3, name = "count", json_name = "sum")]
    amount: i32,
    #[rpc(oneof)]
    choice: Option<Choice>,
    #[rpc(oneof)]
    other: Option<Other>,
}

#[derive(Oneof)]
enum Choice {
    #[rpc(tag = 1)]
    Text(String),
    #[rpc(tag = 7)]
    Sum(i32),
    #[rpc(tag = 25)]
    Gone(i32),
}

#[derive(Oneof)]
enum Other {
    #[rpc(tag = 7)]
    Gone(String),
}

fn main() {}

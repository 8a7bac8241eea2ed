//! Fields without a tag: the error suggests a free one.

use rsrpc_runtime::{Message, Oneof};

#[derive(Message)]
#[rpc(reserved(3..=4))]
struct Request {
    name: String,
    #[rpc(tag = 2)]
    age: i32,
    #[rpc(json_name = "colour")]
    color: String,
}

#[derive(Oneof)]
enum Choice {
    Text(String),
}

fn main() {}

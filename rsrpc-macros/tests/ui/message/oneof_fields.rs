//! Fields that are not a oneof.

use rsrpc_runtime::{Message, Oneof};

#[derive(Message)]
struct NoOption {
    #[rpc(oneof)]
    choice: Choice,
    #[rpc(oneof, tag = 1)]
    tagged: Option<Choice>,
}

#[derive(Message)]
struct NotOneof {
    #[rpc(oneof)]
    choice: Option<String>,
}

#[derive(Oneof)]
enum Choice {
    #[rpc(tag = 1)]
    Text(String),
}

fn main() {}

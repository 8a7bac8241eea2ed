//! Two fields with the same JSON name.

use rsrpc_runtime::Message;

#[derive(Message)]
struct Request {
    #[rpc(tag = 1)]
    user_name: String,
    #[rpc(tag = 2, name = "userName")]
    other: String,
    #[rpc(tag = 3, json_name = "user_name")]
    third: String,
}

fn main() {}

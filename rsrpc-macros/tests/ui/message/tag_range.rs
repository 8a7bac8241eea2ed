//! Invalid tags.

use rsrpc_runtime::Message;

#[derive(Message)]
struct Request {
    #[rpc(tag = 0)]
    zero: String,
    #[rpc(tag = -1)]
    negative: i32,
    #[rpc(tag = 536870912)]
    large: i32,
    #[rpc(tag = 19000)]
    first: i32,
    #[rpc(tag = 19999)]
    last: i32,
    #[rpc(tag = 99999999999999999999)]
    larger: i32,
}

fn main() {}

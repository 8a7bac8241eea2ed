//! Names that are invalid in .proto files.

use rsrpc_runtime::{Enum, Message};

#[derive(Message)]
#[rpc(package = "a..b", name = "1st")]
struct Request {
    #[rpc(tag = 1, name = "first name")]
    name: String,
    #[rpc(tag = 2)]
    größe: i32,
}

#[derive(Enum)]
enum Kind {
    #[rpc(number = 0, name = "no-dash")]
    Unspecified,
    Unknown(i32),
}

fn main() {}

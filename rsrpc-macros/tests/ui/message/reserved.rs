//! Reserved numbers and names.

use rsrpc_runtime::{Enum, Message};

#[derive(Message)]
#[rpc(reserved(3, 5..=7, 100.., "old"))]
struct Request {
    #[rpc(tag = 3)]
    three: i32,
    #[rpc(tag = 6)]
    six: i32,
    #[rpc(tag = 536870911)]
    large: i32,
    #[rpc(tag = 1)]
    old: i32,
    #[rpc(tag = 2, name = "old")]
    new: i32,
}

#[derive(Message)]
#[rpc(reserved(5..7, 0, 7..=5, old))]
struct Malformed {}

#[derive(Enum)]
#[rpc(reserved(-3..=-1, "KIND_OLD"))]
enum Kind {
    #[rpc(number = 0)]
    Unspecified,
    #[rpc(number = -2)]
    Negative,
    #[rpc(number = 1)]
    Old,
    Unknown(i32),
}

fn main() {}

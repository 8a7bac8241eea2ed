//! Items that cannot be a message, enum or oneof.

use rsrpc_runtime::{Enum, Message, Oneof};

#[derive(Message)]
struct Tuple(i32, String);

#[derive(Message)]
enum NotAMessage {
    A,
}

#[derive(Enum)]
struct NotAnEnum {}

#[derive(Oneof)]
struct NotAOneof {}

#[derive(Oneof)]
enum Members {
    #[rpc(tag = 1)]
    Unit,
    #[rpc(tag = 2)]
    Two(i32, i32),
    #[rpc(tag = 3)]
    Named { a: i32 },
}

#[derive(Oneof)]
enum NoMembers {}

#[derive(Message)]
union Either {
    a: i32,
    b: u32,
}

fn main() {}

//! `assert_proto!` without a file or without definitions.

use rsrpc_runtime::{Message, assert_proto};

#[derive(Message)]
struct Known {}

struct Unknown;

fn main() {
    assert_proto!();
    assert_proto!(Known);
    assert_proto!("proto/a.proto");
    assert_proto!("proto/a.proto", Known, Unknown);
}

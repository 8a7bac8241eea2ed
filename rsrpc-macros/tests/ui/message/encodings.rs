//! Unknown encodings, and encodings that do not match the type.

use std::collections::HashMap;

use rsrpc_runtime::Message;

#[derive(Message)]
struct Unknown {
    #[rpc(tag = 1, encoding = "int32")]
    plain: i32,
    #[rpc(tag = 2, key_encoding = "zigzag")]
    map: HashMap<i32, i32>,
}

#[derive(Message)]
struct Request {
    #[rpc(tag = 1, encoding = "sint32")]
    text: String,
    #[rpc(tag = 2, encoding = "fixed64")]
    signed: i64,
    #[rpc(tag = 3, encoding = "sint64")]
    map: HashMap<i64, String>,
    #[rpc(tag = 4, key_encoding = "sint64")]
    vec: Vec<i64>,
}

fn main() {}

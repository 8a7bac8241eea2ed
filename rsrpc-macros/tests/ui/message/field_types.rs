//! Types that protobuf lacks: one error each.

use std::collections::{BTreeMap, HashMap, HashSet};

use rsrpc_runtime::{Message, Oneof};

#[derive(Message)]
struct Request {
    #[rpc(tag = 1)]
    byte: u8,
    #[rpc(tag = 2)]
    nested: Option<Vec<String>>,
    #[rpc(tag = 3)]
    set: HashSet<String>,
    #[rpc(tag = 4)]
    boxed: Box<i32>,
    #[rpc(tag = 5)]
    key: HashMap<Vec<u8>, i32>,
    #[rpc(tag = 6)]
    values: BTreeMap<String, usize>,
    #[rpc(tag = 7)]
    plain: Plain,
    #[rpc(tag = 8)]
    alias: Alias,
}

struct Plain;

type Alias = (i32, i32);

#[derive(Oneof)]
enum Choice {
    #[rpc(tag = 1)]
    Many(Vec<String>),
    #[rpc(tag = 2)]
    Maybe(Option<String>),
}

fn main() {}

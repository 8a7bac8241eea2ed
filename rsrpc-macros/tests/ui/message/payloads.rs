//! Types that methods cannot send.

use rsrpc_runtime::message::codec;
use rsrpc_runtime::{Message, MessageCodec};

struct Plain;

#[derive(Message)]
struct Known {}

const _: MessageCodec<Plain> = codec::<Plain>("a.b");
const _: MessageCodec<Vec<Plain>> = codec::<Vec<Plain>>("a.b");
const _: MessageCodec<u16> = codec("a.b");
const _: MessageCodec<Vec<Known>> = codec("a.b");

fn main() {}

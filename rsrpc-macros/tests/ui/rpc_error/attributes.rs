//! What is wrong with attributes, all at once.

use rsrpc_runtime::RpcError;

#[derive(RpcError)]
#[rpc(name = "x", runtime_path = "1", domain)]
enum Broken {
    NoCode,
    #[rpc(missing)]
    UnknownCode,
    #[rpc(ok)]
    Fine,
    #[rpc(internal, unavailable)]
    TwoCodes,
    #[rpc(internal, reason = "gone", reason = "AGAIN")]
    BadReason,
    #[rpc(internal, message = 5)]
    BadMessage,
    #[rpc(not_found = "x")]
    Value,
}

fn main() {}

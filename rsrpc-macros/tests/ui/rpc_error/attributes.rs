//! Invalid attributes, all reported at once.

use rsrpc_runtime::RpcError;

#[derive(RpcError)]
#[rpc(name = "x", crate = "1", domain)]
enum Broken {
    NoCode,
    #[rpc(missing)]
    UnknownCode,
    #[rpc(ok)]
    Fine,
    #[rpc(internal, unavailable)]
    TwoCodes,
    #[rpc(internal, reason = "gone")]
    BadReason,
    #[rpc(internal, reason = "THIS", reason = "THAT")]
    TwoReasons,
    #[rpc(internal, message = 5)]
    BadMessage,
    #[rpc(not_found = "x")]
    Value,
}

fn main() {}

//! Errors that only the compiler can find.

use rsrpc_runtime::RpcError;

struct Opaque;

impl std::str::FromStr for Opaque {
    type Err = ();

    fn from_str(_: &str) -> Result<Self, ()> {
        Err(())
    }
}

#[derive(RpcError)]
enum Field {
    #[rpc(internal, message = "")]
    Held(Opaque),
}

#[derive(RpcError)]
enum NoDisplay {
    #[rpc(internal)]
    Plain,
}

#[derive(RpcError)]
enum Inner {
    #[rpc(transparent)]
    Number(u8),
}

#[derive(RpcError)]
enum Message {
    #[rpc(internal, message = "{number} {0}")]
    Field { other: u8 },
}

fn main() {}

//! Invalid enums, without errors that follow from them.

use rsrpc_runtime::{RpcError, Status};

#[derive(RpcError)]
struct NotAnEnum;

#[derive(RpcError)]
enum Broken {
    #[rpc(transparent, reason = "REASON")]
    Other(Status),
    #[rpc(transparent)]
    Two(Status, u8),
    #[rpc(internal, message = "", reason = "SAME")]
    One,
    #[rpc(not_found, message = "", reason = "SAME")]
    Same,
    #[rpc(aborted, message = "")]
    Fields {
        #[rpc(secret)]
        field: u8,
    },
    #[rpc(aborted; message = "")]
    Syntax,
}

fn use_it(error: Broken) -> Result<(), Status> {
    let _ = Broken::from_status(&Status::internal(""));
    Err(error)?
}

fn main() {}

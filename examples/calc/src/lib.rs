//! `rsrpc.test.Calc`: generated code and an implementation.

mod calculator;

pub use calculator::Calculator;

/// The generated code.
pub mod proto {
    rsrpc_runtime::include_proto!("rsrpc.test");
}

/// The service with short JSON-RPC aliases beside the canonical names such as `rsrpc.test.Calc/Subtract`.
pub fn service() -> proto::CalcServer<Calculator> {
    proto::CalcServer::new(Calculator)
        .jsonrpc_alias("subtract", "Subtract")
        .jsonrpc_alias("sum", "Sum")
        .jsonrpc_alias("update", "Update")
        .jsonrpc_alias("get_data", "GetData")
}

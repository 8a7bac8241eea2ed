//! `rsrpc.test.Calc`: the code that `build.rs` made of `proto/calc.proto`, and an implementation of it.

mod calculator;

pub use calculator::Calculator;

/// The generated code.
pub mod proto {
    rsrpc_runtime::include_proto!("rsrpc.test");
}

/// The service with the short names that it has over JSON-RPC, beside the canonical `rsrpc.test.Calc/Subtract`.
pub fn service() -> proto::CalcServer<Calculator> {
    proto::CalcServer::new(Calculator)
        .jsonrpc_alias("subtract", "Subtract")
        .jsonrpc_alias("sum", "Sum")
        .jsonrpc_alias("update", "Update")
        .jsonrpc_alias("get_data", "GetData")
}

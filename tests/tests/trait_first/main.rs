//! Definitions in Rust alone against what the generator makes of the `.proto` file that they export.

mod differential;
mod export;

#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "generated code, in a test"
)]
mod generated {
    rsrpc_runtime::include_proto!("trait_first");
}

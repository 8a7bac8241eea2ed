//! Definitions in Rust compared with code generated from the `.proto` file that they export.

mod differential;
mod export;
mod schema;

#[allow(
    missing_docs,
    unreachable_pub,
    dead_code,
    reason = "generated code, in a test"
)]
mod generated {
    rsrpc_runtime::include_proto!("trait_first");
}

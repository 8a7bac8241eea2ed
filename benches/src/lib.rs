//! Benchmarks of rsrpc.

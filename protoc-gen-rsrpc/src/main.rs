//! protoc plugin of rsrpc.

fn main() {}

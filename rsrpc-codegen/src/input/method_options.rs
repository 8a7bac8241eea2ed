//! `rsrpc/options.proto`: what a .proto file says of a method, beside its messages.

/// The text of `rsrpc/options.proto`. Build scripts and macros know it without a file.
pub const OPTIONS_PROTO: &str = include_str!("../../proto/rsrpc/options.proto");

/// The name that .proto files import [`OPTIONS_PROTO`] by.
pub const OPTIONS_PROTO_NAME: &str = "rsrpc/options.proto";

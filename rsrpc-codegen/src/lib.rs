//! The code generator of rsrpc.

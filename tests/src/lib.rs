//! What the tests of rsrpc share.

pub mod calc;

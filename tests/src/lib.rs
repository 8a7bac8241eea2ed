//! What the tests of rsrpc share.

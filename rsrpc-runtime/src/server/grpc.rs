//! gRPC calls.

pub(super) mod call;
pub(super) mod dispatch;
pub(super) mod negotiation;
pub(super) mod pipe;
pub(super) mod response;

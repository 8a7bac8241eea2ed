//! Calls received by a mock.

use std::fmt;
use std::sync::Mutex;

use super::truncate;
use crate::call::{Context, MessageCodec, Status};
use crate::sync::MutexExt as _;

/// A call received by a mock.
#[non_exhaustive]
pub struct ReceivedCall<Req> {
    /// Context of the call: metadata, deadline, peer.
    pub context: Context,
    /// Requests of the call: one, or those of the stream that were read.
    pub requests: Vec<Req>,
}

impl<Req> ReceivedCall<Req> {
    pub(super) fn new(context: Context, requests: Vec<Req>) -> Self {
        Self { context, requests }
    }
}

impl<Req: fmt::Debug> fmt::Debug for ReceivedCall<Req> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReceivedCall")
            .field("context", &self.context)
            .field("requests", &self.requests)
            .finish()
    }
}

/// Copies of a call's requests. A streaming call may add more.
pub(super) struct RecordedRequests<Req>(Mutex<Vec<Req>>);

impl<Req> RecordedRequests<Req> {
    pub(super) fn new(requests: Vec<Req>) -> Self {
        Self(Mutex::new(requests))
    }

    pub(super) fn push(&self, request: Req) {
        self.0.lock_unpoisoned().push(request);
    }

    pub(super) fn read<R>(&self, read: impl FnOnce(&[Req]) -> R) -> R {
        read(&self.0.lock_unpoisoned())
    }

    pub(super) fn copies(&self, codec: &MessageCodec<Req>) -> Result<Vec<Req>, Status> {
        self.read(|requests| requests.iter().map(|request| codec.copy(request)).collect())
    }
}

/// Formats requests for an error message.
pub(super) fn describe<Req>(requests: &[Req], codec: &MessageCodec<Req>) -> String {
    let requests: Vec<_> = requests.iter().map(|request| codec.describe(request)).collect();
    truncate(format!("[{}]", requests.join(",")))
}

//! The future of a unary call, in any protocol.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::future::BoxFuture;

use super::grpc::ClientCall;
use super::response::Response;
use super::unary_collector::UnaryCollector;
use crate::call::Status;

/// A running unary call. Dropping it cancels the call.
#[must_use = "futures do nothing unless polled"]
pub struct UnaryFuture<Rep: 'static>(UnaryState<Rep>);

/// The call. Over gRPC it needs no boxed future.
enum UnaryState<Rep: 'static> {
    Grpc(UnaryCollector<ClientCall<Rep>, Rep>),
    Boxed(BoxFuture<'static, Result<Response<Rep>, Status>>),
    Failed(Option<Status>),
}

impl<Rep> UnaryFuture<Rep> {
    /// Returns the future of a call that failed before it was sent.
    pub(super) fn failed(status: Status) -> Self {
        Self(UnaryState::Failed(Some(status)))
    }

    pub(super) fn boxed(call: BoxFuture<'static, Result<Response<Rep>, Status>>) -> Self {
        Self(UnaryState::Boxed(call))
    }
}

impl<Rep> From<Result<UnaryCollector<ClientCall<Rep>, Rep>, Status>> for UnaryFuture<Rep> {
    fn from(call: Result<UnaryCollector<ClientCall<Rep>, Rep>, Status>) -> Self {
        Self(match call {
            Ok(call) => UnaryState::Grpc(call),
            Err(status) => UnaryState::Failed(Some(status)),
        })
    }
}

impl<Rep> From<Result<BoxFuture<'static, Result<Response<Rep>, Status>>, Status>> for UnaryFuture<Rep> {
    fn from(call: Result<BoxFuture<'static, Result<Response<Rep>, Status>>, Status>) -> Self {
        call.map_or_else(Self::failed, Self::boxed)
    }
}

// A reply is never pinned.
impl<Rep> Unpin for UnaryFuture<Rep> {}

impl<Rep: Send + 'static> Future for UnaryFuture<Rep> {
    type Output = Result<Response<Rep>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            UnaryState::Grpc(call) => call.poll_response(cx),
            UnaryState::Boxed(call) => call.as_mut().poll(cx),
            UnaryState::Failed(status) => Poll::Ready(Err(status
                .take()
                .expect("a future must not be polled after completion"))),
        }
    }
}

impl<Rep> fmt::Debug for UnaryFuture<Rep> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnaryFuture").finish_non_exhaustive()
    }
}

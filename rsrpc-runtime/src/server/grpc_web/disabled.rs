//! Stands in for gRPC-Web when the feature `grpc-web` is disabled: no request is claimed.

use http::{Request, Response};

use super::body::Body;
use super::caller::Origin;
use super::cors::Origins;
use super::grpc::dispatch::GrpcDispatch;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GrpcWebSettings;

#[derive(Debug)]
pub(crate) struct GrpcWeb;

/// A call that no request makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebCall {}

impl GrpcWeb {
    pub(super) fn new(_: GrpcWebSettings, _: Origins) -> Self {
        Self
    }

    pub(super) fn claim<B>(&self, _: &Request<B>, _: &GrpcDispatch) -> Option<WebCall> {
        None
    }

    pub(super) fn preflight<B>(&self, _: &Request<B>) -> Option<Response<Body>> {
        None
    }
}

impl WebCall {
    pub(super) async fn answer(
        self,
        _: &GrpcDispatch,
        _: &GrpcWeb,
        _: Request<Body>,
        _: Origin,
    ) -> Response<Body> {
        match self {}
    }
}

//! Replaces gRPC-Web when the feature `grpc-web` is disabled: no request is claimed.

use http::{Request, Response};

use super::body::Body;
use super::caller::CallerInfo;
use super::cors::AllowedOrigins;
use super::grpc::dispatch::GrpcDispatch;

#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GrpcWebSettings;

#[derive(Debug)]
pub(crate) struct GrpcWebHandler;

/// A call that is never created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WebCall {}

impl GrpcWebHandler {
    pub(super) fn new(_: GrpcWebSettings, _: AllowedOrigins) -> Self {
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
    pub(super) async fn respond(
        self,
        _: &GrpcDispatch,
        _: &GrpcWebHandler,
        _: Request<Body>,
        _: CallerInfo,
    ) -> Response<Body> {
        match self {}
    }
}

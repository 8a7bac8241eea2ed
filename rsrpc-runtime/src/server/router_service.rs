//! The public `tower::Service` around a router.

use std::convert::Infallible;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::{Request, Response};
use tower::ServiceExt as _;

use super::body::Body;
use super::caller::CallerInfo;
use super::http_service::HttpService;
use super::router::Router;
use crate::error::BoxError;

/// The router of a server as a `tower::Service` of HTTP requests: gRPC over HTTP/2, gRPC-Web and JSON-RPC.
///
/// Returned by [`Server::into_service`](super::Server::into_service). Always ready. Cheap to clone.
#[derive(Clone)]
pub struct RouterService {
    backend: RouterBackend,
}

#[derive(Clone)]
enum RouterBackend {
    Router(Router),
    Http(HttpService),
}

impl RouterService {
    pub(crate) fn new(router: Router) -> Self {
        Self {
            backend: RouterBackend::Router(router),
        }
    }

    pub(crate) fn from_http(service: HttpService) -> Self {
        Self {
            backend: RouterBackend::Http(service),
        }
    }
}

impl<B> tower_service::Service<Request<B>> for RouterService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        self.respond(request.map(Body::new))
    }
}

impl RouterService {
    /// Has no type parameter, so it is compiled once in this crate and not in each program.
    #[inline(never)]
    fn respond(&self, mut request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        match &self.backend {
            RouterBackend::Router(router) => {
                let router = router.clone();
                let caller = CallerInfo::detach(&mut request);
                Box::pin(async move { Ok(router.respond(request, caller).await) })
            }
            RouterBackend::Http(service) => Box::pin(service.clone().oneshot(request)),
        }
    }
}

impl std::fmt::Debug for RouterService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RouterService").finish_non_exhaustive()
    }
}

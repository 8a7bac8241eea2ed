//! Type erasure for HTTP services.

use std::convert::Infallible;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use tower::ServiceExt as _;
use tower::util::BoxCloneSyncService;

use super::body::Body;
use super::refusal::plain_text;
use crate::error::BoxError;

/// A boxed HTTP service: the router inside layers, or a fallback.
pub(crate) type HttpService = BoxCloneSyncService<Request<Body>, Response<Body>, Infallible>;

pub(crate) fn infallible<T>(result: Result<T, Infallible>) -> T {
    result.unwrap_or_else(|never| match never {})
}

/// Boxes an HTTP service. Its errors become 500 responses and are logged.
pub(crate) fn boxed<S, B>(service: S) -> HttpService
where
    S: tower_service::Service<Request<Body>, Response = Response<B>> + Clone + Send + Sync + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    HttpService::new(tower::service_fn(move |request| {
        let service = service.clone();
        async move {
            Ok(match service.oneshot(request).await {
                Ok(response) => response.map(Body::new),
                Err(error) => {
                    let error: BoxError = error.into();
                    tracing::error!(%error, "HTTP layer or fallback service failed");
                    plain_text(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
                }
            })
        }
    }))
}

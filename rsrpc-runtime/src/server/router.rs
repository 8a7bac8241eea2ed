//! Routing of HTTP requests: everything except gRPC on the server's own connections, and all requests of a router
//! that is mounted in another server.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode, Version};
use tower::ServiceExt as _;

use super::body::Body;
use super::caller::CallerInfo;
use super::drain_request::refuse_after_drain;
use super::grpc::call::GrpcCall;
use super::grpc::dispatch::GrpcDispatch;
use super::grpc::negotiation::RequestedFormat;
use super::grpc_web::{GrpcWebHandler, WebCall};
use super::http_service::{HttpService, infallible};
use super::jsonrpc::dispatch::JsonRpc;
use super::jsonrpc::http::JsonRpcClaim;
use super::refusal::{
    GRPC_REQUIRES_CONTENT_TYPE, GRPC_REQUIRES_POST, NOT_FOUND, Refusal, UNSUPPORTED_GRPC, plain_text,
};
use crate::wire::grpc::Subtype;

/// Finds the handler of a request. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router {
    state: Arc<RouterState>,
}

struct RouterState {
    grpc: GrpcDispatch,
    web: GrpcWebHandler,
    jsonrpc: JsonRpc,
    fallback: Option<HttpService>,
}

/// The protocol of a request, as far as its method and content type determine it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Grpc(RequestedFormat),
    Web(WebCall),
    /// A gRPC content type that this server, or this method, does not support.
    UnknownGrpc,
    Other,
}

impl Router {
    pub(crate) fn new(
        grpc: GrpcDispatch,
        web: GrpcWebHandler,
        jsonrpc: JsonRpc,
        fallback: Option<HttpService>,
    ) -> Self {
        Self {
            state: Arc::new(RouterState {
                grpc,
                web,
                jsonrpc,
                fallback,
            }),
        }
    }

    /// Notifies the services that the server shuts down.
    pub(crate) fn begin_shutdown(&self) {
        self.state.grpc.begin_shutdown();
    }

    /// Classifies a request by its content type. `application/grpc*` is gRPC on any path and with any method.
    pub(crate) fn classify<B>(&self, request: &Request<B>) -> RequestKind {
        let Some(subtype) = request.headers().get(CONTENT_TYPE).and_then(Subtype::of) else {
            return RequestKind::Other;
        };
        let requested = match subtype {
            Subtype::Bare => Some(RequestedFormat::Bare),
            Subtype::Named(name) => {
                RequestedFormat::by_subtype(name, self.state.grpc.formats(request.uri().path()))
            }
            Subtype::Foreign => {
                let web = self.state.web.claim(request, &self.state.grpc);
                return web.map_or(RequestKind::UnknownGrpc, RequestKind::Web);
            }
        };
        requested.map_or(RequestKind::UnknownGrpc, RequestKind::Grpc)
    }

    /// Returns whether the gRPC path belongs to this router: a service has the method, or no fallback exists.
    pub(crate) fn owns_grpc_path(&self, path: &str) -> bool {
        self.state.fallback.is_none() || self.state.grpc.has_method(path)
    }

    /// Starts a gRPC call, or refuses it.
    pub(crate) fn start(&self, call: GrpcCall) {
        self.state.grpc.start(call);
    }

    /// Handles a request. Completes when the headers of the response are known.
    pub(crate) async fn respond(self, request: Request<Body>, caller: CallerInfo) -> Response<Body> {
        let kind = self.classify(&request);
        if kind == RequestKind::Other
            && let Some(response) = self.state.web.preflight(&request)
            && self.owns_grpc_path(request.uri().path())
        {
            return response;
        }
        match kind {
            RequestKind::Grpc(requested) if self.owns_grpc_path(request.uri().path()) => {
                self.respond_grpc(request, requested, caller).await
            }
            RequestKind::Web(call) if self.owns_grpc_path(request.uri().path()) => {
                call.respond(&self.state.grpc, &self.state.web, request, caller)
                    .await
            }
            RequestKind::Other => match self.state.jsonrpc.claim(&request, caller.guard.as_ref()) {
                JsonRpcClaim::Responded(response) => response,
                JsonRpcClaim::Call(call) => call.respond(&self.state.jsonrpc, request, caller).await,
                JsonRpcClaim::Refused(refusal) => {
                    let refusal = self.refine_refusal(&request, refusal);
                    self.fall_back(request, caller, refusal).await
                }
            },
            _ => self.fall_back(request, caller, UNSUPPORTED_GRPC).await,
        }
    }

    /// Replaces NOT_FOUND if a gRPC method has this path, because then the path is not the error.
    fn refine_refusal(&self, request: &Request<Body>, refusal: Refusal) -> Refusal {
        if refusal == NOT_FOUND && self.state.grpc.has_method(request.uri().path()) {
            return if request.method() == Method::POST {
                GRPC_REQUIRES_CONTENT_TYPE
            } else {
                GRPC_REQUIRES_POST
            };
        }
        refusal
    }

    /// Passes an unhandled request to the fallback service, or refuses it.
    async fn fall_back(
        &self,
        mut request: Request<Body>,
        caller: CallerInfo,
        refusal: Refusal,
    ) -> Response<Body> {
        match &self.state.fallback {
            Some(fallback) => {
                request.extensions_mut().insert(caller.peer);
                infallible(fallback.clone().oneshot(request).await)
            }
            None => refuse_after_drain(request, plain_text(refusal.0, refusal.1)).await,
        }
    }

    async fn respond_grpc(
        &self,
        request: Request<Body>,
        requested: RequestedFormat,
        caller: CallerInfo,
    ) -> Response<Body> {
        if request.version() < Version::HTTP_2 {
            let response = plain_text(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC requires HTTP/2\n");
            return refuse_after_drain(request, response).await;
        }
        self.state.grpc.call(request, requested, caller).await
    }
}

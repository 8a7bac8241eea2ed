//! Requests as HTTP: what is not gRPC on our own connections, and everything when the router is mounted elsewhere.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{Method, Request, Response, StatusCode, Version};
use tower::ServiceExt as _;

use super::body::Body;
use super::caller::Origin;
use super::drain_request::refuse;
use super::grpc::call::GrpcCall;
use super::grpc::dispatch::GrpcDispatch;
use super::grpc::negotiation::Asked;
use super::grpc_web::{GrpcWeb, WebCall};
use super::http_service::{HttpService, infallible};
use super::jsonrpc::dispatch::JsonRpc;
use super::jsonrpc::http::Claim;
use super::refusal::{GRPC_IS_POST, NOT_GRPC, NOTHING_HERE, Refusal, UNKNOWN_GRPC, plain};
use crate::wire::grpc::Subtype;

/// Finds what answers a request. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router {
    shared: Arc<Shared>,
}

struct Shared {
    grpc: GrpcDispatch,
    web: GrpcWeb,
    jsonrpc: JsonRpc,
    fallback: Option<HttpService>,
}

/// What a request is, as far as its method and content type say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Grpc(Asked),
    Web(WebCall),
    /// A content type of gRPC that is not spoken here.
    UnknownGrpc,
    Other,
}

impl Router {
    pub(crate) fn new(
        grpc: GrpcDispatch,
        web: GrpcWeb,
        jsonrpc: JsonRpc,
        fallback: Option<HttpService>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                grpc,
                web,
                jsonrpc,
                fallback,
            }),
        }
    }

    /// Tells the services that the server ends.
    pub(crate) fn begin_shutdown(&self) {
        self.shared.grpc.begin_shutdown();
    }

    /// `application/grpc*` is gRPC on any path, whatever the method.
    pub(crate) fn kind_of<B>(&self, request: &Request<B>) -> RequestKind {
        let Some(subtype) = request.headers().get(CONTENT_TYPE).and_then(Subtype::of) else {
            return RequestKind::Other;
        };
        let asked = match subtype {
            Subtype::Bare => Some(Asked::Bare),
            Subtype::Named(name) => Asked::by_subtype(name, self.shared.grpc.formats(request.uri().path())),
            Subtype::Foreign => {
                let web = self.shared.web.claim(request, &self.shared.grpc);
                return web.map_or(RequestKind::UnknownGrpc, RequestKind::Web);
            }
        };
        asked.map_or(RequestKind::UnknownGrpc, RequestKind::Grpc)
    }

    /// Whether a service has this gRPC method, or there is nobody else to ask.
    pub(crate) fn claims(&self, path: &str) -> bool {
        self.shared.fallback.is_none() || self.shared.grpc.has_method(path)
    }

    /// Starts a gRPC call, or refuses it.
    pub(crate) fn start(&self, call: GrpcCall) {
        self.shared.grpc.start(call);
    }

    /// Answers a request by HTTP. Runs until the response's headers are known.
    pub(crate) async fn answer(self, request: Request<Body>, origin: Origin) -> Response<Body> {
        let kind = self.kind_of(&request);
        if kind == RequestKind::Other
            && self.claims(request.uri().path())
            && let Some(answer) = self.shared.web.preflight(&request)
        {
            return answer;
        }
        match kind {
            RequestKind::Grpc(asked) if self.claims(request.uri().path()) => {
                self.answer_grpc(request, asked, origin).await
            }
            RequestKind::Web(call) if self.claims(request.uri().path()) => {
                call.answer(&self.shared.grpc, &self.shared.web, request, origin)
                    .await
            }
            RequestKind::Other => match self.shared.jsonrpc.claim(&request, origin.guard.as_ref()) {
                Claim::Answered(response) => response,
                Claim::Call(call) => call.answer(&self.shared.jsonrpc, request, origin).await,
                Claim::Refused(refusal) => {
                    let refusal = self.explain(&request, refusal);
                    self.fall_back(request, origin, refusal).await
                }
            },
            _ => self.fall_back(request, origin, UNKNOWN_GRPC).await,
        }
    }

    /// What is wrong with a request to a gRPC method's path is not the path.
    fn explain(&self, request: &Request<Body>, refusal: Refusal) -> Refusal {
        if refusal == NOTHING_HERE && self.shared.grpc.has_method(request.uri().path()) {
            return if request.method() == Method::POST {
                NOT_GRPC
            } else {
                GRPC_IS_POST
            };
        }
        refusal
    }

    /// Hands what nothing claims to the fallback service, or refuses it with the reason.
    async fn fall_back(
        &self,
        mut request: Request<Body>,
        origin: Origin,
        refusal: Refusal,
    ) -> Response<Body> {
        match &self.shared.fallback {
            Some(fallback) => {
                request.extensions_mut().insert(origin.peer);
                infallible(fallback.clone().oneshot(request).await)
            }
            None => refuse(request, plain(refusal.0, refusal.1)).await,
        }
    }

    async fn answer_grpc(&self, request: Request<Body>, asked: Asked, origin: Origin) -> Response<Body> {
        if request.version() < Version::HTTP_2 {
            let answer = plain(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC needs HTTP/2\n");
            return refuse(request, answer).await;
        }
        self.shared.grpc.call(request, asked, origin).await
    }
}

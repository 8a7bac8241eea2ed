//! Requests as HTTP: what is not gRPC on our own connections, and everything when the router is mounted elsewhere.

use std::convert::Infallible;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::header::{ALLOW, CONTENT_TYPE};
use http::{HeaderValue, Request, Response, StatusCode};
use http::{Method, Version};
use tower::ServiceExt as _;

use super::rest;
use super::routes::Routes;
use super::serve::CallGuard;
use super::{Body, BoxError, HttpService, Limits};
use crate::call::Peer;
use crate::call::Status;
use crate::wire::http2::Budget;

use super::grpc::{GrpcCall, refuse};
use super::pipe::pipe;
use super::respond::Responder;
use super::terms::{Asked, MessageOptions};
use crate::wire::grpc::{Guard, Subtype};

#[cfg(feature = "grpc-web")]
use super::grpc_web::WebCall;
#[cfg(feature = "jsonrpc")]
use super::jsonrpc::{Claim, JsonRpc};
#[cfg(feature = "grpc-web")]
use super::origin::Origins;

/// Finds what answers a request. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Router {
    shared: Arc<Shared>,
}

struct Shared {
    routes: Routes,
    fallback: Option<HttpService>,
    limits: Limits,
    messages: MessageOptions,
    #[cfg(feature = "jsonrpc")]
    jsonrpc: JsonRpc,
    #[cfg(feature = "grpc-web")]
    web: Option<Origins>,
}

/// Where a request comes from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Origin {
    pub(crate) peer: Peer,
    /// Of the server whose connection it came on, if that is one of ours.
    pub(crate) guard: Option<CallGuard>,
    /// Of that connection, if it is one of HTTP/2.
    pub(crate) budgets: Option<Budgets>,
}

/// What one connection may make the server hold.
#[derive(Debug, Clone)]
pub(crate) struct Budgets {
    /// Messages that are not whole.
    pub(crate) unfinished: Arc<Budget>,
    /// Replies that are not sent.
    pub(crate) unsent: Arc<Budget>,
}

impl Budgets {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self {
            unfinished: Budget::new(limits.max_unfinished_bytes),
            unsent: Budget::new(limits.max_unsent_bytes),
        }
    }

    /// For the messages of a call.
    pub(crate) fn guard(&self, timeout: Duration) -> Guard {
        Guard::new(self.unfinished.clone(), self.unsent.clone(), timeout)
    }
}

impl Origin {
    /// Lets the origin pass through HTTP layers.
    pub(crate) fn attach<B>(self, request: &mut Request<B>) {
        request.extensions_mut().insert(self.peer);
        if let Some(guard) = self.guard {
            request.extensions_mut().insert(guard);
        }
        if let Some(budgets) = self.budgets {
            request.extensions_mut().insert(budgets);
        }
    }

    /// The origin that passed through layers, or as much as another HTTP server says of it.
    fn detach<B>(request: &mut Request<B>) -> Self {
        Self {
            peer: request.extensions().get::<Peer>().cloned().unwrap_or_default(),
            guard: request.extensions_mut().remove(),
            budgets: request.extensions_mut().remove(),
        }
    }
}

/// What a request is, as far as its method and content type say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestKind {
    Grpc(Asked),
    #[cfg(feature = "grpc-web")]
    Web(WebCall),
    /// A content type of gRPC that is not spoken here.
    UnknownGrpc,
    Other,
}

impl Router {
    pub(crate) fn new(
        routes: Routes,
        fallback: Option<HttpService>,
        limits: Limits,
        messages: MessageOptions,
        #[cfg(feature = "jsonrpc")] jsonrpc: JsonRpc,
        #[cfg(feature = "grpc-web")] web: Option<Origins>,
    ) -> Self {
        Self {
            shared: Arc::new(Shared {
                routes,
                fallback,
                limits,
                messages,
                #[cfg(feature = "jsonrpc")]
                jsonrpc,
                #[cfg(feature = "grpc-web")]
                web,
            }),
        }
    }

    /// Tells the services that the server ends.
    pub(crate) fn begin_shutdown(&self) {
        self.shared.routes.begin_shutdown();
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// `application/grpc*` is gRPC on any path, whatever the method.
    pub(crate) fn kind_of<B>(&self, request: &Request<B>) -> RequestKind {
        if let Some(subtype) = request.headers().get(CONTENT_TYPE).and_then(Subtype::of) {
            let asked = match subtype {
                Subtype::Bare => Some(Asked::Bare),
                Subtype::Named(name) => {
                    let route = self.shared.routes.grpc.get(request.uri().path());
                    Asked::by_subtype(name, route.map(|route| route.formats()))
                }
                #[cfg(feature = "grpc-web")]
                Subtype::Foreign => return self.web_kind_of(request),
                #[cfg(not(feature = "grpc-web"))]
                Subtype::Foreign => None,
            };
            return asked.map_or(RequestKind::UnknownGrpc, RequestKind::Grpc);
        }
        let _ = request;
        RequestKind::Other
    }

    /// What a request is whose content type begins as gRPC's and goes on in another way.
    #[cfg(feature = "grpc-web")]
    fn web_kind_of<B>(&self, request: &Request<B>) -> RequestKind {
        let value = request
            .headers()
            .get(CONTENT_TYPE)
            .filter(|_| self.shared.web.is_some());
        let route = self.shared.routes.grpc.get(request.uri().path());
        let call = value.and_then(|value| WebCall::of(value, route.map(|route| route.formats())));
        call.map_or(RequestKind::UnknownGrpc, RequestKind::Web)
    }

    /// The answer to a page that asks, before a call of gRPC-Web, whether it may.
    #[cfg(feature = "grpc-web")]
    fn web_preflight<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let origins = self.shared.web.as_ref()?;
        let is_claimed = self.claims(request.uri().path());
        is_claimed.then(|| origins.preflight(request)).flatten()
    }

    /// What a connection, or a call that has one for itself, may make the server hold.
    #[cfg(feature = "grpc-web")]
    pub(crate) fn budgets(&self) -> Budgets {
        Budgets::new(self.limits())
    }

    /// Whether a service has this gRPC method, or there is nobody else to ask.
    pub(crate) fn claims(&self, path: &str) -> bool {
        self.shared.fallback.is_none() || self.shared.routes.grpc.contains_key(path)
    }

    /// Starts a gRPC call, or refuses it.
    pub(crate) fn start(&self, call: GrpcCall) {
        let path = call.head.uri.path();
        match self.shared.routes.grpc.get(path) {
            Some(route) if call.head.method == Method::POST => {
                route.clone().spawn(call, &self.shared.messages);
            }
            Some(_) => refuse(call, &Status::internal("gRPC calls are POST requests")),
            None => {
                let shown: String = path.chars().take(128).collect();
                refuse(
                    call,
                    &Status::unimplemented(format!("no service here has the method {shown}")),
                );
            }
        }
    }

    /// Answers a request by HTTP. Runs until the response's headers are known.
    pub(crate) async fn answer(self, request: Request<Body>, origin: Origin) -> Response<Body> {
        let kind = self.kind_of(&request);
        #[cfg(feature = "grpc-web")]
        if kind == RequestKind::Other
            && let Some(answer) = self.web_preflight(&request)
        {
            return answer;
        }
        match kind {
            RequestKind::Grpc(asked) if self.claims(request.uri().path()) => {
                self.answer_grpc(request, asked, origin).await
            }
            #[cfg(feature = "grpc-web")]
            RequestKind::Web(call) if self.claims(request.uri().path()) => match &self.shared.web {
                Some(origins) => call.answer(&self, origins, request, origin).await,
                None => self.fall_back(request, origin, UNKNOWN_GRPC).await,
            },
            #[cfg(feature = "jsonrpc")]
            RequestKind::Other => match self.shared.jsonrpc.claim(&request, origin.guard.as_ref()) {
                Claim::Answered(response) => response,
                Claim::Call(call) => call.answer(&self.shared.jsonrpc, request, origin).await,
                Claim::Refused(refusal) => {
                    let refusal = self.explain(&request, refusal);
                    self.fall_back(request, origin, refusal).await
                }
            },
            #[cfg(not(feature = "jsonrpc"))]
            RequestKind::Other => {
                let refusal = self.explain(&request, NOTHING_HERE);
                self.fall_back(request, origin, refusal).await
            }
            _ => self.fall_back(request, origin, UNKNOWN_GRPC).await,
        }
    }

    /// What is wrong with a request to a gRPC method's path is not the path.
    fn explain(&self, request: &Request<Body>, refusal: Refusal) -> Refusal {
        if refusal == NOTHING_HERE && self.shared.routes.grpc.contains_key(request.uri().path()) {
            return if request.method() == Method::POST {
                NOT_GRPC
            } else {
                GRPC_IS_POST
            };
        }
        let _ = request;
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
            None => rest::refuse(request, plain(refusal.0, refusal.1)).await,
        }
    }

    async fn answer_grpc(&self, request: Request<Body>, asked: Asked, origin: Origin) -> Response<Body> {
        if request.version() < Version::HTTP_2 {
            let answer = plain(StatusCode::HTTP_VERSION_NOT_SUPPORTED, "gRPC needs HTTP/2\n");
            return rest::refuse(request, answer).await;
        }
        self.call(request, asked, origin).await
    }

    /// Makes a call of gRPC of an HTTP request.
    pub(crate) async fn call(&self, request: Request<Body>, asked: Asked, origin: Origin) -> Response<Body> {
        let (head, body) = request.into_parts();
        let (responder, response) = pipe();
        self.start(GrpcCall {
            head,
            asked,
            body: crate::wire::grpc::Body::Http(body.into_inner()),
            responder: Responder::Pipe(responder),
            peer: origin.peer,
            max_request_size: self.limits().max_request_size,
            guard: origin.guard,
            patience: origin
                .budgets
                .map(|budgets| budgets.guard(self.limits().body_timeout)),
        });
        response
            .await
            .unwrap_or_else(|_| plain(StatusCode::INTERNAL_SERVER_ERROR, "the call was lost\n"))
    }
}

/// Why a request is not for this server, if no fallback wants it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Refusal(pub(crate) StatusCode, pub(crate) &'static str);

pub(crate) const NOTHING_HERE: Refusal = Refusal(StatusCode::NOT_FOUND, "nothing is served at this path\n");
const UNKNOWN_GRPC: Refusal = Refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "this gRPC content type is not supported here: not at all, or not for this method\n",
);

const NOT_GRPC: Refusal = Refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "this is a gRPC method: its content type is application/grpc\n",
);
const GRPC_IS_POST: Refusal = Refusal(
    StatusCode::METHOD_NOT_ALLOWED,
    "this is a gRPC method: it is called by POST with the content type application/grpc\n",
);

/// A response with a line of text.
pub(crate) fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = status;
    response.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("text/plain; charset=utf-8"),
    );
    if status == StatusCode::METHOD_NOT_ALLOWED {
        response
            .headers_mut()
            .insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

pub(crate) fn infallible<T>(result: Result<T, Infallible>) -> T {
    result.unwrap_or_else(|never| match never {})
}

/// Any HTTP service behind one type. Its errors become 500, with the reason in the log.
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
                    tracing::error!(%error, "an HTTP layer or fallback failed");
                    plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
                }
            })
        }
    }))
}

/// The router of a server as a `tower::Service`: gRPC (over HTTP/2) and JSON-RPC in, responses out.
///
/// Made by [`Server::into_service`](super::Server::into_service). Always ready; cheap to clone.
#[derive(Clone)]
pub struct RouterService {
    inner: Inner,
}

#[derive(Clone)]
enum Inner {
    Router(Router),
    Http(HttpService),
}

impl RouterService {
    pub(crate) fn new(router: Router) -> Self {
        Self {
            inner: Inner::Router(router),
        }
    }

    pub(crate) fn from_http(service: HttpService) -> Self {
        Self {
            inner: Inner::Http(service),
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
        self.answer(request.map(Body::new))
    }
}

impl RouterService {
    /// Of no type parameter, so that it is compiled here and not in each program.
    #[inline(never)]
    fn answer(&self, mut request: Request<Body>) -> BoxFuture<'static, Result<Response<Body>, Infallible>> {
        match &self.inner {
            Inner::Router(router) => {
                let router = router.clone();
                let origin = Origin::detach(&mut request);
                Box::pin(async move { Ok(router.answer(request, origin).await) })
            }
            Inner::Http(service) => Box::pin(service.clone().oneshot(request)),
        }
    }
}

impl std::fmt::Debug for RouterService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RouterService").finish_non_exhaustive()
    }
}

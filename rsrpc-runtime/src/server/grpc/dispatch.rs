//! Looks up the method of a gRPC call and starts the call.

use http::{Method, Request, Response, StatusCode};

use super::call::{GrpcCall, refuse};
use super::negotiation::{RequestedFormat, ServerMessageOptions};
use super::pipe::pipe;
use super::response::Responder;
use crate::call::{MethodFormats, Status};
use crate::server::body::Body;
use crate::server::caller::CallerInfo;
use crate::server::limits::Limits;
use crate::server::refusal::plain_text;
use crate::server::routes::Routes;

/// The methods of a server, and the settings of their calls.
pub(crate) struct GrpcDispatch {
    routes: Routes,
    limits: Limits,
    messages: ServerMessageOptions,
}

impl GrpcDispatch {
    pub(crate) fn new(routes: Routes, limits: Limits, messages: ServerMessageOptions) -> Self {
        Self {
            routes,
            limits,
            messages,
        }
    }

    pub(crate) fn begin_shutdown(&self) {
        self.routes.begin_shutdown();
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(crate) fn has_method(&self, path: &str) -> bool {
        self.routes.grpc.contains_key(path)
    }

    /// Returns the message formats of the method at `path`.
    pub(crate) fn formats(&self, path: &str) -> Option<MethodFormats> {
        self.routes.grpc.get(path).map(|route| route.formats())
    }

    /// Starts a gRPC call, or refuses it.
    pub(crate) fn start(&self, call: GrpcCall) {
        let path = call.head.uri.path();
        match self.routes.grpc.get(path) {
            Some(route) if call.head.method == Method::POST => {
                route.clone().spawn(call, &self.messages);
            }
            Some(_) => refuse(call, &Status::internal("gRPC calls must use POST")),
            None => {
                let shown: String = path.chars().take(128).collect();
                refuse(
                    call,
                    &Status::unimplemented(format!("no service on this server has the method {shown}")),
                );
            }
        }
    }

    /// Converts an HTTP request to a gRPC call.
    pub(crate) async fn call(
        &self,
        request: Request<Body>,
        requested: RequestedFormat,
        caller: CallerInfo,
    ) -> Response<Body> {
        let (head, body) = request.into_parts();
        let (responder, response) = pipe();
        self.start(GrpcCall {
            head,
            requested,
            body: crate::wire::grpc::InboundBody::Http(body.into_inner()),
            responder: Responder::Pipe(responder),
            peer: caller.peer,
            max_request_size: self.limits().max_request_size,
            guard: caller.guard,
            message_guard: caller
                .budgets
                .map(|budgets| budgets.guard(self.limits().body_timeout)),
        });
        response.await.unwrap_or_else(|_| {
            plain_text(
                StatusCode::INTERNAL_SERVER_ERROR,
                "the call ended without a response\n",
            )
        })
    }
}

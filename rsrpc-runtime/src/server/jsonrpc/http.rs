//! JSON-RPC over HTTP POST. Replies have the status 200 even for errors, because clients treat other statuses as
//! failures of the transport.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, EXPECT};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};

use super::body::{BodyLimits, BodyReadError, read_body};
use super::dispatch::{JsonRequestContext, JsonRpc, RequestDeadline};
use crate::call::Metadata;
use crate::error::BoxError;
use crate::server::body::Body;
use crate::server::caller::CallerInfo;
use crate::server::cors::{OriginAccess, allow_origin};
use crate::server::drain_request::DrainAfterResponse;
use crate::server::headers::strip_transport_headers;
use crate::server::refusal::{NOT_FOUND, Refusal, plain_text};
use crate::server::shutdown::CallGuard;
use crate::wire::jsonrpc::{Id, ProtocolError};
use crate::wire::timeout::{TIMEOUT_HEADER, parse_timeout};

const APPLICATION_JSON: HeaderValue = HeaderValue::from_static("application/json");

const JSONRPC_REQUIRES_POST: Refusal = Refusal(
    StatusCode::METHOD_NOT_ALLOWED,
    "JSON-RPC requests must use POST\n",
);
const UNSUPPORTED_CONTENT_TYPE: Refusal = Refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported content type: use application/json, application/json-rpc or application/jsonrequest, in UTF-8\n",
);
const UNSUPPORTED_CONTENT_ENCODING: Refusal = Refusal(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported content encoding: send the body uncompressed\n",
);

const BODY_TIMEOUT: Refusal = Refusal(
    StatusCode::REQUEST_TIMEOUT,
    "the request body arrived too slowly\n",
);
const BODY_BUDGET_EXCEEDED: Refusal = Refusal(
    StatusCode::SERVICE_UNAVAILABLE,
    "too many incomplete request bodies on this connection\n",
);

/// The classification of a request by its head.
#[derive(Debug)]
pub(crate) enum JsonRpcClaim {
    /// The head alone determines the response.
    Responded(Response<Body>),
    /// The request carries a JSON-RPC text.
    Call(JsonPost),
    /// The request is not JSON-RPC.
    Refused(Refusal),
}

/// A POST request with a JSON-RPC text.
#[derive(Debug)]
pub(crate) struct JsonPost {
    /// The listed origin that may read the response; `None` for requests of the own origin.
    readable_by: Option<HeaderValue>,
}

impl JsonRpc {
    /// Classifies a request by its head.
    pub(crate) fn claim<B>(&self, request: &Request<B>, guard: Option<&CallGuard>) -> JsonRpcClaim {
        let (method, path) = (request.method(), request.uri().path());
        if self.settings.healthz && path == "/healthz" && matches!(*method, Method::GET | Method::HEAD) {
            return JsonRpcClaim::Responded(self.health(method, guard));
        }
        if path != self.settings.path {
            return JsonRpcClaim::Refused(NOT_FOUND);
        }
        if let Some(response) = self.origins.preflight(request) {
            return JsonRpcClaim::Responded(response);
        }
        if *method != Method::POST {
            return JsonRpcClaim::Refused(JSONRPC_REQUIRES_POST);
        }
        if !is_json(request.headers()) {
            return JsonRpcClaim::Refused(UNSUPPORTED_CONTENT_TYPE);
        }
        if !is_identity(request.headers()) {
            return JsonRpcClaim::Refused(UNSUPPORTED_CONTENT_ENCODING);
        }
        match self.origins.access(request) {
            OriginAccess::Same => JsonRpcClaim::Call(JsonPost { readable_by: None }),
            OriginAccess::Listed(origin) => JsonRpcClaim::Call(JsonPost {
                readable_by: Some(origin),
            }),
            OriginAccess::Forbidden(reason) => {
                JsonRpcClaim::Responded(plain_text(StatusCode::FORBIDDEN, reason))
            }
        }
    }
}

impl JsonRpc {
    fn health(&self, method: &Method, guard: Option<&CallGuard>) -> Response<Body> {
        let mut response = if guard.is_some_and(CallGuard::is_draining) {
            plain_text(StatusCode::SERVICE_UNAVAILABLE, "draining\n")
        } else if !self.health.is_serving() {
            plain_text(StatusCode::SERVICE_UNAVAILABLE, "not serving\n")
        } else {
            plain_text(StatusCode::OK, "ok\n")
        };
        if *method == Method::HEAD {
            *response.body_mut() = Body::empty();
        }
        response
            .headers_mut()
            .insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

impl JsonPost {
    /// Reads the body and handles its text.
    pub(crate) async fn respond(
        self,
        jsonrpc: &JsonRpc,
        request: Request<Body>,
        caller: CallerInfo,
    ) -> Response<Body> {
        let (head, body) = request.into_parts();
        // The deadline starts before the body is read, so a slow body counts against it.
        let deadline = head
            .headers
            .get(TIMEOUT_HEADER)
            .map(|value| RequestDeadline::from_now(parse_timeout(value).ok()))
            .unwrap_or_default();
        let length = head.headers.get(CONTENT_LENGTH).and_then(content_length);
        let limits = BodyLimits {
            size: jsonrpc.limits.max_request_size,
            timeout: jsonrpc.limits.body_timeout,
            budget: caller.budgets.map(|budgets| budgets.unfinished),
        };
        let text = match read_body(body, length, limits).await {
            Ok(text) => text,
            Err(BodyReadError::TooBig(remainder)) => {
                // With `Expect: 100-continue`, the client will not send its body after this response.
                let remainder = remainder.filter(|_| !head.headers.contains_key(EXPECT));
                return self.readable(too_big(jsonrpc, head.version, remainder));
            }
            Err(BodyReadError::TooSlow) => return closing(BODY_TIMEOUT, head.version),
            Err(BodyReadError::TooMany) => return closing(BODY_BUDGET_EXCEEDED, head.version),
            Err(BodyReadError::Broken(error)) => return broken(&error),
        };
        let context = JsonRequestContext {
            metadata: metadata(head.headers),
            deadline,
            peer: caller.peer,
            extensions: head.extensions,
            guard: caller.guard,
        };
        let response = match jsonrpc.handle_text(&text, context).await {
            Some(response) => json(StatusCode::OK, Body::from(response)),
            None => empty(StatusCode::NO_CONTENT),
        };
        self.readable(response)
    }

    /// Allows pages of the listed origin to read the response.
    fn readable(self, mut response: Response<Body>) -> Response<Body> {
        if let Some(origin) = self.readable_by {
            allow_origin(origin, response.headers_mut());
        }
        response
    }
}

/// Returns whether the request has exactly one content type, and it is a JSON-RPC type in UTF-8.
fn is_json(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    match (types.next(), types.next()) {
        (Some(only), None) => only == "application/json" || is_json_type(only),
        _ => false,
    }
}

/// Checks a media type with its parameters ([RFC 9110 §8.3.1](https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1)).
fn is_json_type(value: &HeaderValue) -> bool {
    let Ok(value) = value.to_str() else { return false };
    let mut parts = value.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let is_json = [
        "application/json",
        "application/json-rpc",
        "application/jsonrequest",
    ]
    .iter()
    .any(|known| essence.eq_ignore_ascii_case(known));
    is_json
        && parts.all(|parameter| match parameter.split_once('=') {
            Some((name, charset)) if name.eq_ignore_ascii_case("charset") => {
                charset.trim_matches('"').eq_ignore_ascii_case("utf-8")
            }
            // An unknown parameter, or an empty one after a trailing semicolon.
            _ => true,
        })
}

fn is_identity(headers: &HeaderMap) -> bool {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .all(|encoding| encoding.as_bytes().eq_ignore_ascii_case(b"identity"))
}

fn content_length(value: &HeaderValue) -> Option<u64> {
    value.to_str().ok()?.parse().ok()
}

/// Returns a call's metadata: all headers except those of the connection, the body and the browser.
fn metadata(mut headers: HeaderMap) -> Metadata {
    strip_transport_headers(&mut headers, &["content-", "accept", "sec-", "grpc-"]);
    Metadata::from_headers(headers)
}

fn empty(status: StatusCode) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

fn json(status: StatusCode, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, APPLICATION_JSON);
    response
}

/// Refuses a body that is too large. On HTTP/1.1, the connection closes after the remaining data has been drained for
/// a limited time. Closing with unread data would reset the connection, and the response could be lost.
fn too_big(jsonrpc: &JsonRpc, version: Version, remainder: Option<Body>) -> Response<Body> {
    let response = Bytes::from(jsonrpc.failure_response(&ProtocolError::RequestTooBig.into(), Id::NULL));
    if version >= Version::HTTP_2 {
        return json(StatusCode::PAYLOAD_TOO_LARGE, Body::from(response));
    }
    let body = match remainder {
        Some(remainder) => Body::new(DrainAfterResponse::new(response.into(), remainder)),
        None => Body::from(response),
    };
    let mut response = json(StatusCode::PAYLOAD_TOO_LARGE, body);
    response
        .headers_mut()
        .insert(CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Refuses a body that is still arriving. On HTTP/1.1, the connection closes, because no other request can follow.
fn closing(refusal: Refusal, version: Version) -> Response<Body> {
    let mut response = plain_text(refusal.0, refusal.1);
    if version < Version::HTTP_2 {
        response
            .headers_mut()
            .insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

fn broken(error: &BoxError) -> Response<Body> {
    tracing::debug!(%error, "cannot read a request body");
    plain_text(StatusCode::BAD_REQUEST, "the request body is incomplete\n")
}

#[cfg(test)]
mod tests;

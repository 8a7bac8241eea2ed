//! gRPC-Web: what a page in a browser says instead of gRPC, on HTTP/1.1 and HTTP/2. A call becomes one of gRPC, and its
//! response is written as the page can read it.

use http::header::{ACCEPT, ACCESS_CONTROL_EXPOSE_HEADERS, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Version};
use http_body::Body as _;

use super::body::Body;
use super::caller::{CallerInfo, ConnectionBudgets};
use super::cors::{AllowedOrigins, OriginAccess, allow_origin};
use super::drain_request::{lend_body, refuse_after_drain};
use super::grpc::dispatch::GrpcDispatch;
use super::grpc::negotiation::RequestedFormat;
use super::headers::strip_transport_headers;
use super::refusal::plain_text;
use crate::call::{MessageFormat, MethodFormats};
use crate::wire::grpc_web::{
    BodyEncoding, ResponseEncoder, TextBody, grpc_web_content_type, parse_content_type,
};

/// What every answer lets a page read, beside the metadata that it has.
const ALWAYS_EXPOSED_HEADERS: [&str; 3] = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
/// What pages may read anyway ([CORS-safelisted](https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name)).
const CORS_SAFELISTED_HEADERS: [&str; 7] = [
    "cache-control",
    "content-language",
    "content-length",
    "content-type",
    "expires",
    "last-modified",
    "pragma",
];

/// The configuration of gRPC-Web: disabled by default.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct GrpcWebSettings {
    is_enabled: bool,
}

impl GrpcWebSettings {
    pub(super) fn enable(&mut self) {
        self.is_enabled = true;
    }
}

/// gRPC-Web of a server: the origins that may call, or nothing where it is disabled.
#[derive(Debug)]
pub(crate) struct GrpcWebHandler(Option<AllowedOrigins>);

impl GrpcWebHandler {
    pub(super) fn new(settings: GrpcWebSettings, origins: AllowedOrigins) -> Self {
        Self(settings.is_enabled.then_some(origins))
    }

    /// Returns the call that a request makes by its content type, if gRPC-Web is enabled.
    pub(super) fn claim<B>(&self, request: &Request<B>, grpc: &GrpcDispatch) -> Option<WebCall> {
        self.0.as_ref()?;
        let content_type = request.headers().get(CONTENT_TYPE)?;
        WebCall::of(content_type, grpc.formats(request.uri().path()))
    }

    /// Returns the response to a CORS preflight request for a gRPC-Web call.
    pub(super) fn preflight<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        self.0.as_ref()?.preflight(request)
    }
}

/// What a request's content type says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WebCall {
    requested: RequestedFormat,
    form: BodyEncoding,
    /// The name of the format that no name means.
    default_subtype: &'static str,
}

impl WebCall {
    /// `formats`: those of the method, if there is one. `None` if it is no content type of gRPC-Web, or of none that
    /// the method has.
    pub(crate) fn of(content_type: &HeaderValue, formats: Option<MethodFormats>) -> Option<Self> {
        let (form, name) = parse_content_type(content_type.as_bytes())?;
        let requested = match name {
            None => RequestedFormat::Bare,
            Some(name) => RequestedFormat::by_subtype(name, formats)?,
        };
        let default_subtype = match formats {
            Some(formats) if formats.default_format() == Some(MessageFormat::Custom) => formats.custom,
            _ => None,
        };
        let default_subtype = default_subtype.unwrap_or("proto");
        Some(Self {
            requested,
            form,
            default_subtype,
        })
    }

    pub(crate) async fn respond(
        self,
        grpc: &GrpcDispatch,
        web: &GrpcWebHandler,
        mut request: Request<Body>,
        mut caller: CallerInfo,
    ) -> Response<Body> {
        // A request is claimed as gRPC-Web only where that is enabled.
        let access = web
            .0
            .as_ref()
            .map_or(OriginAccess::Same, |origins| origins.access(&request));
        let page = match access {
            OriginAccess::Same => None,
            OriginAccess::Listed(page) => Some(page),
            OriginAccess::Forbidden(reason) => {
                return refuse_after_drain(request, plain_text(StatusCode::FORBIDDEN, reason)).await;
            }
        };
        if *request.method() != Method::POST {
            let why = "gRPC-Web calls are POST requests\n";
            return refuse_after_drain(request, plain_text(StatusCode::METHOD_NOT_ALLOWED, why)).await;
        }
        let form = reply_form(request.headers(), self.form);
        strip_transport_headers(request.headers_mut(), &["accept", "content-length", "sec-"]);
        let mut linger = None;
        if request.version() < Version::HTTP_2 {
            // One call at a time: what it may hold is shared with no other.
            caller
                .budgets
                .get_or_insert_with(|| ConnectionBudgets::new(grpc.limits()));
            request = request.map(|body| {
                let (lent, after) = lend_body(body);
                linger = Some(after);
                Body::new(lent)
            });
        }
        if self.form == BodyEncoding::Text {
            request = request.map(|body| Body::new(TextBody::new(body)));
        }
        let response = grpc.call(request, self.requested, caller).await;
        let mut response = encode_response(response, self.default_subtype, form);
        if let Some(linger) = linger {
            response = response.map(|body| Body::new(linger(body)));
        }
        if let Some(page) = page {
            let headers = response.headers_mut();
            expose_headers(headers);
            allow_origin(page, headers);
        }
        response
    }
}

/// The form of the response: what the caller accepts, else that of its request.
fn reply_form(headers: &HeaderMap, request: BodyEncoding) -> BodyEncoding {
    let accepted = headers.get_all(ACCEPT).into_iter();
    let mut forms = accepted
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
        .filter_map(|range| parse_content_type(range.trim_ascii()))
        .map(|(form, _)| form);
    match forms.next() {
        None => request,
        Some(first) if forms.all(|form| form == first) => first,
        // Whoever accepts both has sent what it likes.
        Some(_) => request,
    }
}

/// Writes a gRPC response as one of gRPC-Web. What is none, as it is. One without a body has its status among its
/// headers (Trailers-Only), which stays there.
fn encode_response(response: Response<Body>, default_subtype: &str, form: BodyEncoding) -> Response<Body> {
    let (mut head, body) = response.into_parts();
    let grpc = head.headers.get(CONTENT_TYPE);
    let Some(renamed) = grpc.and_then(|grpc| grpc_web_content_type(grpc, default_subtype, form)) else {
        return Response::from_parts(head, body);
    };
    head.headers.insert(CONTENT_TYPE, renamed);
    let body = match body.is_end_stream() {
        true => body,
        false => Body::new(ResponseEncoder::new(body, form)),
    };
    Response::from_parts(head, body)
}

/// Names what the page may read: the call's own metadata, too.
fn expose_headers(headers: &mut HeaderMap) {
    let own = headers.keys().map(|name| name.as_str());
    let own =
        own.filter(|name| !CORS_SAFELISTED_HEADERS.contains(name) && !ALWAYS_EXPOSED_HEADERS.contains(name));
    let names: Vec<&str> = ALWAYS_EXPOSED_HEADERS.into_iter().chain(own).collect();
    if let Ok(names) = HeaderValue::try_from(names.join(", ")) {
        headers.insert(ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
}

#[cfg(test)]
mod tests;

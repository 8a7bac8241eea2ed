//! gRPC-Web, the variant of gRPC for web pages, on HTTP/1.1 and HTTP/2. Requests become gRPC calls, and their
//! responses are converted back.

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

/// Response headers that pages may always read, in addition to the response metadata.
const ALWAYS_EXPOSED_HEADERS: [&str; 3] = ["grpc-status", "grpc-message", "grpc-status-details-bin"];
/// Response headers that pages may read without being listed
/// ([CORS-safelisted](https://fetch.spec.whatwg.org/#cors-safelisted-response-header-name)).
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

/// The gRPC-Web handler of a server. Holds the allowed origins, or `None` if gRPC-Web is disabled.
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

/// A gRPC-Web call, as described by the content type of its request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct WebCall {
    requested: RequestedFormat,
    form: BodyEncoding,
    /// The subtype that a content type without a subtype means.
    default_subtype: &'static str,
}

impl WebCall {
    /// Parses a content type. `formats` are those of the method, if it exists. Returns `None` if the content type is
    /// not gRPC-Web, or the method does not support the format.
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
        // Requests are claimed as gRPC-Web only if it is enabled.
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
            let why = "gRPC-Web calls must use POST\n";
            return refuse_after_drain(request, plain_text(StatusCode::METHOD_NOT_ALLOWED, why)).await;
        }
        let form = reply_form(request.headers(), self.form);
        strip_transport_headers(request.headers_mut(), &["accept", "content-length", "sec-"]);
        let mut linger = None;
        if request.version() < Version::HTTP_2 {
            // HTTP/1.1 carries one call at a time, so the call has budgets for itself.
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

/// Returns the form of the response: the one that the caller accepts, otherwise that of the request.
fn reply_form(headers: &HeaderMap, request: BodyEncoding) -> BodyEncoding {
    let accepted = headers.get_all(ACCEPT).into_iter();
    let mut forms = accepted
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
        .filter_map(|range| parse_content_type(range.trim_ascii()))
        .map(|(form, _)| form);
    match forms.next() {
        None => request,
        Some(first) if forms.all(|form| form == first) => first,
        // The caller accepts both forms and prefers the one it sent.
        Some(_) => request,
    }
}

/// Converts a gRPC response to gRPC-Web. Other responses pass through. A response without a body has its status in
/// the headers (Trailers-Only), where it stays.
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

/// Lists the headers that the page may read, including the call's metadata.
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

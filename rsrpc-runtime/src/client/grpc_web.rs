//! A call of gRPC-Web from the client's side: an HTTP request, on HTTP/1.1 or HTTP/2, whose answer has its trailers in
//! its body.

mod exchange;
mod request;
mod send;

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::{Buf as _, Bytes};
use futures_core::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};

use self::exchange::Exchange;
use self::request::{Report, StreamBody};
use self::send::{Calling, RequestBody};
use super::channel::ChannelBuilder;
use super::grpc::Terms;
use super::start::{Start, request_headers};
use super::{Protocol, Response};
use crate::call::{Status, Streaming};
use crate::channel::{ConnectOptions, Http1Pool, Target};
use crate::wire::grpc::{ACCEPT_ENCODING, CONTENT_TYPE_GRPC, message_frame};
use crate::wire::grpc_web::{BodyEncoding, encode, grpc_web_content_type};

/// How a channel speaks gRPC-Web: by default binary, on HTTP/1.1.
///
/// ```
/// use rsrpc_runtime::Channel;
/// use rsrpc_runtime::client::GrpcWeb;
///
/// let channel = Channel::builder("http://localhost:8080/api").grpc_web(GrpcWeb::new().text()).build()?;
/// # Ok::<(), rsrpc_runtime::client::ChannelError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GrpcWeb {
    is_text: bool,
    is_http2: bool,
}

impl GrpcWeb {
    /// Binary, on HTTP/1.1.
    pub const fn new() -> Self {
        Self {
            is_text: false,
            is_http2: false,
        }
    }

    /// Sends and asks for the text form, `application/grpc-web-text`: base64, a third larger, for proxies that take nothing
    /// else.
    #[must_use]
    pub const fn text(mut self) -> Self {
        self.is_text = true;
        self
    }

    /// Speaks HTTP/2, so that calls share a connection. Over HTTP/1.1 each call has a connection of its own while it runs.
    #[must_use]
    pub const fn http2(mut self) -> Self {
        self.is_http2 = true;
        self
    }
}

impl ChannelBuilder {
    /// Speaks gRPC-Web, in this way; `.protocol(Protocol::GrpcWeb)` alone means the usual one. The path of an
    /// `http://host/path` target stands before those of methods.
    ///
    /// Every kind of call is made, but what lies between may not carry them all: proxies and servers that read a request
    /// before they answer make of a bidirectional call one whose replies come after all requests.
    pub fn grpc_web(mut self, how: GrpcWeb) -> Self {
        self.grpc_web = how;
        self.protocol(Protocol::GrpcWeb)
    }
}

/// What a channel has for gRPC-Web.
pub(crate) struct GrpcWebClient {
    pool: Arc<Http1Pool>,
    form: BodyEncoding,
    is_http2: bool,
    /// What every request begins with.
    headers: HeaderMap,
}

impl GrpcWebClient {
    pub(crate) fn new(
        options: ConnectOptions,
        how: GrpcWeb,
        user_agent: HeaderValue,
        accept_encoding: Option<HeaderValue>,
    ) -> Self {
        // HTTP/2 has the authority elsewhere; an authority is always a header value.
        let host = HeaderValue::from_str(options.target.authority().as_str()).ok();
        let headers = [
            (
                HeaderName::from_static("x-grpc-web"),
                Some(HeaderValue::from_static("1")),
            ),
            (USER_AGENT, Some(user_agent)),
            (HOST, host.filter(|_| !how.is_http2)),
            (ACCEPT_ENCODING, accept_encoding),
        ];
        Self {
            pool: Http1Pool::new(options),
            form: if how.is_text {
                BodyEncoding::Text
            } else {
                BodyEncoding::Binary
            },
            is_http2: how.is_http2,
            headers: headers
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        }
    }
}

impl fmt::Debug for GrpcWebClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcWebClient")
            .field("pool", &self.pool)
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

pub(crate) fn unary<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    request: &Req,
) -> Result<BoxFuture<'static, Result<Response<Rep>, Status>>, Status> {
    let exchange = with_message(start, request)?;
    Ok(Box::pin(exchange.only_reply()))
}

pub(crate) async fn server_streaming<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    request: Req,
) -> Result<Streaming<Rep>, Status> {
    let mut exchange = with_message(start, &request)?;
    drop(request);
    poll_fn(|cx| exchange.poll_response(cx)).await?;
    Ok(Streaming::from_source(exchange))
}

pub(crate) async fn client_streaming<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    requests: Streaming<Req>,
) -> Result<Response<Rep>, Status> {
    let (exchange, _) = with_stream(start, requests)?;
    exchange.only_reply().await
}

/// Does not wait for the server: one that answers only what it has read would wait for ever.
pub(crate) async fn bidi<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    requests: Streaming<Req>,
) -> Result<Streaming<Rep>, Status> {
    let (mut exchange, report) = with_stream(start, requests)?;
    let answered = tokio::select! {
        biased;
        () = report.begun() => Ok(()),
        answered = poll_fn(|cx| exchange.poll_response(cx)) => answered,
    };
    match answered {
        // What happens once the request is on its way comes from the stream.
        Err(status) if report.has_begun() => exchange.fail_with(status),
        answered => answered?,
    }
    Ok(Streaming::from_source(exchange))
}

/// A call with one request.
fn with_message<Req, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    message: &Req,
) -> Result<Exchange<Rep>, Status> {
    let terms = Terms::of(
        start.method,
        start.parts.compression_override,
        start.channel.messages(),
    )?;
    let extra = terms.as_ref().map(|terms| terms.sending());
    let mut frame = message_frame(start.method.request(), message, extra.as_deref())?;
    let bytes = frame.copy_to_bytes(frame.remaining());
    let bytes = written(start.channel.grpc_web().form, bytes);
    Ok(exchange(
        start,
        terms,
        RequestBody::Whole(Full::new(bytes)),
        Report::sent(),
    ))
}

/// A call with a stream of requests.
fn with_stream<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    requests: Streaming<Req>,
) -> Result<(Exchange<Rep>, Arc<Report>), Status> {
    let terms = Terms::of(
        start.method,
        start.parts.compression_override,
        start.channel.messages(),
    )?;
    let extra = terms.as_ref().map(|terms| terms.sending());
    let report = Report::new(requests.call_outcome());
    let form = start.channel.grpc_web().form;
    let body = StreamBody::new(requests, start.method.request(), extra, form, report.clone());
    let body = RequestBody::Stream(body.boxed_unsync());
    Ok((exchange(start, terms, body, report.clone()), report))
}

fn exchange<Req, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    terms: Option<Box<Terms>>,
    body: RequestBody,
    report: Arc<Report>,
) -> Exchange<Rep> {
    let Start {
        channel,
        method,
        parts,
        cancellation,
    } = start;
    let web = channel.grpc_web();
    let mut headers = request_headers(&web.headers, parts.deadline, &parts.metadata);
    if let Some(terms) = &terms {
        terms.announce(&mut headers);
    }
    let grpc = headers.remove(CONTENT_TYPE).unwrap_or(CONTENT_TYPE_GRPC);
    if let Some(content_type) = grpc_web_content_type(&grpc, "proto", web.form) {
        headers.insert(ACCEPT, content_type.clone());
        headers.insert(CONTENT_TYPE, content_type);
    }
    let path = path(channel.target(), parts.method.map_or("/", |method| method.path()));
    let mut request = Request::post(path).body(body).expect("a path is a URI");
    *request.headers_mut() = headers;
    Exchange::new(
        method.reply(),
        Calling {
            channel,
            terms,
            cancellation,
            report,
        },
        request,
    )
}

/// A method's path behind that of the target.
fn path(target: &Target, method: &'static str) -> PathAndQuery {
    let before = target.path().path().trim_end_matches('/');
    if before.is_empty() {
        return PathAndQuery::from_static(method);
    }
    PathAndQuery::try_from(format!("{before}{method}")).expect("two paths are a path")
}

fn written(form: BodyEncoding, bytes: Bytes) -> Bytes {
    match form {
        BodyEncoding::Binary => bytes,
        BodyEncoding::Text => encode(&bytes),
    }
}

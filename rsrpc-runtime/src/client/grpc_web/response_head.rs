//! Sends a request over HTTP/1.1 or HTTP/2, and checks the response head.

use std::fmt::Display;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

use super::request_body::RequestBodyState;
use crate::call::{Status, now};
use crate::channel::{FailureContext, Http1Pool, HttpRequestBody, Subchannel, Target, http1_failure};
use crate::client::body_excerpt::{EXCERPT_TIMEOUT, MAX_EXCERPT_BYTES, excerpt};
use crate::client::codec::ClientMessageOptions;
use crate::client::grpc::{RequestEncoding, decode_options, is_expected_subtype};
use crate::client::http1_request::{Http1Progress, Http1RequestError, send_http1};
use crate::client::http2_request::{Http2Progress, Http2RequestError, send_http2};
use crate::client::options::{Cancellation, deadline_exceeded};
use crate::error::BoxError;
use crate::transport::{Address, http2};
use crate::wire::grpc::{Inbound, Subtype, from_h2, from_http_status, read_status};
use crate::wire::grpc_web::{BodyEncoding, ResponseDecoder, TextBody, parse_content_type};

use crate::wire::http2::Frame as Http2Frame;

/// The body of a response over either HTTP version.
type WebBody = UnsyncBoxBody<Bytes, BoxError>;

/// The connections of a gRPC-Web channel.
#[derive(Clone)]
pub(super) enum WebTransport {
    Http1(Arc<Http1Pool>),
    Http2(Arc<Subchannel<Http2Frame>>),
}

impl WebTransport {
    pub(super) fn target(&self) -> &Target {
        match self {
            Self::Http1(pool) => pool.target(),
            Self::Http2(subchannel) => subchannel.target(),
        }
    }
}

/// The part of a call that does not depend on the types of its messages.
pub(super) struct WebCallContext {
    pub(super) transport: WebTransport,
    pub(super) messages: Arc<ClientMessageOptions>,
    pub(super) encoding: Option<Box<RequestEncoding>>,
    pub(super) cancellation: Cancellation,
    pub(super) body_state: Arc<RequestBodyState>,
}

/// The address that a call was sent to, and the number of the attempt.
#[derive(Debug, Default)]
pub(super) struct AttemptInfo {
    address: Option<Address>,
    attempt: u32,
}

/// The head of a response whose messages follow.
pub(super) struct WebResponseHead {
    pub(super) context: WebCallContext,
    pub(super) attempt: AttemptInfo,
    pub(super) headers: HeaderMap,
    /// The status in the headers, with the headers as trailers. It applies if the body has no trailers (Trailers-Only).
    pub(super) outcome: Option<Result<HeaderMap, Status>>,
    pub(super) inbound: Inbound,
}

impl WebCallContext {
    /// Sends the request and waits for the response head.
    pub(super) async fn send(mut self, request: Request<HttpRequestBody>) -> Result<WebResponseHead, Status> {
        let (response, attempt) = match self.transport.clone() {
            WebTransport::Http1(pool) => self.send_http1(&pool, request).await?,
            WebTransport::Http2(subchannel) => self.send_http2(&subchannel, request).await?,
        };
        let waiting = "waiting for the reply's headers";
        let (head, body) = response.into_parts();
        let form = match self.check(head.status, &head.headers) {
            Ok(form) => form,
            Err(cause) => {
                let cause = self.cancellation.guard(with_excerpt(body, cause)).await;
                return Err(self.with_context(&waiting, &attempt, cause.unwrap_or_else(|ended| ended)));
            }
        };
        let outcome = match head.headers.contains_key("grpc-status") {
            false => None,
            true => {
                let mut trailers = head.headers.clone();
                read_status(&mut trailers).map(|outcome| outcome.map(|()| trailers))
            }
        };
        // Trailers-Only, if the body is known to be empty.
        let outcome = match outcome {
            Some(Err(status)) if body.is_end_stream() => {
                return Err(self.by_server(&waiting, &attempt, status));
            }
            outcome => outcome,
        };
        let options = decode_options(self.encoding.as_deref(), &head.headers, &self.messages);
        let options = options.map_err(|cause| self.with_context(&waiting, &attempt, cause))?;
        let compression = options.as_ref().and_then(|options| options.compression);
        let body = match form {
            BodyEncoding::Binary => ResponseDecoder::new(body, compression).boxed_unsync(),
            BodyEncoding::Text => ResponseDecoder::new(TextBody::new(body), compression).boxed_unsync(),
        };
        let body = crate::wire::grpc::InboundBody::Http(body);
        Ok(WebResponseHead {
            headers: head.headers,
            outcome,
            inbound: Inbound::new(body, self.messages.max_reply_size, options),
            context: self,
            attempt,
        })
    }

    async fn send_http1(
        &mut self,
        pool: &Arc<Http1Pool>,
        request: Request<HttpRequestBody>,
    ) -> Result<(Response<WebBody>, AttemptInfo), Status> {
        let progress = Http1Progress::default();
        let sent = self
            .cancellation
            .guard(send_http1(pool, request, &progress))
            .await;
        let step = progress.step();
        let attempt = AttemptInfo {
            address: step.address.as_deref().cloned(),
            attempt: step.attempts.max(1),
        };
        let cause = match sent {
            Ok(Ok(response)) => {
                let (response, release) = response.into_parts();
                let body_state = self.body_state.clone();
                let release = move || {
                    // A connection that still sends the request is busy.
                    if body_state.is_sent() {
                        release();
                    }
                };
                let response = response.map(|body| PooledBody::new(body, Box::new(release)).boxed_unsync());
                return Ok((response, attempt));
            }
            Ok(Err(Http1RequestError::Unconnected(status))) if !self.cancellation.deadline.has_passed() => {
                return Err(status);
            }
            Ok(Err(Http1RequestError::Unconnected(status))) => status,
            Ok(Err(Http1RequestError::Failed(error))) => http1_failure(error),
            Err(ended) => ended,
        };
        Err(self.with_context(&step.phase, &attempt, cause))
    }

    async fn send_http2(
        &mut self,
        subchannel: &Arc<Subchannel<Http2Frame>>,
        request: Request<HttpRequestBody>,
    ) -> Result<(Response<WebBody>, AttemptInfo), Status> {
        let mut progress = Http2Progress::default();
        let sent = self
            .cancellation
            .guard(send_http2(
                subchannel,
                request,
                HttpRequestBody::try_clone,
                &mut progress,
            ))
            .await;
        let attempt = AttemptInfo {
            address: progress.address().cloned(),
            attempt: progress.attempt,
        };
        let cause = match sent {
            Ok(Ok(response)) => {
                let response =
                    response.map(|body| body.map_err(|error| http2_failure(error).into()).boxed_unsync());
                return Ok((response, attempt));
            }
            Ok(Err(Http2RequestError::Unconnected(status))) if !self.cancellation.deadline.has_passed() => {
                return Err(status);
            }
            Ok(Err(Http2RequestError::Unconnected(status))) => status,
            Ok(Err(Http2RequestError::Failed(error))) => progress.describe(error),
            Err(ended) => ended,
        };
        Err(self.with_context(&progress.phase, &attempt, cause))
    }

    /// Returns the server's status, or DEADLINE_EXCEEDED if the deadline has passed.
    #[cold]
    pub(super) fn by_server(&mut self, phase: &dyn Display, attempt: &AttemptInfo, status: Status) -> Status {
        match self.cancellation.deadline.has_passed() {
            true => self.with_context(phase, attempt, status),
            false => status,
        }
    }

    /// Returns the status of a call that ended on the client's side. A failure of the requests takes precedence.
    #[cold]
    pub(super) fn with_context(
        &mut self,
        phase: &dyn Display,
        attempt: &AttemptInfo,
        cause: Status,
    ) -> Status {
        let is_late = self.cancellation.deadline.has_passed();
        if !is_late && let Some(status) = self.body_state.take_failure() {
            return status;
        }
        let cause = match is_late {
            true => deadline_exceeded().with_source(cause),
            false => cause,
        };
        let context = FailureContext {
            target: self.transport.target(),
            address: attempt.address.as_ref(),
            phase,
            attempt: attempt.attempt,
            elapsed: now() - self.cancellation.started(),
        };
        context.call_failed(cause)
    }

    /// Checks for HTTP status 200 and a gRPC-Web content type. Any other response was not sent by a gRPC-Web server.
    fn check(&self, status: StatusCode, headers: &HeaderMap) -> Result<BodyEncoding, Status> {
        if status != StatusCode::OK {
            let message = format!("the server answered with the HTTP status {status}");
            return Err(Status::new(from_http_status(status), message));
        }
        let Some(value) = headers.get(CONTENT_TYPE) else {
            return Err(Status::unknown(
                "the server answered without a content type, thus not in gRPC-Web",
            ));
        };
        let excerpt = || -> String {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.chars().take(64).collect()
        };
        let Some((form, name)) = parse_content_type(value.as_bytes()) else {
            return Err(Status::unknown(format!(
                "the server answered with the content type {:?}, which is not gRPC-Web's",
                excerpt()
            )));
        };
        let subtype = name.map_or(Subtype::Bare, Subtype::Named);
        match is_expected_subtype(self.encoding.as_deref(), subtype) {
            true => Ok(form),
            false => Err(Status::internal(format!(
                "the server answered with the content type {:?}, which was not asked for",
                excerpt()
            ))),
        }
    }
}

/// Returns the status for a failed HTTP/2 stream.
fn http2_failure(error: h2::Error) -> Status {
    let text = http2::describe(&error);
    from_h2(error).map_message(|_| text)
}

/// Adds an excerpt of a body that is not gRPC-Web, such as a proxy's error page, to the status.
async fn with_excerpt(mut body: WebBody, cause: Status) -> Status {
    let mut beginning = Vec::new();
    let reading = async {
        while beginning.len() <= MAX_EXCERPT_BYTES {
            let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await else {
                break;
            };
            if let Ok(data) = frame.into_data() {
                let room = MAX_EXCERPT_BYTES + 1 - beginning.len();
                beginning.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
    };
    let _ = tokio::time::timeout(EXCERPT_TIMEOUT, reading).await;
    match beginning.is_empty() {
        true => cause,
        false => cause.map_message(|message| format!("{message}: {}", excerpt(&beginning))),
    }
}

/// The body of an HTTP/1.1 response. Its end returns the connection to the pool.
struct PooledBody {
    body: Incoming,
    release: Option<Box<dyn FnOnce() + Send>>,
}

impl PooledBody {
    fn new(body: Incoming, release: Box<dyn FnOnce() + Send>) -> Self {
        let mut pooled = Self {
            body,
            release: Some(release),
        };
        if pooled.body.is_end_stream() {
            pooled.end();
        }
        pooled
    }

    fn end(&mut self) {
        if let Some(release) = self.release.take() {
            release();
        }
    }
}

impl Body for PooledBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if frame.is_none() {
            self.end();
        }
        Poll::Ready(frame.map(|frame| frame.map_err(|error| http1_failure(error).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

//! Sends a request on either HTTP, and judges the answer's head.

use std::fmt::Display;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::Incoming;

use super::request::Report;
use crate::call::{Status, now};
use crate::channel::{Circumstances, Http1Error, Http1Progress, broken};
use crate::client::Channel;
use crate::client::excerpt::{SHOWN, excerpt};
use crate::client::grpc::{Terms, is_answer, receiving};
use crate::client::options::{Cancellation, deadline_exceeded};
use crate::client::service::{self, Unsent};
use crate::error::BoxError;
use crate::transport::{Address, http2};
use crate::wire::grpc::{Inbound, Subtype, from_h2, from_http_status, read_status};
use crate::wire::grpc_web::{BodyEncoding, ResponseDecoder, TextBody, parse_content_type};

pub(super) use crate::channel::RequestBody;
type AnswerBody = UnsyncBoxBody<Bytes, BoxError>;

/// How long the beginning of an answer is waited for that is none of gRPC-Web.
const PATIENCE: Duration = Duration::from_secs(1);

/// A call, as far as it does not depend on its messages' types.
pub(super) struct Calling {
    pub(super) channel: Channel,
    pub(super) terms: Option<Box<Terms>>,
    pub(super) cancellation: Cancellation,
    pub(super) report: Arc<Report>,
}

/// Where a call was sent, and how often.
#[derive(Debug, Default)]
pub(super) struct Place {
    address: Option<Address>,
    attempt: u32,
}

/// An answer whose messages are to be read.
pub(super) struct Answered {
    pub(super) calling: Calling,
    pub(super) place: Place,
    pub(super) headers: HeaderMap,
    /// What the headers say of the call's end, with themselves as trailers: it counts if the body says nothing.
    pub(super) outcome: Option<Result<HeaderMap, Status>>,
    pub(super) inbound: Inbound,
}

impl Calling {
    /// Sends the request and waits for the answer's head.
    pub(super) async fn answered(mut self, request: Request<RequestBody>) -> Result<Answered, Status> {
        let (response, place) = match self.channel.grpc_web().is_http2 {
            true => self.send_http2(request).await?,
            false => self.send_http1(request).await?,
        };
        let waiting = "waiting for the reply's headers";
        let (head, body) = response.into_parts();
        let form = match self.check(head.status, &head.headers) {
            Ok(form) => form,
            Err(cause) => {
                let shown = self.cancellation.guard(page(body, cause)).await;
                return Err(self.failed(&waiting, &place, shown.unwrap_or_else(|ended| ended)));
            }
        };
        let outcome = match head.headers.contains_key("grpc-status") {
            false => None,
            true => {
                let mut trailers = head.headers.clone();
                read_status(&mut trailers).map(|outcome| outcome.map(|()| trailers))
            }
        };
        // Trailers-Only, if it is known already that nothing follows.
        let outcome = match outcome {
            Some(Err(status)) if body.is_end_stream() => {
                return Err(self.by_server(&waiting, &place, status));
            }
            outcome => outcome,
        };
        let extra = receiving(self.terms.as_deref(), &head.headers, self.channel.messages());
        let extra = extra.map_err(|cause| self.failed(&waiting, &place, cause))?;
        let compression = extra.as_ref().and_then(|extra| extra.compression);
        let body = match form {
            BodyEncoding::Binary => ResponseDecoder::new(body, compression).boxed_unsync(),
            BodyEncoding::Text => ResponseDecoder::new(TextBody::new(body), compression).boxed_unsync(),
        };
        let body = crate::wire::grpc::InboundBody::Http(body);
        Ok(Answered {
            headers: head.headers,
            outcome,
            inbound: Inbound::new(body, self.channel.max_reply_size(), extra),
            calling: self,
            place,
        })
    }

    async fn send_http1(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<(Response<AnswerBody>, Place), Status> {
        let progress = Http1Progress::default();
        let pool = &self.channel.grpc_web().pool;
        let sent = self.cancellation.guard(pool.send(request, &progress)).await;
        let step = progress.step();
        let place = Place {
            address: step.address.as_deref().cloned(),
            attempt: step.attempts.max(1),
        };
        let cause = match sent {
            Ok(Ok(response)) => {
                let (response, release) = response.into_parts();
                let report = self.report.clone();
                let release = move || {
                    // One with a request that is still being sent is busy.
                    if report.is_sent() {
                        release();
                    }
                };
                let response = response.map(|body| PooledBody::new(body, Box::new(release)).boxed_unsync());
                return Ok((response, place));
            }
            Ok(Err(Http1Error::Unconnected(status))) if !self.cancellation.deadline.has_passed() => {
                return Err(status);
            }
            Ok(Err(Http1Error::Unconnected(status))) => status,
            Ok(Err(Http1Error::Broken(error))) => broken(error),
            Err(ended) => ended,
        };
        Err(self.failed(&step.phase, &place, cause))
    }

    async fn send_http2(
        &mut self,
        request: Request<RequestBody>,
    ) -> Result<(Response<AnswerBody>, Place), Status> {
        let mut progress = service::Progress::default();
        let sent = self
            .cancellation
            .guard(service::exchange(&self.channel, request, &mut progress))
            .await;
        let place = Place {
            address: progress.address().cloned(),
            attempt: progress.attempt,
        };
        let cause = match sent {
            Ok(Ok(response)) => {
                let response =
                    response.map(|body| body.map_err(|error| described(error).into()).boxed_unsync());
                return Ok((response, place));
            }
            Ok(Err(Unsent::Unconnected(status))) if !self.cancellation.deadline.has_passed() => {
                return Err(status);
            }
            Ok(Err(Unsent::Unconnected(status))) => status,
            Ok(Err(Unsent::Failed(error))) => progress.describe(error),
            Err(ended) => ended,
        };
        Err(self.failed(&progress.phase, &place, cause))
    }

    /// What the server said, unless the call's time was over before.
    #[cold]
    pub(super) fn by_server(&mut self, phase: &dyn Display, place: &Place, status: Status) -> Status {
        match self.cancellation.deadline.has_passed() {
            true => self.failed(phase, place, status),
            false => status,
        }
    }

    /// The status of a call that ended here, for this cause or a better one.
    #[cold]
    pub(super) fn failed(&mut self, phase: &dyn Display, place: &Place, cause: Status) -> Status {
        let is_late = self.cancellation.deadline.has_passed();
        if !is_late && let Some(status) = self.report.take_failure() {
            return status;
        }
        let cause = match is_late {
            true => deadline_exceeded().with_source(cause),
            false => cause,
        };
        let circumstances = Circumstances {
            target: self.channel.target(),
            address: place.address.as_ref(),
            phase,
            attempt: place.attempt,
            elapsed: now() - self.cancellation.started(),
        };
        circumstances.call_failed(cause)
    }

    /// An answer must be HTTP's 200 with gRPC-Web's content type; anything else comes from something else.
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
        let shown = || -> String {
            let text = String::from_utf8_lossy(value.as_bytes());
            text.chars().take(64).collect()
        };
        let Some((form, name)) = parse_content_type(value.as_bytes()) else {
            return Err(Status::unknown(format!(
                "the server answered with the content type {:?}, which is not gRPC-Web's",
                shown()
            )));
        };
        let subtype = name.map_or(Subtype::Bare, Subtype::Named);
        match is_answer(self.terms.as_deref(), subtype) {
            true => Ok(form),
            false => Err(Status::internal(format!(
                "the server answered with the content type {:?}, which was not asked for",
                shown()
            ))),
        }
    }
}

/// What an error of an HTTP/2 stream means.
fn described(error: h2::Error) -> Status {
    let text = http2::describe(&error);
    from_h2(error).map_message(|_| text)
}

/// The cause with the beginning of an answer that is none, such as a proxy's page.
async fn page(mut body: AnswerBody, cause: Status) -> Status {
    let mut beginning = Vec::new();
    let reading = async {
        while beginning.len() <= SHOWN {
            let Some(Ok(frame)) = poll_fn(|cx| Pin::new(&mut body).poll_frame(cx)).await else {
                break;
            };
            if let Ok(data) = frame.into_data() {
                let room = SHOWN + 1 - beginning.len();
                beginning.extend_from_slice(&data[..data.len().min(room)]);
            }
        }
    };
    let _ = tokio::time::timeout(PATIENCE, reading).await;
    match beginning.is_empty() {
        true => cause,
        false => cause.map_message(|message| format!("{message}: {}", excerpt(&beginning))),
    }
}

/// An answer's body, whose connection is free again at its end.
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
        Poll::Ready(frame.map(|frame| frame.map_err(|error| broken(error).into())))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }
}

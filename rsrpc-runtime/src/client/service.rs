//! The channel as a `tower` service of HTTP requests, for clients of other gRPC libraries.

use std::convert::Infallible;
use std::task::{Context, Poll};

use bytes::Bytes;
use futures_core::future::BoxFuture;
use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::channel::Channel;
use super::http2_request::{Http2Progress, Http2RequestError, ResponseBody, send_http2};
use super::options::{Cancellation, deadline_exceeded};
use super::protocol_client::ProtocolClient;
use crate::call::{Status, now};
use crate::channel::FailureContext;
use crate::error::BoxError;
use crate::wire::grpc::{CONTENT_TYPE_GRPC, status_trailers};
use crate::wire::timeout::{TIMEOUT_HEADER, parse_timeout};

/// Sends HTTP requests over the channel's connection, for `tower` layers and the clients of other libraries such as
/// tonic.
///
/// The request's path, headers and body are sent unchanged to the channel's authority. A `grpc-timeout` header also limits
/// the wait for the response. Features of rsrpc's calls do not apply: interceptors, the default timeout, message size
/// limits. The channel's connection, credentials, keepalive and limits of transparent retries do. A request without a
/// body is retried if the server has not processed it.
///
/// The service never fails. In place of a missing response it returns a *Trailers-Only* response: the `grpc-status` of the
/// failure and no body. Dropping the future or the response body cancels the call.
///
/// Requires a channel with [`Protocol::Grpc`](super::Protocol::Grpc). Other channels return UNIMPLEMENTED.
impl<B> Service<Request<B>> for Channel
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response<ResponseBody>;
    type Error = Infallible;
    type Future = BoxFuture<'static, Result<Response<ResponseBody>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let channel = self.clone();
        Box::pin(async move {
            Ok(send(channel, request)
                .await
                .unwrap_or_else(|status| trailers_only(&status)))
        })
    }
}

/// Returns a response that consists of a status.
fn trailers_only(status: &Status) -> Response<ResponseBody> {
    let mut response = Response::new(ResponseBody::empty());
    response
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, CONTENT_TYPE_GRPC);
    status_trailers(Err(status), response.headers_mut());
    response
}

async fn send<B>(channel: Channel, request: Request<B>) -> Result<Response<ResponseBody>, Status>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    // Irrefutable if gRPC is the only protocol of the build.
    #[allow(irrefutable_let_patterns)]
    let ProtocolClient::Grpc(client) = channel.client() else {
        return Err(Status::unimplemented(format!(
            "the tower service of a channel requires the protocol grpc; this channel uses {}",
            channel.protocol()
        )));
    };
    let started = now();
    let timeout = match request.headers().get(TIMEOUT_HEADER) {
        Some(value) => Some(parse_timeout(value).map_err(Status::invalid_argument)?),
        None => None,
    };
    let deadline = timeout.and_then(|timeout| started.checked_add(timeout));
    let mut cancellation = Cancellation::new(started, deadline, None);
    let mut progress = Http2Progress::default();
    let sent = cancellation
        .guard(send_http2(client.subchannel(), request, |_| None, &mut progress))
        .await;
    let cause = match sent {
        Ok(Ok(response)) => return Ok(response),
        Ok(Err(Http2RequestError::Unconnected(status))) => return Err(status),
        Ok(Err(Http2RequestError::Failed(error))) => progress.describe(error),
        Err(ended) => ended,
    };
    let cause = match cancellation.deadline.has_passed() {
        true => deadline_exceeded().with_source(cause),
        false => cause,
    };
    let context = FailureContext {
        target: channel.target(),
        address: progress.address(),
        phase: &progress.phase,
        attempt: progress.attempt,
        elapsed: now() - started,
    };
    Err(context.call_failed(cause))
}

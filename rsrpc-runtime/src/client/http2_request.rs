//! One HTTP request over a subchannel's HTTP/2 connection, with transparent retries. Used by the tower service and by
//! gRPC-Web.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::uri::PathAndQuery;
use http::{Request, Response, Version};
use http_body::{Body, Frame as HttpFrame, SizeHint};
use tokio::task::AbortHandle;

use super::retry_limit::RetryLimit;
use crate::call::{Status, spawn};
use crate::channel::{Connection, Subchannel};
use crate::error::BoxError;
use crate::transport::{Address, http2};
use crate::wire::grpc::from_h2;
use crate::wire::http2::{Frame, Http2Body, send_body};

/// The progress of a request, for the status of a call that ends before its response.
pub(super) struct Http2Progress {
    pub(super) phase: &'static str,
    /// The number of the attempt, starting at 1.
    pub(super) attempt: u32,
    connection: Option<Arc<Connection<Frame>>>,
}

impl Default for Http2Progress {
    fn default() -> Self {
        Self {
            phase: "waiting for a connection",
            attempt: 1,
            connection: None,
        }
    }
}

impl Http2Progress {
    pub(super) fn address(&self) -> Option<&Address> {
        self.connection.as_ref().map(|connection| connection.address())
    }

    /// Returns the status for an error of `h2`. The connection's end reason replaces the text of an I/O error.
    pub(super) fn describe(&self, error: h2::Error) -> Status {
        let connection = self.connection.as_ref().filter(|_| error.is_io());
        let reason = connection.and_then(|connection| connection.end_reason());
        let text = reason.unwrap_or_else(|| http2::describe(&error));
        from_h2(error).map_message(|_| text)
    }
}

/// The reason that a request has no response.
pub(super) enum Http2RequestError {
    /// No connection could be made. The status is complete and needs no context.
    Unconnected(Status),
    /// The connection or the stream failed.
    Failed(h2::Error),
}

/// Sends a request and waits for the response head. Retries within the limits of [`RetryLimit`] if the request can be
/// sent again: it has no body, or `copy_body` returns a copy of it.
pub(super) async fn send_http2<B>(
    subchannel: &Arc<Subchannel<Frame>>,
    request: Request<B>,
    copy_body: fn(&B) -> Option<B>,
    progress: &mut Http2Progress,
) -> Result<Response<ResponseBody>, Http2RequestError>
where
    B: Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    let (mut head, body) = request.into_parts();
    let path = head.uri.into_parts().path_and_query;
    head.uri = subchannel
        .target()
        .uri(path.unwrap_or_else(|| PathAndQuery::from_static("/")));
    head.version = Version::HTTP_2;
    let mut retries = RetryLimit::default();
    let mut next_body = (!body.is_end_stream()).then_some(body);
    loop {
        let (mut sender, connection) = ready_connection(subchannel, &mut retries, progress).await?;
        let body = next_body.take();
        let (has_body, copy) = (body.is_some(), body.as_ref().and_then(copy_body));
        progress.phase = "waiting for the reply's headers";
        let bytes_before = connection.bytes_sent();
        let request = Request::from_parts(head.clone(), ());
        let (response, mut stream) = sender
            .send_request(request, !has_body)
            .map_err(Http2RequestError::Failed)?;
        drop(sender);
        let body_task = body.map(|body| {
            let sending = spawn(async move {
                let body = pin!(body);
                if let Err(error) = send_body(&mut stream, body).await {
                    tracing::debug!(%error, "request body failed");
                    // The server must not mistake the truncated body for a complete one.
                    stream.send_reset(h2::Reason::CANCEL);
                }
            });
            RequestBodyTask(sending.abort_handle())
        });
        let error = match response.await {
            Ok(response) => {
                let (head, body) = response.into_parts();
                connection.note_response();
                let body = ResponseBody {
                    stream: Some(Http2Body::new(body)),
                    request: body_task,
                    connection: Some(connection),
                };
                return Ok(Response::from_parts(head, body));
            }
            Err(error) => error,
        };
        let sent_nothing = connection.bytes_sent() == bytes_before;
        let can_resend = !has_body || copy.is_some();
        if !can_resend || !retries.allow_failed(&error, sent_nothing) {
            return Err(Http2RequestError::Failed(error));
        }
        tracing::debug!(target = %subchannel.target(), %error, "retrying a request that the server has not processed");
        if !error.is_reset() {
            subchannel.retire(&connection);
        }
        next_body = copy;
        progress.attempt += 1;
    }
}

/// Waits for a connection that accepts a request, skipping dead ones.
async fn ready_connection(
    subchannel: &Arc<Subchannel<Frame>>,
    retries: &mut RetryLimit,
    progress: &mut Http2Progress,
) -> Result<(h2::client::SendRequest<Frame>, Arc<Connection<Frame>>), Http2RequestError> {
    loop {
        progress.phase = "waiting for a connection";
        let connection = match subchannel.current() {
            Some(connection) => connection,
            None => subchannel
                .clone()
                .connected()
                .await
                .map_err(Http2RequestError::Unconnected)?,
        };
        progress.phase = "waiting for a stream of the connection";
        progress.connection = Some(connection.clone());
        let mut sender = connection.sender();
        let Err(error) = poll_fn(|cx| sender.poll_ready(cx)).await else {
            return Ok((sender, connection));
        };
        subchannel.retire(&connection);
        if !retries.allow_unsent() {
            return Err(Http2RequestError::Failed(error));
        }
        progress.attempt += 1;
    }
}

/// The task that sends a request's body. Dropping this stops the task.
struct RequestBodyTask(AbortHandle);

impl Drop for RequestBodyTask {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The body of a response that was received through a [`Channel`](super::Channel). Dropping it before its end cancels
/// the call.
pub struct ResponseBody {
    stream: Option<Http2Body>,
    request: Option<RequestBodyTask>,
    /// Held until the end of the call: keepalive counts the calls of a connection by its references.
    connection: Option<Arc<Connection<Frame>>>,
}

impl ResponseBody {
    pub(super) const fn empty() -> Self {
        Self {
            stream: None,
            request: None,
            connection: None,
        }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = h2::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<HttpFrame<Bytes>, h2::Error>>> {
        let Some(stream) = &mut self.stream else {
            return Poll::Ready(None);
        };
        let frame = std::task::ready!(Pin::new(stream).poll_frame(cx));
        if frame.is_none() {
            self.request = None;
            self.connection = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.stream.as_ref().is_none_or(|stream| stream.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.stream {
            Some(stream) => stream.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

impl std::fmt::Debug for ResponseBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ResponseBody").finish_non_exhaustive()
    }
}

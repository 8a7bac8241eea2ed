//! A JSON-RPC call from the client's side: one HTTP/1.1 POST, whatever the server is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures_core::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use super::excerpt::excerpt;
use super::options::{Cancellation, deadline_exceeded};
use super::start::{Start, request_headers};
use super::{Channel, Response};
use crate::call::{
    CallParts, Code, JsonCodec, JsonContext, JsonError, MessageCodec, Metadata, MethodDescriptor, Status, now,
};
use crate::channel::{
    Circumstances, ConnectOptions, Http1Error, Http1Pool, Http1Progress, RequestBody, broken,
};
use crate::wire::jsonrpc::{read_response, write_request};

const JSON: HeaderValue = HeaderValue::from_static("application/json");

/// What a channel has for JSON-RPC.
pub(crate) struct JsonRpcClient {
    pool: Arc<Http1Pool>,
    /// The last id given away.
    last_id: AtomicU64,
    /// What every request begins with.
    headers: HeaderMap,
    json: JsonContext,
    max_reply_size: usize,
}

impl JsonRpcClient {
    pub(crate) fn new(
        options: ConnectOptions,
        user_agent: HeaderValue,
        json: JsonContext,
        max_reply_size: usize,
    ) -> Self {
        // An authority is always a header value.
        let host = HeaderValue::from_str(options.target.authority().as_str()).ok();
        let headers = [
            (CONTENT_TYPE, Some(JSON)),
            (ACCEPT, Some(JSON)),
            (USER_AGENT, Some(user_agent)),
            (HOST, host),
        ];
        Self {
            pool: Http1Pool::new(options),
            last_id: AtomicU64::new(0),
            headers: headers
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            // An older client has to get along with a newer server.
            json: json.ignore_unknown(true),
            max_reply_size,
        }
    }

    /// Sends one text and reads the answer.
    async fn post(
        &self,
        body: Vec<u8>,
        parts: CallParts,
        progress: &Http1Progress,
    ) -> Result<Answer, PostError> {
        let mut request = Request::post(self.pool.target().path().clone())
            .body(RequestBody::Whole(Full::new(Bytes::from(body))))
            .expect("a path is a URI");
        *request.headers_mut() = request_headers(&self.headers, parts.deadline, &parts.metadata);
        let sent = self.pool.send(request, progress).await;
        let (response, release) = sent
            .map_err(|error| match error {
                Http1Error::Unconnected(status) => PostError::Unconnected(status),
                Http1Error::Broken(error) => PostError::Call(broken(error)),
            })?
            .into_parts();
        let (head, body) = response.into_parts();
        let text = self.read(body).await.map_err(PostError::Call)?;
        release();
        Ok(Answer {
            status: head.status,
            headers: head.headers,
            text,
        })
    }

    async fn read(&self, mut body: Incoming) -> Result<Bytes, Status> {
        let mut first = Bytes::new();
        let mut joined = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(broken)?;
            let Ok(data) = frame.into_data() else { continue };
            if data.len() > self.max_reply_size.saturating_sub(first.len() + joined.len()) {
                return Err(Status::resource_exhausted(format!(
                    "the reply is larger than the limit of {} bytes",
                    self.max_reply_size
                )));
            }
            if first.is_empty() && joined.is_empty() {
                first = data;
            } else {
                joined.extend_from_slice(&std::mem::take(&mut first));
                joined.extend_from_slice(&data);
            }
        }
        Ok(if joined.is_empty() { first } else { joined.freeze() })
    }

    /// A status that is made here, not by the server.
    #[cold]
    fn failed(&self, progress: &Http1Progress, cancellation: &Cancellation, cause: Status) -> Status {
        let step = progress.step();
        let circumstances = Circumstances {
            target: self.pool.target(),
            address: step.address.as_deref(),
            phase: &step.phase,
            attempt: step.attempts.max(1),
            elapsed: now() - cancellation.started(),
        };
        circumstances.call_failed(cause)
    }
}

/// Why there is no answer.
enum PostError {
    /// There is no connection; the status says all of that.
    Unconnected(Status),
    Call(Status),
}

/// An answer without a JSON-RPC response; `reason` says what is wrong with it as one.
fn no_response(answer: &Answer, reason: &str) -> Status {
    if answer.status == StatusCode::OK {
        return Status::internal(format!("the server sent no JSON-RPC response: {reason}"));
    }
    // Where the body says nothing, the HTTP status does.
    let mut message = format!("the server answered with the HTTP status {}", answer.status);
    if !answer.text.is_empty() {
        message = format!("{message}: {}", excerpt(&answer.text));
    }
    Status::new(from_http_status(answer.status), message)
}

/// What a POST came to.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    text: Bytes,
}

/// What a streaming method comes to.
pub(crate) fn needs_streaming(method: &MethodDescriptor) -> Status {
    Status::unimplemented(format!(
        "{} needs streams, which JSON-RPC over HTTP does not carry here",
        method.full_name()
    ))
}

/// Makes a unary call.
pub(crate) fn unary<Req: Send + 'static, Rep: Send + 'static>(
    start: Start<Req, Rep>,
    request: &Req,
) -> Result<BoxFuture<'static, Result<Response<Rep>, Status>>, Status> {
    let Start {
        channel,
        method,
        parts,
        cancellation,
    } = start;
    let (params, reply) = (json(method.request())?, json(method.reply())?);
    let name = method.descriptor().full_name();
    let (id, body) = written(channel.jsonrpc(), name, &mut |context, output| {
        (params.encode_params)(request, context, output)
    })?;
    let sent = Sent {
        channel,
        name,
        id,
        body,
        parts,
        cancellation,
    };
    Ok(Box::pin(async move {
        let mut message = None;
        let headers = sent
            .answer(&mut |text, context| {
                message = Some((reply.decode)(text, context)?);
                Ok(())
            })
            .await?;
        Ok(Response {
            message: message.expect("an answer without an error was read"),
            headers,
            trailers: Metadata::new(),
        })
    }))
}

/// Appends a request's `params`.
type WriteParams<'a> = &'a mut dyn FnMut(&JsonContext, &mut Vec<u8>) -> Result<(), JsonError>;

/// A request's id and text.
fn written(client: &JsonRpcClient, name: &str, params: WriteParams<'_>) -> Result<(u64, Vec<u8>), Status> {
    let id = client.last_id.fetch_add(1, Ordering::Relaxed) + 1;
    let mut body = Vec::with_capacity(256);
    write_request(name, id, &mut body, |output| params(&client.json, output)).map_err(|error| {
        let message = format!("the request of {name} cannot be written: {error}");
        Status::invalid_argument(message).with_source(error)
    })?;
    Ok((id, body))
}

/// A call whose request is written.
struct Sent {
    channel: Channel,
    /// The method's.
    name: &'static str,
    id: u64,
    body: Vec<u8>,
    parts: CallParts,
    cancellation: Cancellation,
}

/// Reads a result into where the caller has it.
type ReadResult<'a> = &'a mut (dyn FnMut(&str, &JsonContext) -> Result<(), JsonError> + Send);

impl Sent {
    /// Sends the request and has the result read; the answer's headers. Boxed, so that it is compiled here and not
    /// again with each pair of message types.
    #[inline(never)]
    fn answer<'a>(self, read: ReadResult<'a>) -> BoxFuture<'a, Result<Metadata, Status>> {
        Box::pin(self.run(read))
    }

    async fn run(self, read: ReadResult<'_>) -> Result<Metadata, Status> {
        let Self {
            channel,
            name,
            id,
            body,
            parts,
            mut cancellation,
        } = self;
        let client = channel.jsonrpc();
        let progress = Http1Progress::default();
        let posted = cancellation.guard(client.post(body, parts, &progress)).await;
        let answer = posted
            .unwrap_or_else(|ended| Err(PostError::Call(ended)))
            .map_err(|error| {
                let (status, is_whole) = match error {
                    PostError::Unconnected(status) => (status, true),
                    PostError::Call(status) => (status, false),
                };
                // The server's word may be faster than our clock's tick.
                if cancellation.deadline.has_passed() {
                    let status = deadline_exceeded().with_source(status);
                    client.failed(&progress, &cancellation, status)
                } else if is_whole {
                    status
                } else {
                    client.failed(&progress, &cancellation, status)
                }
            })?;
        // A server may well send its errors with another HTTP status.
        let result = read_response(&answer.text, id, &client.json)
            .map_err(|reason| client.failed(&progress, &cancellation, no_response(&answer, reason)))??;
        read(result, &client.json).map_err(|error| {
            let cause = Status::internal(format!("the result of {name} cannot be read: {error}"));
            client.failed(&progress, &cancellation, cause.with_source(error))
        })?;
        Ok(Metadata::from_headers(answer.headers))
    }
}

fn json<M>(codec: &'static MessageCodec<M>) -> Result<&'static JsonCodec<M>, Status> {
    codec.as_json().ok_or_else(|| {
        Status::unimplemented(format!(
            "{} was generated without JSON: it cannot be called over JSON-RPC",
            codec.name()
        ))
    })
}

/// What an HTTP status says of a call that has no other answer.
fn from_http_status(status: StatusCode) -> Code {
    match status.as_u16() {
        401 => Code::Unauthenticated,
        403 => Code::PermissionDenied,
        404 | 405 | 415 => Code::Unimplemented,
        413 => Code::ResourceExhausted,
        429 | 502 | 503 | 504 => Code::Unavailable,
        400 => Code::Internal,
        _ => Code::Unknown,
    }
}

impl fmt::Debug for JsonRpcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JsonRpcClient")
            .field("pool", &self.pool)
            .finish_non_exhaustive()
    }
}

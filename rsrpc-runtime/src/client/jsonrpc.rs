//! The JSON-RPC client: each call is one HTTP/1.1 POST.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::{Bytes, BytesMut};
use futures_core::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderValue, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;

use super::body_excerpt::excerpt;
use super::codec::ClientMessageOptions;
use super::http1_request::{Http1Progress, Http1RequestError, send_http1};
use super::options::{Cancellation, deadline_exceeded};
use super::prepared_call::{PreparedCall, request_headers};
use super::response::Response;
use crate::call::{
    CallParts, Code, JsonCodec, JsonContext, JsonError, MessageCodec, Metadata, MethodDescriptor, Status,
    Streaming, now,
};
use crate::channel::{ConnectOptions, FailureContext, Http1Pool, HttpRequestBody, http1_failure};
use crate::wire::jsonrpc::{read_response, write_request};

const JSON_CONTENT_TYPE: HeaderValue = HeaderValue::from_static("application/json");

/// The JSON-RPC client of a channel.
pub(crate) struct JsonRpcClient {
    pool: Arc<Http1Pool>,
    /// The id of the most recent request.
    last_id: AtomicU64,
    /// The headers that every request starts with.
    headers: HeaderMap,
    json: JsonContext,
    max_reply_size: usize,
}

impl JsonRpcClient {
    pub(crate) fn new(
        options: ConnectOptions,
        user_agent: HeaderValue,
        messages: ClientMessageOptions,
    ) -> Arc<Self> {
        // An authority is always a valid header value.
        let host = HeaderValue::from_str(options.target.authority().as_str()).ok();
        let headers = [
            (CONTENT_TYPE, Some(JSON_CONTENT_TYPE)),
            (ACCEPT, Some(JSON_CONTENT_TYPE)),
            (USER_AGENT, Some(user_agent)),
            (HOST, host),
        ];
        Arc::new(Self {
            pool: Http1Pool::new(options),
            last_id: AtomicU64::new(0),
            headers: headers
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            json: messages.json,
            max_reply_size: messages.max_reply_size,
        })
    }

    pub(crate) fn unary<Req: Send + 'static, Rep: Send + 'static>(
        self: &Arc<Self>,
        call: PreparedCall<Req, Rep>,
        request: &Req,
    ) -> Result<BoxFuture<'static, Result<Response<Rep>, Status>>, Status> {
        let PreparedCall {
            method,
            parts,
            cancellation,
        } = call;
        let (params, reply) = (json_codec(method.request())?, json_codec(method.reply())?);
        let name = method.descriptor().full_name();
        let (id, body) = self.encode_request(name, &mut |context, output| {
            (params.encode_params)(request, context, output)
        })?;
        let call = JsonRpcCall {
            client: self.clone(),
            name,
            id,
            body,
            parts,
            cancellation,
        };
        Ok(Box::pin(async move {
            let mut message = None;
            let headers = call
                .send(&mut |text, context| {
                    message = Some((reply.decode)(text, context)?);
                    Ok(())
                })
                .await?;
            let message = message.expect("a result without an error has been decoded");
            Ok(Response::new(message, headers, Metadata::new()))
        }))
    }

    pub(crate) async fn server_streaming<Req, Rep>(
        &self,
        call: PreparedCall<Req, Rep>,
        _: Req,
    ) -> Result<Streaming<Rep>, Status> {
        Err(streaming_unsupported(call.method.descriptor()))
    }

    pub(crate) async fn client_streaming<Req, Rep>(
        &self,
        call: PreparedCall<Req, Rep>,
        _: Streaming<Req>,
    ) -> Result<Response<Rep>, Status> {
        Err(streaming_unsupported(call.method.descriptor()))
    }

    pub(crate) async fn bidi<Req, Rep>(
        &self,
        call: PreparedCall<Req, Rep>,
        _: Streaming<Req>,
    ) -> Result<Streaming<Rep>, Status> {
        Err(streaming_unsupported(call.method.descriptor()))
    }

    /// Returns the id and the text of a new request.
    fn encode_request(&self, name: &str, params: EncodeParams<'_>) -> Result<(u64, Vec<u8>), Status> {
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut body = Vec::with_capacity(256);
        write_request(name, id, &mut body, |output| params(&self.json, output)).map_err(|error| {
            let message = format!("the request of {name} cannot be written: {error}");
            Status::invalid_argument(message).with_source(error)
        })?;
        Ok((id, body))
    }

    /// Posts a request and reads the whole response.
    async fn post(
        &self,
        body: Vec<u8>,
        parts: CallParts,
        progress: &Http1Progress,
    ) -> Result<HttpReply, PostError> {
        let mut request = Request::post(self.pool.target().path().clone())
            .body(HttpRequestBody::Complete(Full::new(Bytes::from(body))))
            .expect("a path is a valid URI");
        *request.headers_mut() = request_headers(&self.headers, parts.deadline, &parts.metadata);
        let sent = send_http1(&self.pool, request, progress).await;
        let (response, release) = sent
            .map_err(|error| match error {
                Http1RequestError::Unconnected(status) => PostError::Unconnected(status),
                Http1RequestError::Failed(error) => PostError::Call(http1_failure(error)),
            })?
            .into_parts();
        let (head, body) = response.into_parts();
        let text = self.read_body(body).await.map_err(PostError::Call)?;
        release();
        Ok(HttpReply {
            status: head.status,
            headers: head.headers,
            text,
        })
    }

    async fn read_body(&self, mut body: Incoming) -> Result<Bytes, Status> {
        let mut first = Bytes::new();
        let mut joined = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(http1_failure)?;
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

    /// Adds the call's context to a status that the client creates.
    #[cold]
    fn with_context(&self, progress: &Http1Progress, cancellation: &Cancellation, cause: Status) -> Status {
        let step = progress.step();
        let context = FailureContext {
            target: self.pool.target(),
            address: step.address.as_deref(),
            phase: &step.phase,
            attempt: step.attempts.max(1),
            elapsed: now() - cancellation.started(),
        };
        context.call_failed(cause)
    }
}

/// The reason that a request has no response.
enum PostError {
    /// No connection could be made. The status is complete and needs no context.
    Unconnected(Status),
    Call(Status),
}

/// An HTTP response with its whole body.
struct HttpReply {
    status: StatusCode,
    headers: HeaderMap,
    text: Bytes,
}

/// Returns the status for an HTTP response whose body is not a JSON-RPC response, for `reason`.
fn invalid_response(reply: &HttpReply, reason: &str) -> Status {
    if reply.status == StatusCode::OK {
        return Status::internal(format!("the server sent no JSON-RPC response: {reason}"));
    }
    let mut message = format!("the server answered with the HTTP status {}", reply.status);
    if !reply.text.is_empty() {
        message = format!("{message}: {}", excerpt(&reply.text));
    }
    Status::new(code_from_http_status(reply.status), message)
}

/// Returns the status of a streaming call.
fn streaming_unsupported(method: &MethodDescriptor) -> Status {
    Status::unimplemented(format!(
        "{} is a streaming method: JSON-RPC over HTTP supports unary calls only; use gRPC or gRPC-Web",
        method.full_name()
    ))
}

/// Appends a request's `params`.
type EncodeParams<'a> = &'a mut dyn FnMut(&JsonContext, &mut Vec<u8>) -> Result<(), JsonError>;

/// Decodes a result and stores it for the caller.
type DecodeResult<'a> = &'a mut (dyn FnMut(&str, &JsonContext) -> Result<(), JsonError> + Send);

/// A call with an encoded request.
struct JsonRpcCall {
    client: Arc<JsonRpcClient>,
    /// The full name of the method.
    name: &'static str,
    id: u64,
    body: Vec<u8>,
    parts: CallParts,
    cancellation: Cancellation,
}

impl JsonRpcCall {
    /// Sends the request and decodes the result. Returns the response headers. Boxed: compiled once instead of once for
    /// each pair of message types.
    #[inline(never)]
    fn send<'a>(self, decode: DecodeResult<'a>) -> BoxFuture<'a, Result<Metadata, Status>> {
        Box::pin(self.run(decode))
    }

    async fn run(self, decode: DecodeResult<'_>) -> Result<Metadata, Status> {
        let Self {
            client,
            name,
            id,
            body,
            parts,
            mut cancellation,
        } = self;
        let progress = Http1Progress::default();
        let posted = cancellation.guard(client.post(body, parts, &progress)).await;
        let reply = posted
            .unwrap_or_else(|ended| Err(PostError::Call(ended)))
            .map_err(|error| {
                let (status, is_complete) = match error {
                    PostError::Unconnected(status) => (status, true),
                    PostError::Call(status) => (status, false),
                };
                // The server's response can arrive before the tick of our own deadline timer.
                if cancellation.deadline.has_passed() {
                    let status = deadline_exceeded().with_source(status);
                    client.with_context(&progress, &cancellation, status)
                } else if is_complete {
                    status
                } else {
                    client.with_context(&progress, &cancellation, status)
                }
            })?;
        // Servers may send JSON-RPC errors with an HTTP status other than 200.
        let result = read_response(&reply.text, id, &client.json).map_err(|reason| {
            client.with_context(&progress, &cancellation, invalid_response(&reply, reason))
        })??;
        decode(result, &client.json).map_err(|error| {
            let cause = Status::internal(format!("the result of {name} cannot be read: {error}"));
            client.with_context(&progress, &cancellation, cause.with_source(error))
        })?;
        Ok(Metadata::from_headers(reply.headers))
    }
}

fn json_codec<M>(codec: &'static MessageCodec<M>) -> Result<&'static JsonCodec<M>, Status> {
    codec.as_json().ok_or_else(|| {
        Status::unimplemented(format!(
            "{} was generated without JSON: JSON-RPC calls require it; enable JSON in the generator's options",
            codec.name()
        ))
    })
}

/// Returns the status code for an HTTP status without a JSON-RPC response.
fn code_from_http_status(status: StatusCode) -> Code {
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

//! The gRPC-Web client of a channel: its connections, its common request headers, and one method for each kind of rpc.

use std::fmt;
use std::future::poll_fn;
use std::sync::Arc;

use bytes::Buf as _;
use futures_core::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, HOST, USER_AGENT};
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use http_body_util::{BodyExt as _, Full};

use super::call::WebClientCall;
use super::options::GrpcWeb;
use super::request_body::{RequestBodyState, RequestStreamBody, encode_form};
use super::response_head::{WebCallContext, WebTransport};
use crate::call::{Status, Streaming};
use crate::channel::{ConnectOptions, Http1Pool, HttpRequestBody, Subchannel, Target};
use crate::client::codec::ClientMessageOptions;
use crate::client::grpc::RequestEncoding;
use crate::client::prepared_call::{PreparedCall, request_headers};
use crate::client::response::Response;
use crate::client::unary_collector::UnaryCollector;
use crate::wire::grpc::{ACCEPT_ENCODING, CONTENT_TYPE_GRPC, message_frame};
use crate::wire::grpc_web::{BodyEncoding, grpc_web_content_type};

/// The gRPC-Web client of a channel.
pub(crate) struct GrpcWebClient {
    transport: WebTransport,
    messages: Arc<ClientMessageOptions>,
    form: BodyEncoding,
    /// The headers that every request starts with.
    headers: HeaderMap,
}

impl GrpcWebClient {
    pub(crate) fn new(
        connect: ConnectOptions,
        options: GrpcWeb,
        user_agent: HeaderValue,
        messages: ClientMessageOptions,
    ) -> Arc<Self> {
        // An authority is always a valid header value. HTTP/2 sends it as `:authority`.
        let host = HeaderValue::from_str(connect.target.authority().as_str()).ok();
        let headers = [
            (
                HeaderName::from_static("x-grpc-web"),
                Some(HeaderValue::from_static("1")),
            ),
            (USER_AGENT, Some(user_agent)),
            (HOST, host.filter(|_| !options.is_http2)),
            (ACCEPT_ENCODING, messages.accept_encoding()),
        ];
        Arc::new(Self {
            transport: match options.is_http2 {
                true => WebTransport::Http2(Subchannel::new(connect)),
                false => WebTransport::Http1(Http1Pool::new(connect)),
            },
            messages: Arc::new(messages),
            form: if options.is_text {
                BodyEncoding::Text
            } else {
                BodyEncoding::Binary
            },
            headers: headers
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
        })
    }

    pub(crate) fn unary<Req: Send + 'static, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        request: &Req,
    ) -> Result<BoxFuture<'static, Result<Response<Rep>, Status>>, Status> {
        let call = self.start_with_message(call, request)?;
        Ok(Box::pin(collect(call)))
    }

    pub(crate) async fn server_streaming<Req: Send + 'static, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        request: Req,
    ) -> Result<Streaming<Rep>, Status> {
        let mut call = self.start_with_message(call, &request)?;
        drop(request);
        poll_fn(|cx| call.poll_response(cx)).await?;
        Ok(Streaming::from_source(call))
    }

    pub(crate) async fn client_streaming<Req: Send + 'static, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        requests: Streaming<Req>,
    ) -> Result<Response<Rep>, Status> {
        let (call, _) = self.start_with_stream(call, requests)?;
        collect(call).await
    }

    /// Returns when the request is being sent. Waiting for the response would deadlock with a server that responds only to
    /// requests.
    pub(crate) async fn bidi<Req: Send + 'static, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        requests: Streaming<Req>,
    ) -> Result<Streaming<Rep>, Status> {
        let (mut call, body_state) = self.start_with_stream(call, requests)?;
        let responded = tokio::select! {
            biased;
            () = body_state.sending_started() => Ok(()),
            responded = poll_fn(|cx| call.poll_response(cx)) => responded,
        };
        match responded {
            // Once the request is being sent, the stream reports failures.
            Err(status) if body_state.has_started() => call.fail_with(status),
            responded => responded?,
        }
        Ok(Streaming::from_source(call))
    }

    /// Starts a call with one request message.
    fn start_with_message<Req, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        message: &Req,
    ) -> Result<WebClientCall<Rep>, Status> {
        let encoding = RequestEncoding::new(call.method, call.parts.compression_override, &self.messages)?;
        let options = encoding.as_ref().map(|encoding| encoding.encode_options());
        let mut frame = message_frame(call.method.request(), message, options.as_deref())?;
        let bytes = frame.copy_to_bytes(frame.remaining());
        let body = HttpRequestBody::Complete(Full::new(encode_form(self.form, bytes)));
        Ok(self.start(call, encoding, body, RequestBodyState::complete()))
    }

    /// Starts a call with a stream of request messages.
    fn start_with_stream<Req: Send + 'static, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        requests: Streaming<Req>,
    ) -> Result<(WebClientCall<Rep>, Arc<RequestBodyState>), Status> {
        let encoding = RequestEncoding::new(call.method, call.parts.compression_override, &self.messages)?;
        let options = encoding.as_ref().map(|encoding| encoding.encode_options());
        let body_state = RequestBodyState::new(requests.call_outcome());
        let body = RequestStreamBody::new(
            requests,
            call.method.request(),
            options,
            self.form,
            body_state.clone(),
        );
        let body = HttpRequestBody::Stream(body.boxed_unsync());
        Ok((self.start(call, encoding, body, body_state.clone()), body_state))
    }

    fn start<Req, Rep: Send + 'static>(
        &self,
        call: PreparedCall<Req, Rep>,
        encoding: Option<Box<RequestEncoding>>,
        body: HttpRequestBody,
        body_state: Arc<RequestBodyState>,
    ) -> WebClientCall<Rep> {
        let PreparedCall {
            method,
            parts,
            cancellation,
        } = call;
        let mut headers = request_headers(&self.headers, parts.deadline, &parts.metadata);
        if let Some(encoding) = &encoding {
            encoding.set_headers(&mut headers);
        }
        let grpc = headers.remove(CONTENT_TYPE).unwrap_or(CONTENT_TYPE_GRPC);
        if let Some(content_type) = grpc_web_content_type(&grpc, "proto", self.form) {
            headers.insert(ACCEPT, content_type.clone());
            headers.insert(CONTENT_TYPE, content_type);
        }
        let path = method_path(
            self.transport.target(),
            parts.method.map_or("/", |method| method.path()),
        );
        let mut request = Request::post(path).body(body).expect("a path is a valid URI");
        *request.headers_mut() = headers;
        let context = WebCallContext {
            transport: self.transport.clone(),
            messages: self.messages.clone(),
            encoding,
            cancellation,
            body_state,
        };
        WebClientCall::new(method.reply(), context, request)
    }
}

async fn collect<Rep: Send + 'static>(call: WebClientCall<Rep>) -> Result<Response<Rep>, Status> {
    let mut collector = UnaryCollector::new(call);
    poll_fn(|cx| collector.poll_response(cx)).await
}

/// Returns a method's path, prefixed with the path of the target.
fn method_path(target: &Target, method: &'static str) -> PathAndQuery {
    let prefix = target.path().path().trim_end_matches('/');
    if prefix.is_empty() {
        return PathAndQuery::from_static(method);
    }
    PathAndQuery::try_from(format!("{prefix}{method}")).expect("two joined paths are a valid path")
}

impl fmt::Debug for GrpcWebClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GrpcWebClient")
            .field("target", self.transport.target())
            .field("form", &self.form)
            .finish_non_exhaustive()
    }
}

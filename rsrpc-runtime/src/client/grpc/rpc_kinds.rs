//! Starts a gRPC call of each kind of rpc.

use std::future::poll_fn;
use std::sync::Arc;

use super::call::{ClientCall, RequestPayload};
use super::client::GrpcClient;
use super::encoding::RequestEncoding;
use super::request_sender::TypedRequests;
use crate::call::{Status, Streaming};
use crate::client::prepared_call::PreparedCall;
use crate::client::response::Response;
use crate::client::unary_collector::UnaryCollector;
use crate::wire::grpc::shared_message_frame;
use crate::wire::http2::Frame;

/// The encoding of a call, if it is not the default, and its request stream.
type PreparedStream<Req> = (Option<Box<RequestEncoding>>, Box<TypedRequests<Req>>);

impl GrpcClient {
    pub(crate) fn unary<Req, Rep: Send + 'static>(
        self: &Arc<Self>,
        call: PreparedCall<Req, Rep>,
        request: &Req,
    ) -> Result<UnaryCollector<ClientCall<Rep>, Rep>, Status> {
        let (encoding, message) = self.encode(&call, request)?;
        let call = self.start(call, RequestPayload::Message(message), encoding);
        Ok(UnaryCollector::new(call))
    }

    pub(crate) async fn server_streaming<Req, Rep: Send + 'static>(
        self: &Arc<Self>,
        call: PreparedCall<Req, Rep>,
        request: Req,
    ) -> Result<Streaming<Rep>, Status> {
        let (encoding, message) = self.encode(&call, &request)?;
        drop(request);
        let mut call = self.start(call, RequestPayload::Message(message), encoding);
        poll_fn(|cx| call.state().poll_response(cx)).await?;
        Ok(Streaming::from_source(call))
    }

    pub(crate) async fn client_streaming<Req: Send + 'static, Rep: Send + 'static>(
        self: &Arc<Self>,
        call: PreparedCall<Req, Rep>,
        messages: Streaming<Req>,
    ) -> Result<Response<Rep>, Status> {
        let (encoding, requests) = self.prepare_stream(&call, messages)?;
        let call = self.start(call, RequestPayload::Inline(requests), encoding);
        let mut collector = UnaryCollector::new(call);
        poll_fn(|cx| collector.poll_response(cx)).await
    }

    /// Returns when the request headers have been sent. Waiting for the response would deadlock with a server that
    /// responds only to requests.
    pub(crate) async fn bidi<Req: Send + 'static, Rep: Send + 'static>(
        self: &Arc<Self>,
        call: PreparedCall<Req, Rep>,
        messages: Streaming<Req>,
    ) -> Result<Streaming<Rep>, Status> {
        let (encoding, requests) = self.prepare_stream(&call, messages)?;
        let mut call = self.start(call, RequestPayload::Task(requests), encoding);
        poll_fn(|cx| call.state().poll_sent(cx)).await?;
        Ok(Streaming::from_source(call))
    }

    fn start<Req, Rep: Send + 'static>(
        self: &Arc<Self>,
        call: PreparedCall<Req, Rep>,
        payload: RequestPayload,
        encoding: Option<Box<RequestEncoding>>,
    ) -> ClientCall<Rep> {
        ClientCall::new(self.clone(), call, payload, encoding)
    }

    /// Encodes the only message of a request.
    fn encode<Req, Rep>(
        &self,
        call: &PreparedCall<Req, Rep>,
        message: &Req,
    ) -> Result<(Option<Box<RequestEncoding>>, Frame), Status> {
        let encoding = RequestEncoding::new(call.method, call.parts.compression_override, self.messages())?;
        let options = encoding.as_ref().map(|encoding| encoding.encode_options());
        let frame = shared_message_frame(call.method.request(), message, options.as_deref())?;
        Ok((encoding, frame))
    }

    /// Prepares a stream of request messages.
    fn prepare_stream<Req: Send + 'static, Rep>(
        &self,
        call: &PreparedCall<Req, Rep>,
        messages: Streaming<Req>,
    ) -> Result<PreparedStream<Req>, Status> {
        let encoding = RequestEncoding::new(call.method, call.parts.compression_override, self.messages())?;
        let requests = TypedRequests {
            messages,
            codec: call.method.request(),
            options: encoding.as_ref().map(|encoding| encoding.encode_options()),
        };
        Ok((encoding, Box::new(requests)))
    }
}

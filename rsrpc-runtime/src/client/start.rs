//! Starts calls in what their channel speaks.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use futures_core::future::BoxFuture;
use http::HeaderMap;

use super::options::{CallOptions, Cancellation};
use super::{Channel, Protocol, Response};
use crate::call::{self, CallParts, Metadata, Method, Status, Streaming};
use crate::channel::Circumstances;
use crate::interceptor::{Call, Reply, RequestBody};
use crate::wire::timeout::{TIMEOUT_HEADER, format_timeout};

use super::grpc;
#[cfg(feature = "grpc-web")]
use super::grpc_web;
#[cfg(feature = "jsonrpc")]
use super::jsonrpc;

/// A call that is begun, before it is known how it travels.
pub(crate) struct Start<Req: 'static, Rep: 'static> {
    pub(crate) channel: Channel,
    pub(crate) method: &'static Method<Req, Rep>,
    pub(crate) parts: CallParts,
    pub(crate) cancellation: Cancellation,
}

/// A unary call under way; over gRPC without an erased future.
// The large variant is the usual one.
#[allow(clippy::large_enum_variant)]
pub(crate) enum Unary<Rep: 'static> {
    Grpc(grpc::OneReply<Rep>),
    Boxed(BoxFuture<'static, Result<Response<Rep>, Status>>),
    Failed(Option<Status>),
}

impl<Req: Send + 'static, Rep: Send + 'static> Start<Req, Rep> {
    /// Begins a call: from here on its time runs.
    pub(crate) fn new(
        channel: Channel,
        method: &'static Method<Req, Rep>,
        options: CallOptions,
    ) -> Result<Self, Status> {
        let (parts, cancellation) = options.begin(&channel, method.descriptor())?;
        Ok(Self {
            channel,
            method,
            parts,
            cancellation,
        })
    }

    /// Whether the call has to go through [`intercept`](Self::intercept).
    pub(crate) fn has_interceptors(&self) -> bool {
        !self.channel.chain().is_empty()
    }

    /// The incoming call that this one is part of.
    pub(crate) fn parent(&self) -> Option<call::Context> {
        self.cancellation.parent()
    }

    /// Runs a call through its channel's interceptors; `send` makes the call that they let through, with their
    /// changes. `parent` is what ends that call, too: for a stream of replies, which outlives the interceptors.
    pub(crate) async fn intercept<F, Fut>(
        self,
        body: RequestBody,
        parent: Option<call::Context>,
        send: F,
    ) -> Result<Reply, Status>
    where
        F: FnOnce(Self, Call) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Reply, Status>> + Send + 'static,
    {
        let Self {
            channel,
            method,
            parts,
            mut cancellation,
        } = self;
        let chain = channel.chain().clone();
        let (started, target) = (cancellation.started(), channel.clone());
        let replied = chain.run(Call::new(parts, body), move |mut call| {
            let parts = std::mem::take(&mut call.parts);
            let cancellation = Cancellation::new(started, parts.deadline, parent);
            let start = Self {
                channel,
                method,
                parts,
                cancellation,
            };
            send(start, call)
        });
        let ended = match cancellation.guard(replied).await {
            Ok(replied) => return replied,
            Err(ended) => ended,
        };
        let circumstances = Circumstances {
            target: target.target(),
            address: None,
            phase: &"in the channel's interceptors",
            attempt: 1,
            elapsed: call::now() - started,
        };
        Err(circumstances.call_failed(ended))
    }

    pub(crate) fn unary(self, request: Req) -> Unary<Rep> {
        let started = match self.channel.protocol() {
            Protocol::Grpc => grpc::unary(self, &request).map(Unary::Grpc),
            #[cfg(feature = "grpc-web")]
            Protocol::GrpcWeb => grpc_web::unary(self, &request).map(Unary::Boxed),
            #[cfg(feature = "jsonrpc")]
            Protocol::JsonRpc => jsonrpc::unary(self, &request).map(Unary::Boxed),
        };
        started.unwrap_or_else(|status| Unary::Failed(Some(status)))
    }

    pub(crate) async fn server_streaming(self, request: Req) -> Result<Streaming<Rep>, Status> {
        match self.channel.protocol() {
            Protocol::Grpc => grpc::server_streaming(self, request).await,
            #[cfg(feature = "grpc-web")]
            Protocol::GrpcWeb => grpc_web::server_streaming(self, request).await,
            #[cfg(feature = "jsonrpc")]
            Protocol::JsonRpc => Err(jsonrpc::needs_streaming(self.method.descriptor())),
        }
    }

    pub(crate) async fn client_streaming(self, requests: Streaming<Req>) -> Result<Response<Rep>, Status> {
        match self.channel.protocol() {
            Protocol::Grpc => grpc::client_streaming(self, requests).await,
            #[cfg(feature = "grpc-web")]
            Protocol::GrpcWeb => grpc_web::client_streaming(self, requests).await,
            #[cfg(feature = "jsonrpc")]
            Protocol::JsonRpc => Err(jsonrpc::needs_streaming(self.method.descriptor())),
        }
    }

    pub(crate) async fn bidi(self, requests: Streaming<Req>) -> Result<Streaming<Rep>, Status> {
        match self.channel.protocol() {
            Protocol::Grpc => grpc::bidi(self, requests).await,
            #[cfg(feature = "grpc-web")]
            Protocol::GrpcWeb => grpc_web::bidi(self, requests).await,
            #[cfg(feature = "jsonrpc")]
            Protocol::JsonRpc => Err(jsonrpc::needs_streaming(self.method.descriptor())),
        }
    }
}

/// The headers of a request: what all of the channel's begin with, the time that is left, the call's metadata.
pub(crate) fn request_headers(
    beginning: &HeaderMap,
    deadline: Option<Instant>,
    metadata: &Metadata,
) -> HeaderMap {
    let mut headers = beginning.clone();
    if let Some(deadline) = deadline {
        let left = deadline.saturating_duration_since(call::now());
        headers.insert(TIMEOUT_HEADER, format_timeout(left));
    }
    if !metadata.is_empty() {
        headers.extend(metadata.as_headers().clone());
    }
    headers
}

// A reply is never pinned.
impl<Rep> Unpin for Unary<Rep> {}

impl<Rep: Send + 'static> Future for Unary<Rep> {
    type Output = Result<Response<Rep>, Status>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Grpc(call) => Pin::new(call).poll(cx),
            Self::Boxed(call) => call.as_mut().poll(cx),
            Self::Failed(status) => Poll::Ready(Err(status
                .take()
                .expect("a future is not polled after it was ready"))),
        }
    }
}

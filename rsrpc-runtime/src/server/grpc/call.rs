//! Serves one gRPC call: a task from its headers to its trailers.

use std::convert::identity;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, OnceLock};
use std::task::{Poll, ready};
use std::time::Instant;

use futures_core::future::BoxFuture;
use http::request::Parts;
use http::{HeaderMap, HeaderValue};

use super::negotiation::{Negotiated, RequestedFormat, ServerMessageOptions};
use super::response::{GrpcResponse, Responder};
use crate::call::{
    CallParts, CompressionOverride, Context, DeadlineTimer, Handler, MessageCodec, MessageSource, Metadata,
    MethodDescriptor, MethodFormats, Peer, Status, Streaming, deadline_after, spawn,
};
use crate::interceptor::{AnyMessage, Call, ReadMessage, RequestBody, TypedMessage};
use crate::server::cardinality::{Many, MessageCardinality, One};
use crate::server::handler_failure::{HandlerPanic, catch_panic, deadline_exceeded, reject_ok_code};
use crate::server::route::Route;
use crate::server::shutdown::CallGuard;
use crate::wire::grpc::{
    DecompressionBudget, ENCODING_NAME, Inbound, InboundBody, InboundGuard, OutboundError,
};
use crate::wire::timeout::{TIMEOUT_NAME, parse_timeout};

/// A call whose method has not been looked up yet.
#[derive(Debug)]
pub(crate) struct GrpcCall {
    pub(crate) head: Parts,
    pub(crate) requested: RequestedFormat,
    pub(crate) body: InboundBody,
    pub(crate) responder: Responder,
    pub(crate) peer: Peer,
    pub(crate) max_request_size: usize,
    pub(crate) guard: Option<CallGuard>,
    /// Limits incomplete and slow request messages.
    pub(crate) message_guard: Option<InboundGuard>,
}

/// A gRPC method, type-erased.
pub(crate) trait GrpcRoute: Send + Sync {
    /// Starts the call's task.
    fn spawn(self: Arc<Self>, call: GrpcCall, options: &ServerMessageOptions);

    /// Returns the formats that the method's messages support.
    fn formats(&self) -> MethodFormats;
}

impl<T, F, Rx, Tx, Req, Rep> GrpcRoute for Route<T, F, Rx, Tx, Req, Rep>
where
    T: Send + Sync + 'static,
    Req: Send + 'static,
    Rep: Send + 'static,
    Rx: GrpcRequest<Req>,
    Tx: GrpcReply<Rep>,
    F: Handler<T, Rx::Value, Tx::Value>,
{
    /// Keeps the future of the call small and stores nothing twice. (An `async fn` stores its arguments twice.) Only
    /// code that depends on the method's types is here, because it is compiled for each method.
    fn spawn(self: Arc<Self>, call: GrpcCall, options: &ServerMessageOptions) {
        let route = self;
        let (method, formats) = (route.method.descriptor(), MethodFormats::of(route.method));
        if !route.chain.is_empty() {
            if let Some(prepared) = prepare(call, method, formats, options, identity) {
                spawn(serve_intercepted(route, prepared));
            }
            return;
        }
        let Some(prepared) = prepare(call, method, formats, options, Context::from_call) else {
            return;
        };
        let PreparedServerCall {
            context: cx,
            inbound,
            mut response,
            resources,
        } = prepared;
        let mut deadline = DeadlineTimer::new(cx.deadline());
        let mut reading = Rx::read(inbound, route.method.request());
        spawn(async move {
            let handled = pin!(async {
                let request = (&mut reading).await?;
                let handler = &route.handler;
                handler.call(route.service.clone(), cx.clone(), request).await
            });
            let outcome = run(handled, &mut deadline, &mut response, || Some(&cx)).await;
            respond::<Tx, Rep>(outcome, route.method.reply(), &mut deadline, &mut response, &cx).await;
            drop(resources);
        });
    }

    fn formats(&self) -> MethodFormats {
        MethodFormats::of(self.method)
    }
}

/// A call of a known method, before its first message.
struct PreparedServerCall<S> {
    context: S,
    inbound: Inbound,
    response: GrpcResponse,
    resources: CallResources,
}

/// Resources that the call's task holds until it ends.
type CallResources = (Option<CallGuard>, Option<Arc<DecompressionBudget>>);

/// Negotiates formats and compression, and parses the call's headers. Returns `None` if the call was refused.
#[inline(never)]
fn prepare<S>(
    call: GrpcCall,
    method: &'static MethodDescriptor,
    formats: MethodFormats,
    options: &ServerMessageOptions,
    make_context: impl FnOnce(CallParts) -> S,
) -> Option<PreparedServerCall<S>> {
    let GrpcCall {
        head,
        requested,
        body,
        responder,
        peer,
        max_request_size,
        guard,
        message_guard,
    } = call;
    let known = KnownHeaders::of(&head.headers);
    let agreed = Negotiated::of(requested, formats, method, known.encoding, &head.headers, options);
    let agreed = agreed.and_then(|negotiated| Ok((negotiated, known.deadline()?)));
    let (negotiated, deadline) = match agreed {
        Ok(agreed) => agreed,
        Err(status) => {
            GrpcResponse::new(responder, None).finish(&Context::new(), Err(&status));
            return None;
        }
    };
    let context = make_context(CallParts {
        method: Some(method),
        metadata: Metadata::from_headers(head.headers),
        deadline,
        peer,
        extensions: head.extensions,
        compression_override: CompressionOverride::Inherit,
        compression: negotiated
            .reply
            .as_ref()
            .and_then(|response| response.compression.clone()),
    });
    let mut inbound = Inbound::new(body, max_request_size, negotiated.receiving);
    if let Some(message_guard) = message_guard {
        inbound = inbound.with_guard(message_guard);
    }
    let expanded = inbound.decompression_budget();
    Some(PreparedServerCall {
        context,
        inbound,
        response: GrpcResponse::new(responder, negotiated.reply),
        resources: (guard, expanded),
    })
}

/// Refuses a call.
pub(crate) fn refuse(call: GrpcCall, status: &Status) {
    GrpcResponse::new(call.responder, None).finish(&Context::new(), Err(status));
}

/// Serves a call with interceptors. The context is created after they have passed the call on.
async fn serve_intercepted<T, F, Rx, Tx, Req, Rep>(
    route: Arc<Route<T, F, Rx, Tx, Req, Rep>>,
    prepared: PreparedServerCall<CallParts>,
) where
    T: Send + Sync + 'static,
    Req: Send + 'static,
    Rep: Send + 'static,
    Rx: GrpcRequest<Req>,
    Tx: GrpcReply<Rep>,
    F: Handler<T, Rx::Value, Tx::Value>,
{
    let PreparedServerCall {
        context: parts,
        inbound,
        mut response,
        resources: _resources,
    } = prepared;
    let mut deadline = DeadlineTimer::new(parts.deadline);
    let call = Call::new(parts, Rx::unread(inbound, route.method.request()));
    let context = Arc::new(OnceLock::new());
    // Taking the reply runs the interceptors' hooks.
    let intercepted = pin!(async {
        let replied = route.run_chain(call, context.clone()).await?;
        Tx::from_reply(replied, route.method.reply())
    });
    let outcome = run(intercepted, &mut deadline, &mut response, || context.get()).await;
    // Without a context, no interceptor passed the call on.
    let cx = context.get().cloned().unwrap_or_default();
    let outcome = outcome.map(|(value, headers, trailers)| {
        add_metadata(&cx, headers, trailers);
        value
    });
    // An interceptor may have shortened the deadline.
    if cx.deadline() != deadline.at() {
        deadline = DeadlineTimer::new(cx.deadline().or(deadline.at()));
    }
    respond::<Tx, Rep>(outcome, route.method.reply(), &mut deadline, &mut response, &cx).await;
}

/// Adds the metadata that interceptors added to a reply.
#[inline(never)]
fn add_metadata(cx: &Context, headers: Metadata, trailers: Metadata) {
    // Fails if the handler has sent the headers early.
    let _ = cx.response_headers(|known| known.merge(headers));
    cx.response_trailers(|known| known.merge(trailers));
}

/// The reason a call ends without success.
#[derive(Debug)]
pub(crate) enum ServerCallFailure {
    /// The handler or an interceptor returned a status.
    Failed(Status),
    /// The caller has cancelled the call or disconnected.
    PeerGone,
    Deadline,
    Panic(HandlerPanic),
}

impl From<Status> for ServerCallFailure {
    fn from(status: Status) -> Self {
        Self::Failed(status)
    }
}

impl From<HandlerPanic> for ServerCallFailure {
    fn from(panicked: HandlerPanic) -> Self {
        Self::Panic(panicked)
    }
}

/// Polls the work of a call until it completes or panics, the caller is gone, or the deadline passes.
async fn run<'a, T>(
    mut work: Pin<&mut impl Future<Output = Result<T, Status>>>,
    deadline: &mut DeadlineTimer,
    response: &mut GrpcResponse,
    context: impl Fn() -> Option<&'a Context>,
) -> Result<T, ServerCallFailure> {
    if deadline.has_passed() {
        return Err(ServerCallFailure::Deadline);
    }
    poll_fn(|task| {
        if let Poll::Ready(output) = catch_panic(|| work.as_mut().poll(task))? {
            return Poll::Ready(output.map_err(ServerCallFailure::from));
        }
        poll_failure(task, deadline, response, context()).map(Err)
    })
    .await
}

/// Completes when waiting for the handler is pointless: the caller is gone or the deadline has passed.
#[inline(never)]
fn poll_failure(
    task: &mut std::task::Context<'_>,
    deadline: &mut DeadlineTimer,
    response: &mut GrpcResponse,
    context: Option<&Context>,
) -> Poll<ServerCallFailure> {
    if let Some(cx) = context
        && cx.watch_headers(task.waker())
        && response.send_headers(cx).is_err()
    {
        return Poll::Ready(ServerCallFailure::PeerGone);
    }
    if deadline.poll(task).is_ready() {
        return Poll::Ready(ServerCallFailure::Deadline);
    }
    response.poll_closed(task).map(|()| ServerCallFailure::PeerGone)
}

/// Sends the result of a call.
async fn respond<Tx: GrpcReply<Rep>, Rep: Send + 'static>(
    outcome: Result<Tx::Value, ServerCallFailure>,
    codec: &'static MessageCodec<Rep>,
    deadline: &mut DeadlineTimer,
    response: &mut GrpcResponse,
    cx: &Context,
) {
    let outcome = match outcome {
        Ok(value) => Tx::send(value, codec, response, deadline, cx).await,
        Err(failure) => Err(failure),
    };
    finish(outcome, response, cx);
}

/// Ends the response.
#[inline(never)]
fn finish(outcome: Result<(), ServerCallFailure>, response: &mut GrpcResponse, cx: &Context) {
    let Err(failure) = outcome else {
        return response.finish(cx, Ok(()));
    };
    if !matches!(failure, ServerCallFailure::Failed(_)) {
        cx.cancel();
    }
    let status = match failure {
        ServerCallFailure::Failed(status) => reject_ok_code(status),
        ServerCallFailure::PeerGone => return,
        ServerCallFailure::Deadline => deadline_exceeded(),
        ServerCallFailure::Panic(panicked) => panicked.into(),
    };
    response.finish(cx, Err(&status));
}

/// The request direction of a call.
pub(crate) trait GrpcRequest<M>: MessageCardinality<M> {
    fn read(
        inbound: Inbound,
        codec: &'static MessageCodec<M>,
    ) -> impl Future<Output = Result<Self::Value, Status>> + Send + Unpin;

    /// Returns the unread request for interceptors.
    fn unread(inbound: Inbound, codec: &'static MessageCodec<M>) -> RequestBody;
}

/// The reply direction of a call.
pub(crate) trait GrpcReply<M>: MessageCardinality<M> {
    /// Sends the messages. The returned result goes into the trailers.
    fn send(
        value: Self::Value,
        codec: &'static MessageCodec<M>,
        response: &mut GrpcResponse,
        deadline: &mut DeadlineTimer,
        cx: &Context,
    ) -> impl Future<Output = Result<(), ServerCallFailure>> + Send;
}

impl<M: Send + 'static> GrpcRequest<M> for One {
    fn read(
        inbound: Inbound,
        codec: &'static MessageCodec<M>,
    ) -> impl Future<Output = Result<M, Status>> + Send + Unpin {
        ReadSingleRequest {
            inbound,
            codec,
            message: None,
        }
    }

    fn unread(inbound: Inbound, codec: &'static MessageCodec<M>) -> RequestBody {
        RequestBody::Unread(Box::new(UnreadMessage { inbound, codec }))
    }
}

/// Reads the single message of a request.
struct ReadSingleRequest<M: 'static> {
    inbound: Inbound,
    codec: &'static MessageCodec<M>,
    message: Option<M>,
}

// The message is never pinned.
impl<M> Unpin for ReadSingleRequest<M> {}

impl<M> Future for ReadSingleRequest<M> {
    type Output = Result<M, Status>;

    fn poll(mut self: Pin<&mut Self>, task: &mut std::task::Context<'_>) -> Poll<Result<M, Status>> {
        let Self {
            inbound,
            codec,
            message,
        } = &mut *self;
        ready!(inbound.poll_only(task, codec, message))?;
        Poll::Ready(Ok(message
            .take()
            .expect("poll_only fills it before it is ready with Ok")))
    }
}

struct UnreadMessage<M: 'static> {
    inbound: Inbound,
    codec: &'static MessageCodec<M>,
}

impl<M: Send + 'static> ReadMessage for UnreadMessage<M> {
    fn read(self: Box<Self>) -> BoxFuture<'static, Result<Box<dyn AnyMessage>, Status>> {
        Box::pin(async move {
            Ok(TypedMessage::boxed(
                One::read(self.inbound, self.codec).await?,
                self.codec,
            ))
        })
    }
}

impl<M: Send + 'static> GrpcReply<M> for One {
    async fn send(
        message: M,
        codec: &'static MessageCodec<M>,
        response: &mut GrpcResponse,
        _: &mut DeadlineTimer,
        cx: &Context,
    ) -> Result<(), ServerCallFailure> {
        let outbound = response
            .send_headers(cx)
            .map_err(|_| ServerCallFailure::PeerGone)?;
        Ok(outbound.send_only(codec, &message, false)?)
    }
}

impl<M: Send + 'static> GrpcRequest<M> for Many {
    fn read(
        inbound: Inbound,
        codec: &'static MessageCodec<M>,
    ) -> impl Future<Output = Result<Streaming<M>, Status>> + Send + Unpin {
        std::future::ready(Ok(Streaming::from_source(RequestMessages { inbound, codec })))
    }

    fn unread(inbound: Inbound, codec: &'static MessageCodec<M>) -> RequestBody {
        RequestBody::Stream(Box::new(Streaming::from_source(RequestMessages {
            inbound,
            codec,
        })))
    }
}

/// The request messages of a streaming call.
struct RequestMessages<M: 'static> {
    inbound: Inbound,
    codec: &'static MessageCodec<M>,
}

impl<M> MessageSource<M> for RequestMessages<M> {
    fn poll_message(
        mut self: Pin<&mut Self>,
        task: &mut std::task::Context<'_>,
    ) -> Poll<Option<Result<M, Status>>> {
        let Self { inbound, codec } = &mut *self;
        inbound.poll_message(task, codec)
    }
}

impl<M: Send + 'static> GrpcReply<M> for Many {
    async fn send(
        mut messages: Streaming<M>,
        codec: &'static MessageCodec<M>,
        response: &mut GrpcResponse,
        deadline: &mut DeadlineTimer,
        cx: &Context,
    ) -> Result<(), ServerCallFailure> {
        let outbound = response
            .send_headers(cx)
            .map_err(|_| ServerCallFailure::PeerGone)?;
        poll_fn(
            |task| match catch_panic(|| outbound.poll_send_all(task, &mut messages, codec))? {
                Poll::Ready(Ok(())) => Poll::Ready(Ok(())),
                Poll::Ready(Err(OutboundError::Producer(status))) => {
                    Poll::Ready(Err(ServerCallFailure::Failed(status)))
                }
                Poll::Ready(Err(OutboundError::Peer(_))) => Poll::Ready(Err(ServerCallFailure::PeerGone)),
                Poll::Pending => deadline.poll(task).map(|()| Err(ServerCallFailure::Deadline)),
            },
        )
        .await
    }
}

/// The request headers that the server interprets. One pass over all headers is faster than one lookup for each.
#[derive(Default)]
struct KnownHeaders<'a> {
    timeout: Option<&'a HeaderValue>,
    encoding: Option<&'a HeaderValue>,
}

impl<'a> KnownHeaders<'a> {
    fn of(headers: &'a HeaderMap) -> Self {
        let mut known = Self::default();
        for (name, value) in headers {
            // The first of repeated headers counts.
            match name.as_str() {
                TIMEOUT_NAME => known.timeout = known.timeout.or(Some(value)),
                ENCODING_NAME => known.encoding = known.encoding.or(Some(value)),
                _ => {}
            }
        }
        known
    }

    fn deadline(&self) -> Result<Option<Instant>, Status> {
        match self.timeout {
            None => Ok(None),
            Some(value) => Ok(deadline_after(
                parse_timeout(value).map_err(Status::invalid_argument)?,
            )),
        }
    }
}

//! One connection: detects its HTTP version and serves its requests.

mod monitor;
mod write_timeout;

use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use h2::RecvStream;
use h2::server::SendResponse;
use http::{Request, Response, StatusCode};
use http_body::Body as _;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::AsyncReadExt;
use tokio::time::Instant;
use tower::ServiceExt as _;

use self::monitor::{CloseReason, ConnectionMonitor, with_jitter};
use self::write_timeout::WriteTimeout;
use super::body::Body;
use super::caller::{CallerInfo, ConnectionBudgets};
use super::grpc::call::GrpcCall;
use super::grpc::response::Responder;
use super::http_service::{HttpService, infallible};
use super::limits::Limits;
use super::router::{RequestKind, Router};
use super::shutdown::CallGuard;
use super::tls::ConnectionTls;
use crate::call::{Peer, PeerAddress, spawn};
use crate::error::BoxError;
use crate::transport::{Address, FrameInspector, FrameLimits, PrefixedSocket, Socket, WriteCoalescer};
use crate::wire::http2::{self, Budget, Frame, Http2Body};

/// The connection preface of [RFC 9113 §3.4](https://www.rfc-editor.org/rfc/rfc9113#section-3.4).
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Maximum number of header fields in a request. A field of a few bytes occupies about a hundred in memory, and HPACK
/// can transmit it in one byte. `hyper` allows 100.
const MAX_HEADER_FIELDS: usize = 128;
/// HTTP responses up to this size in bytes are not charged to the budget of unsent replies, like gRPC frames.
const MAX_UNCOUNTED_REPLY_BYTES: usize = 4 * 1024;
/// Maximum number of calls started in one poll of a connection.
const MAX_CALLS_PER_POLL: usize = 16;
/// Time limit for closing a connection with GOAWAY. The closing future is boxed: it holds a read buffer that would
/// otherwise occupy the connection's task for its whole life.
const GOAWAY_WRITE_TIMEOUT: Duration = Duration::from_secs(1);

/// State shared by all connections of a server.
#[derive(Clone)]
pub(crate) struct ConnectionParts {
    pub(crate) router: Router,
    pub(crate) layered: Option<HttpService>,
    pub(crate) limits: Limits,
    pub(crate) guard: CallGuard,
    pub(crate) tls: ConnectionTls,
}

/// Serves a connection until it closes.
pub(crate) async fn serve_connection(parts: ConnectionParts, socket: Socket, address: Address) {
    let mut peer = Peer::from(match address {
        Address::Tcp(address) => PeerAddress::Tcp(address),
        Address::Unix(_) => PeerAddress::Unix,
        Address::Memory => PeerAddress::Memory,
    });
    let mut stop = parts.guard.shutdown_signal();
    // Boxed futures: most connections do not need them, or only at the start. Each is larger than the rest of the
    // task.
    let connection = tokio::select! {
        connection = Box::pin(open(&parts, socket, &mut peer)) => connection,
        // No request has arrived yet.
        _ = stop.wait_for(|stop| *stop) => return,
    };
    let outcome = match connection {
        Ok(Some(OpenConnection {
            socket,
            http,
            time_left,
        })) => match http {
            DetectedHttp { is_http2: true, read } => {
                serve_http2(parts, socket, read, peer.clone(), time_left).await
            }
            DetectedHttp {
                is_http2: false,
                read,
            } => Box::pin(serve_http1(parts, socket, read, peer.clone())).await,
        },
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, error = &*error, "a connection failed");
    }
}

/// A connection whose HTTP version is known.
struct OpenConnection {
    socket: Socket,
    http: DetectedHttp,
    /// Remainder of the handshake timeout.
    time_left: Duration,
}

struct DetectedHttp {
    is_http2: bool,
    /// Bytes read to detect the version.
    read: Bytes,
}

/// Performs the TLS handshake, if TLS is configured, and detects the HTTP version from ALPN or from the first bytes.
/// Returns `None` if the peer closed the connection before it sent a byte. One timeout covers all of this and the
/// HTTP/2 handshake.
async fn open(
    parts: &ConnectionParts,
    socket: Socket,
    peer: &mut Peer,
) -> Result<Option<OpenConnection>, BoxError> {
    let (timeout, started) = (parts.limits.handshake_timeout, Instant::now());
    let time_left = || timeout.saturating_sub(started.elapsed());
    let (mut socket, negotiated) = parts.tls.accept(socket, timeout, peer).await?;
    if let Some(is_http2) = negotiated {
        let read = Bytes::new();
        return Ok(Some(OpenConnection {
            socket,
            http: DetectedHttp { is_http2, read },
            time_left: time_left(),
        }));
    }
    let detected = tokio::time::timeout(time_left(), detect(&mut socket)).await;
    let http = detected.map_err(|_| "no data received within the handshake timeout")??;
    Ok((!http.read.is_empty()).then(|| OpenConnection {
        socket,
        http,
        time_left: time_left(),
    }))
}

/// Reads until the bytes are the HTTP/2 preface or can no longer become it.
async fn detect(socket: &mut Socket) -> io::Result<DetectedHttp> {
    let mut read = BytesMut::with_capacity(1024);
    loop {
        let ended = socket.read_buf(&mut read).await? == 0;
        let is_http2 = read.starts_with(PREFACE);
        if is_http2 || ended || !PREFACE.starts_with(&read[..read.len().min(PREFACE.len())]) {
            return Ok(DetectedHttp {
                is_http2,
                read: read.freeze(),
            });
        }
    }
}

async fn serve_http2(
    parts: ConnectionParts,
    socket: Socket,
    read: Bytes,
    peer: Peer,
    time_left: Duration,
) -> Result<(), BoxError> {
    let limits = parts.limits;
    let socket = WriteCoalescer::with_inspector(
        PrefixedSocket::new(read, socket),
        FrameInspector::new(FrameLimits {
            min_ping_time: limits.keepalive_min_time,
            max_headers: limits.max_header_list_size,
        }),
    );
    let mut connection = {
        let mut handshake = pin!(
            crate::transport::http2::server_builder()
                .max_concurrent_streams(limits.max_concurrent_streams)
                .max_header_list_size(limits.max_header_list_size)
                .handshake::<_, Frame>(socket.clone())
        );
        let handshake = socket.drive(|cx| handshake.as_mut().poll(cx));
        tokio::time::timeout(time_left, handshake).await??
    };
    let budgets = ConnectionBudgets::new(&limits);
    let mut monitor = ConnectionMonitor::new(limits, &mut connection);
    let mut stop = parts.guard.shutdown_signal();
    let mut stopping = pin!(async move { drop(stop.wait_for(|stop| *stop).await) });
    let mut stopped = false;
    let reason = loop {
        let outcome = socket.drive(|cx| {
            if !stopped && stopping.as_mut().poll(cx).is_ready() {
                stopped = true;
                monitor.drain(&mut connection);
            }
            let mut started = 0;
            loop {
                let over_budget = budgets.unsent.is_exceeded();
                let accepted = if over_budget {
                    // Keeps writing while new requests wait.
                    connection.poll_closed(cx).map(|closed| closed.err().map(Err))
                } else {
                    connection.poll_accept(cx)
                };
                match accepted {
                    Poll::Ready(Some(Ok((request, responder)))) => {
                        start(&parts, &budgets, request, responder, peer.clone());
                        started += 1;
                        if started == MAX_CALLS_PER_POLL {
                            return Poll::Ready(AcceptOutcome::BatchLimit);
                        }
                    }
                    Poll::Ready(Some(Err(error))) => return Poll::Ready(AcceptOutcome::Closed(Err(error))),
                    Poll::Ready(None) => return Poll::Ready(AcceptOutcome::Closed(Ok(()))),
                    Poll::Pending if over_budget && budgets.unsent.poll_room(cx).is_ready() => {
                        cx.waker().wake_by_ref();
                        return Poll::Pending;
                    }
                    Poll::Pending => {
                        return monitor
                            .poll(cx, &socket, &mut connection, over_budget)
                            .map(AcceptOutcome::CloseConnection);
                    }
                }
            }
        });
        match outcome.await {
            // The replies of these calls must be charged before more calls start.
            AcceptOutcome::BatchLimit => tokio::task::yield_now().await,
            AcceptOutcome::Closed(Ok(())) => return Ok(()),
            AcceptOutcome::Closed(Err(error)) => {
                drop(connection);
                if error.is_go_away() && error.is_library() {
                    let _ = tokio::time::timeout(GOAWAY_WRITE_TIMEOUT, Box::pin(socket.linger())).await;
                }
                return Err(error.into());
            }
            AcceptOutcome::CloseConnection(reason) => break reason,
        }
    };
    // Running calls observe that their connection is closed.
    drop(connection);
    match reason {
        CloseReason::Abort(why) => Err(why.into()),
        CloseReason::GoAway(reason, why) => {
            let _ = tokio::time::timeout(GOAWAY_WRITE_TIMEOUT, Box::pin(socket.go_away(reason, why))).await;
            Err(why.into())
        }
    }
}

/// The result of polling a connection.
enum AcceptOutcome {
    /// `MAX_CALLS_PER_POLL` calls were started.
    BatchLimit,
    Closed(Result<(), h2::Error>),
    /// The server closes the connection.
    CloseConnection(CloseReason),
}

/// Starts one HTTP/2 request: gRPC directly, anything else as HTTP.
fn start(
    parts: &ConnectionParts,
    budgets: &ConnectionBudgets,
    request: Request<RecvStream>,
    mut responder: SendResponse<Frame>,
    peer: Peer,
) {
    if request.headers().len() > MAX_HEADER_FIELDS {
        let mut response = Response::new(());
        *response.status_mut() = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
        // The stream may already be reset.
        let _ = responder.send_response(response, true);
        return;
    }
    if parts.layered.is_none()
        && let RequestKind::Grpc(requested) = parts.router.classify(&request)
        && parts.router.owns_grpc_path(request.uri().path())
    {
        let (head, body) = request.into_parts();
        return parts.router.start(GrpcCall {
            head,
            requested,
            body: crate::wire::grpc::InboundBody::H2(body),
            responder: Responder::H2(responder, budgets.unsent.clone()),
            peer,
            max_request_size: parts.limits.max_request_size,
            guard: Some(parts.guard.clone()),
            message_guard: Some(budgets.guard(parts.limits.body_timeout)),
        });
    }
    let request = request.map(|body| Body::new(Http2Body::new(body).with_budget(budgets.unsent.clone())));
    let (router, layered) = (parts.router.clone(), parts.layered.clone());
    let caller = CallerInfo {
        peer: peer.clone(),
        guard: Some(parts.guard.clone()),
        budgets: Some(budgets.clone()),
    };
    let unsent = budgets.unsent.clone();
    spawn(async move {
        let _guard = caller.guard.clone();
        let response = route_request(router, layered, request, caller);
        if let Err(error) = send_response(response, responder, &unsent).await {
            tracing::debug!(%peer, %error, "HTTP/2 request aborted");
        }
    });
}

async fn route_request(
    router: Router,
    layered: Option<HttpService>,
    mut request: Request<Body>,
    caller: CallerInfo,
) -> Response<Body> {
    match layered {
        Some(layered) => {
            caller.attach(&mut request);
            infallible(layered.oneshot(request).await)
        }
        None => router.respond(request, caller).await,
    }
}

/// Writes an HTTP response to an HTTP/2 stream.
async fn send_response(
    response: impl Future<Output = Response<Body>>,
    mut responder: SendResponse<Frame>,
    unsent: &Arc<Budget>,
) -> Result<(), BoxError> {
    let response = {
        let mut response = pin!(response);
        std::future::poll_fn(|cx| match response.as_mut().poll(cx) {
            Poll::Ready(response) => Poll::Ready(Ok(response)),
            Poll::Pending => responder.poll_reset(cx).map(Err),
        })
        .await
    };
    let response = match response {
        Ok(response) => response,
        Err(gone) => return Err(gone?.description().into()),
    };
    let (head, mut body) = response.into_parts();
    let ended = body.is_end_stream();
    let size = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let _charge = (size > MAX_UNCOUNTED_REPLY_BYTES).then(|| unsent.charge(size));
    let mut stream = responder.send_response(Response::from_parts(head, ()), ended)?;
    if ended {
        return Ok(());
    }
    http2::send_body(&mut stream, Pin::new(&mut body)).await
}

async fn serve_http1(
    parts: ConnectionParts,
    socket: Socket,
    read: Bytes,
    peer: Peer,
) -> Result<(), BoxError> {
    let mut stop = parts.guard.shutdown_signal();
    let ConnectionParts {
        router,
        layered,
        limits,
        guard,
        ..
    } = parts;
    let service = hyper::service::service_fn(move |request: Request<hyper::body::Incoming>| {
        let caller = CallerInfo {
            peer: peer.clone(),
            guard: Some(guard.clone()),
            budgets: None,
        };
        let response = route_request(router.clone(), layered.clone(), request.map(Body::new), caller);
        async move { Ok::<_, std::convert::Infallible>(response.await) }
    });
    let socket = WriteTimeout::new(PrefixedSocket::new(read, socket), limits.write_timeout);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_header_size(limits.max_header_list_size as usize)
        .half_close(false)
        .serve_connection(TokioIo::new(socket), service);
    let mut connection = pin!(connection);
    let aged = async {
        match limits.max_connection_age {
            Some(age) => tokio::time::sleep(with_jitter(age)).await,
            None => std::future::pending().await,
        }
    };
    let stopping = async move { drop(stop.wait_for(|stop| *stop).await) };
    let grace = tokio::select! {
        served = connection.as_mut() => return Ok(served?),
        () = stopping => None,
        () = aged => limits.max_connection_age_grace,
    };
    connection.as_mut().graceful_shutdown();
    match grace {
        Some(grace) => Ok(tokio::time::timeout(grace, connection).await??),
        None => Ok(connection.await?),
    }
}

//! A service whose requests select what its handlers do. A probe reports the life of each handler to the test.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::unfold;
use rsrpc_runtime::{Code, Context, Metadata, PeerAddress, Status, Streaming, prost_types};
use tokio::sync::{Mutex, Semaphore, mpsc};

use crate::soon;
use crate::testing::{Act, Reply, Request, Testing};

/// An event in the life of a handler.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The handler runs; for a stream of requests, after its first message.
    Started,
    /// The handler has returned or was dropped, and so was its reply stream.
    Gone,
    /// The handler's context was cancelled.
    Cancelled,
    /// The request stream ended with a half-close.
    CleanEnd,
    /// The request stream ended with an error.
    BrokenEnd(Code),
}

/// Handler events and counters, as a test sees them.
#[derive(Clone)]
pub struct Probe {
    live: Arc<AtomicUsize>,
    started: Arc<AtomicUsize>,
    sender: mpsc::UnboundedSender<Event>,
    events: Arc<Mutex<mpsc::UnboundedReceiver<Event>>>,
    permits: Arc<Semaphore>,
}

impl Default for Probe {
    fn default() -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        Self {
            live: Arc::default(),
            started: Arc::default(),
            sender,
            events: Arc::new(Mutex::new(events)),
            permits: Arc::new(Semaphore::new(0)),
        }
    }
}

impl Probe {
    /// Number of handlers and reply streams that are still alive.
    pub fn live(&self) -> usize {
        self.live.load(Ordering::SeqCst)
    }

    /// Number of handlers started so far.
    pub fn started(&self) -> usize {
        self.started.load(Ordering::SeqCst)
    }

    /// Waits for the next event.
    pub async fn next(&self) -> Event {
        self.events
            .lock()
            .await
            .recv()
            .await
            .expect("the probe sends, too")
    }

    /// Collects events up to and including `event`.
    #[track_caller]
    pub fn until(&self, event: Event) -> impl Future<Output = Vec<Event>> + '_ {
        soon(async move {
            let mut seen = vec![self.next().await];
            while seen.last() != Some(&event) {
                seen.push(self.next().await);
            }
            seen
        })
    }

    /// Lets one handler of `EARLY_HEADERS` proceed.
    pub fn permit(&self) {
        self.permits.add_permits(1);
    }

    fn tell(&self, event: Event) {
        let _ = self.sender.send(event);
    }
}

/// Counts a handler as alive until it and its reply stream are dropped.
struct Live(Probe);

impl Live {
    fn new(probe: &Probe, cx: &Context) -> Self {
        probe.live.fetch_add(1, Ordering::SeqCst);
        probe.started.fetch_add(1, Ordering::SeqCst);
        probe.tell(Event::Started);
        echo_metadata(cx);
        if cx.metadata().contains_key("x-watch") {
            let (cx, probe) = (cx.clone(), probe.clone());
            tokio::spawn(async move {
                cx.cancelled().await;
                probe.tell(Event::Cancelled);
            });
        }
        Self(probe.clone())
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.0.live.fetch_sub(1, Ordering::SeqCst);
        self.0.tell(Event::Gone);
    }
}

/// Implementation of the testing service.
///
/// Request metadata that begins with `x-` is echoed in the response headers, and as `t-…` in the trailers. `x-watch`
/// enables [`Event::Cancelled`].
#[derive(Clone, Default)]
pub struct Steered {
    /// Probe of the handlers.
    pub probe: Probe,
}

impl Steered {
    async fn begin(&self, cx: &Context, request: &Request) -> Result<(), Status> {
        match request.act() {
            Act::Fail => Err(failure(request)),
            Act::Panic => panic!("as the request asked"),
            Act::Hang => std::future::pending().await,
            Act::EarlyHeaders => {
                cx.send_headers();
                self.probe
                    .permits
                    .acquire()
                    .await
                    .expect("it is never closed")
                    .forget();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    async fn following(&self, requests: &mut Streaming<Request>) -> Result<Option<Request>, Status> {
        match requests.message().await {
            Ok(Some(request)) => Ok(Some(request)),
            Ok(None) => {
                self.probe.tell(Event::CleanEnd);
                Ok(None)
            }
            Err(status) => {
                self.probe.tell(Event::BrokenEnd(status.code()));
                Err(status)
            }
        }
    }
}

impl Testing for Steered {
    async fn unary(&self, cx: &Context, request: Request) -> Result<Reply, Status> {
        let _live = Live::new(&self.probe, cx);
        self.begin(cx, &request).await?;
        Ok(reply(cx, &request))
    }

    async fn server_stream(&self, cx: &Context, request: Request) -> Result<Streaming<Reply>, Status> {
        let live = Live::new(&self.probe, cx);
        self.begin(cx, &request).await?;
        let state = (live, cx.clone(), request, 0);
        Ok(Streaming::new(unfold(
            state,
            |(live, cx, request, sent)| async move {
                let next = next_reply(&cx, &request, sent).await?;
                Some((next, (live, cx, request, sent + 1)))
            },
        )))
    }

    async fn client_stream(&self, cx: &Context, mut requests: Streaming<Request>) -> Result<Reply, Status> {
        let _live = Live::new(&self.probe, cx);
        let Some(mut first) = self.following(&mut requests).await? else {
            return Ok(Reply::default());
        };
        self.begin(cx, &first).await?;
        while let Some(next) = self.following(&mut requests).await? {
            first.text.push_str(&next.text);
        }
        Ok(reply(cx, &first))
    }

    async fn bidi(&self, cx: &Context, requests: Streaming<Request>) -> Result<Streaming<Reply>, Status> {
        let live = Live::new(&self.probe, cx);
        let (service, cx) = (self.clone(), cx.clone());
        let state = (live, service, cx, requests, None::<(Request, u32)>);
        Ok(Streaming::new(unfold(
            state,
            |(live, service, cx, mut requests, mut current)| async move {
                loop {
                    let (request, sent) = match current.take() {
                        Some(current) => current,
                        None => match service.following(&mut requests).await {
                            Ok(Some(request)) => (request, 0),
                            Ok(None) => return None,
                            Err(status) => return Some((Err(status), (live, service, cx, requests, None))),
                        },
                    };
                    if sent == 0
                        && let Err(status) = service.begin(&cx, &request).await
                    {
                        return Some((Err(status), (live, service, cx, requests, None)));
                    }
                    if let Some(next) = next_reply(&cx, &request, sent).await {
                        let state = (live, service, cx, requests, Some((request, sent + 1)));
                        return Some((next, state));
                    }
                }
            },
        )))
    }
}

async fn next_reply(cx: &Context, request: &Request, sent: u32) -> Option<Result<Reply, Status>> {
    if sent < request.replies.max(1) || request.act() == Act::Endless {
        return Some(Ok(reply(cx, request)));
    }
    match request.act() {
        Act::HangStream => std::future::pending().await,
        Act::FailStream => Some(Err(failure(request))),
        Act::PanicStream => panic!("as the request asked"),
        _ => None,
    }
}

fn reply(cx: &Context, request: &Request) -> Reply {
    let mut metadata: Vec<_> = cx.metadata().iter().map(|(key, _)| key.to_owned()).collect();
    metadata.sort();
    let peer = match cx.peer().address() {
        PeerAddress::Tcp(_) => "tcp",
        PeerAddress::Unix => "unix",
        PeerAddress::Memory => "memory",
        _ => "unknown",
    };
    Reply {
        text: request.text.clone(),
        payload: vec![7; request.reply_size as usize],
        metadata,
        remaining_ms: cx.time_remaining().map(|left| left.as_millis() as u64),
        peer: peer.to_owned(),
    }
}

/// Status of the action `FAIL`: the request's code and text, one detail, and metadata.
pub fn failure(request: &Request) -> Status {
    let detail = prost_types::Duration {
        seconds: 42,
        nanos: 0,
    };
    let mut status = Status::new(Code::from_i32(request.code), request.text.clone()).with(detail);
    let metadata = status.metadata_mut();
    metadata.insert("x-why", "asked").expect("a good key");
    metadata.insert_bin("x-why-bin", [0, 255]).expect("a good key");
    status
}

fn echo_metadata(cx: &Context) {
    let echoed = |prefix: &str| {
        let mut echoed = Metadata::new();
        let mut last = String::new();
        for (key, _) in cx.metadata().iter().filter(|(key, _)| key.starts_with("x-")) {
            if std::mem::replace(&mut last, key.to_owned()) == key {
                continue;
            }
            let name = format!("{prefix}{key}");
            if key.ends_with("-bin") {
                cx.metadata()
                    .get_all_bin(key)
                    .for_each(|value| echoed.append_bin(&name, value).expect("a good key"));
            } else {
                cx.metadata()
                    .get_all(key)
                    .for_each(|value| echoed.append(&name, value).expect("a good key"));
            }
        }
        echoed
    };
    let _ = cx.response_headers(|headers| headers.merge(echoed("")));
    cx.response_trailers(|trailers| trailers.merge(echoed("t-")));
}

/// Polls a future at most `times` times, then drops it.
///
/// Returns its output if it completed.
pub async fn poll_times<F: Future>(work: F, times: usize) -> Option<F::Output> {
    let mut work = pin!(work);
    let mut left = times;
    std::future::poll_fn(|cx| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(cx).map(Some)
    })
    .await
}

use std::future::Future;

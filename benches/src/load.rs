//! The command line, the load loop and the result line shared by the benchmark programs.

use std::collections::HashMap;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::Instant;

use bytes::Bytes;
use nix::time::{ClockId, clock_gettime};
use tokio::sync::{Barrier, oneshot};

/// A client connection of an implementation. Methods panic on a wrong reply: the time of a wrong program must not be
/// reported.
pub trait Client: Clone + Send + 'static {
    /// Connects to `addr`, speaking `protocol`; panics for a protocol it does not speak.
    fn connect(addr: &str, protocol: &str) -> impl Future<Output = Self>;

    /// One call; returns the length of the reply's body.
    fn unary(&mut self, body: Bytes) -> impl Future<Output = usize> + Send;

    /// Reads `count` messages of `size` bytes, checking each length and their number.
    fn server_stream(&mut self, count: usize, size: usize) -> impl Future<Output = ()> + Send;

    /// Sends `body` `count` times; returns (messages, bytes) as the server counted them.
    fn client_stream(&mut self, body: Bytes, count: usize) -> impl Future<Output = (u64, u64)> + Send;

    /// One bidirectional stream: `trip()` after each of `count` round trips, checking each length.
    fn ping_pong(&mut self, body: Bytes, count: usize, trips: &mut Trips) -> impl Future<Output = ()> + Send;

    /// Opens a bidirectional stream, calls `opened` after one round trip, and keeps the stream open forever.
    fn hold(&mut self, body: Bytes, opened: impl FnOnce() + Send) -> impl Future<Output = ()> + Send;
}

/// Latencies of consecutive round trips, in nanoseconds.
#[derive(Debug)]
pub struct Trips {
    since: Instant,
    nanos: Vec<u32>,
}

impl Trips {
    fn new() -> Self {
        Self {
            since: Instant::now(),
            nanos: Vec::new(),
        }
    }

    /// Ends a round trip; the next one starts now.
    pub fn trip(&mut self) {
        let now = Instant::now();
        self.nanos
            .push((now - self.since).as_nanos().try_into().unwrap_or(u32::MAX));
        self.since = now;
    }
}

#[derive(Clone, Copy)]
enum Mode {
    Unary,
    ServerStream,
    ClientStream,
    PingPong,
}

impl Mode {
    fn parse(text: &str) -> Self {
        match text {
            "unary" => Self::Unary,
            "server_stream" => Self::ServerStream,
            "client_stream" => Self::ClientStream,
            "ping_pong" => Self::PingPong,
            _ => panic!("--mode {text}: expected unary, server_stream, client_stream, ping_pong or hold"),
        }
    }
}

/// The options of a benchmark program: `--name VALUE` pairs.
struct Options(HashMap<String, String>);

impl Options {
    /// Panics on an option outside `known`: a misspelt option would silently measure something else.
    fn parse(known: &[&str]) -> Self {
        let mut args = std::env::args().skip(1);
        let mut options = HashMap::new();
        while let Some(name) = args.next() {
            assert!(
                known.contains(&name.as_str()),
                "unknown option {name}; expected one of {known:?}"
            );
            let value = args.next().unwrap_or_else(|| panic!("{name} needs a value"));
            options.insert(name, value);
        }
        Self(options)
    }

    fn text(&self, name: &str, default: &str) -> String {
        self.0.get(name).map_or(default, String::as_str).to_owned()
    }

    fn number(&self, name: &str, default: usize) -> usize {
        self.0.get(name).map_or(default, |text| {
            text.parse()
                .unwrap_or_else(|_| panic!("{name} {text}: not a number"))
        })
    }

    fn addr(&self) -> &str {
        self.0.get("--addr").expect("--addr HOST:PORT is needed")
    }
}

/// `--addr` of a server program.
pub fn listen_addr() -> SocketAddr {
    Options::parse(&["--addr"])
        .addr()
        .parse()
        .expect("--addr takes HOST:PORT")
}

/// Reports that the server accepts connections.
pub fn listening(addr: impl std::fmt::Display) {
    println!("listening {addr}");
}

/// Runs a client program: reads the command line, runs the load, prints the result as one JSON line. Mode `hold`
/// opens `--connections` connections and `--concurrency` idle streams, prints `holding`, and never ends.
pub async fn run<C: Client>(implementation: &str) {
    let options = Options::parse(&[
        "--addr",
        "--mode",
        "--concurrency",
        "--calls",
        "--payload",
        "--connections",
        "--protocol",
    ]);
    let mode_name = options.text("--mode", "unary");
    let protocol = options.text("--protocol", "grpc");
    let (concurrency, calls) = (
        options.number("--concurrency", 1),
        options.number("--calls", 1000),
    );
    let body = Bytes::from(vec![b'x'; options.number("--payload", 5)]);

    let mut connections = Vec::new();
    for _ in 0..options.number("--connections", 1) {
        let mut connection = C::connect(options.addr(), &protocol).await;
        assert_eq!(
            connection.unary(body.clone()).await,
            body.len(),
            "the reply has another length"
        );
        connections.push(connection);
    }

    if mode_name == "hold" {
        return hold(&connections, body, concurrency).await;
    }
    let mode = Mode::parse(&mode_name);

    let left = Arc::new(AtomicUsize::new(calls));
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let workers: Vec<_> = (0..concurrency)
        .zip(connections.iter().cycle())
        .map(|(index, client)| {
            let share = calls / concurrency + usize::from(index < calls % concurrency);
            tokio::spawn(work(client.clone(), mode, body.clone(), share, left.clone()))
        })
        .collect();
    let mut nanos = Vec::new();
    for worker in workers {
        nanos.extend(worker.await.expect("a worker panicked"));
    }
    let (seconds, cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu);

    nanos.sort_unstable();
    println!(
        r#"{{"impl":"{implementation}","mode":"{mode_name}","calls":{calls},"seconds":{seconds:.6},"cpu_seconds":{cpu:.6},"p50_us":{},"p99_us":{}}}"#,
        percentile(&nanos, 50),
        percentile(&nanos, 99)
    );
}

async fn hold<C: Client>(connections: &[C], body: Bytes, streams: usize) {
    let opened = Arc::new(Barrier::new(streams + 1));
    for client in connections.iter().cycle().take(streams) {
        let (mut client, body, opened) = (client.clone(), body.clone(), opened.clone());
        tokio::spawn(async move {
            let (tell, told) = oneshot::channel();
            let opened = async {
                drop(told.await);
                opened.wait().await;
            };
            tokio::join!(
                client.hold(body, || {
                    let _ = tell.send(());
                }),
                opened
            );
        });
    }
    opened.wait().await;
    println!("holding");
    std::future::pending().await
}

async fn work<C: Client>(
    mut client: C,
    mode: Mode,
    body: Bytes,
    share: usize,
    left: Arc<AtomicUsize>,
) -> Vec<u32> {
    let mut trips = Trips::new();
    match mode {
        // An idle connection takes the next call, so that a slow one does not delay the end.
        Mode::Unary => {
            while left.fetch_update(Relaxed, Relaxed, |n| n.checked_sub(1)).is_ok() {
                assert_eq!(
                    client.unary(body.clone()).await,
                    body.len(),
                    "the reply has another length"
                );
                trips.trip();
            }
        }
        Mode::ServerStream => client.server_stream(share, body.len()).await,
        Mode::ClientStream => {
            let sent = (share as u64, (share * body.len()) as u64);
            assert_eq!(
                client.client_stream(body, share).await,
                sent,
                "the server counted otherwise"
            );
        }
        Mode::PingPong => client.ping_pong(body, share, &mut trips).await,
    }
    trips.nanos
}

/// A percentile of sorted nanoseconds, in microseconds; `null` where nothing was timed.
fn percentile(nanos: &[u32], percent: usize) -> String {
    nanos
        .get(nanos.len() * percent / 100)
        .map_or("null".into(), |&n| format!("{:.1}", f64::from(n) / 1e3))
}

/// User and system time of this process so far.
fn cpu_seconds() -> f64 {
    let time = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("every process has this clock");
    time.tv_sec() as f64 + time.tv_nsec() as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::percentile;

    #[test]
    fn percentiles_are_microseconds_of_the_sorted_trips() {
        let nanos: Vec<u32> = (0..100).map(|n| n * 1000).collect();
        assert_eq!(percentile(&nanos, 50), "50.0");
        assert_eq!(percentile(&nanos, 99), "99.0");
        assert_eq!(percentile(&[], 50), "null");
    }
}

//! Cancels a thousand calls at random points and asserts that no task, handler or socket is left.
//!
//! The file has a single test, so that all sockets of the process belong to it. Each transport gets its own runtime,
//! so that every leaked task is found.

use std::time::{Duration, Instant};

use rsrpc_runtime::{Status, Streaming};
use rsrpc_tests::fixture::{Setup, Transport};
use rsrpc_tests::steered::poll_times;
use rsrpc_tests::testing::{Act, Reply, Request, TestingClient};
use rsrpc_tests::{eventually, soon};
use tokio::runtime::{Builder, Runtime};

const CALLS: u64 = 1000;
/// Concurrent calls.
const AT_ONCE: u64 = 40;

/// A deterministic random number generator.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// Returns a number below `bound`.
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }

    fn request(&mut self) -> Request {
        const ACTS: [Act; 9] = [
            Act::Reply,
            Act::Reply,
            Act::Fail,
            Act::Hang,
            Act::HangStream,
            Act::FailStream,
            Act::EarlyHeaders,
            Act::Endless,
            Act::Endless,
        ];
        let sizes = [0, 10, 1_000, 100_000, 2_000_000];
        Request {
            act: ACTS[self.below(9) as usize].into(),
            code: 5,
            replies: self.below(20) as u32,
            reply_size: sizes[self.below(4) as usize],
            payload: vec![1; sizes[self.below(5) as usize] as usize],
            ..Request::default()
        }
    }
}

/// Makes a random call and proceeds until it is cancelled or complete.
async fn converse(client: TestingClient, mut random: Random) -> Result<(), Status> {
    let request = random.request();
    let timeout = Duration::from_millis([1, 5, 1_000_000][random.below(3) as usize]);
    match random.below(6) {
        0 => client.unary(request).timeout(timeout).await.map(drop),
        1 => {
            read(
                client.server_stream(request).timeout(timeout).await?,
                random.below(30),
            )
            .await
        }
        2 => {
            let requests = vec![request; 1 + random.below(20) as usize];
            client.client_stream(requests).timeout(timeout).await.map(drop)
        }
        3 => {
            // The request stream stays open.
            let (mut tx, requests) = Streaming::channel(2);
            let sending = async move {
                loop {
                    tx.send(request.clone()).await?;
                }
                #[allow(unreachable_code)]
                Ok(())
            };
            let called = async { client.client_stream(requests).await.map(drop) };
            tokio::try_join!(sending, called).map(drop)
        }
        4 => {
            let requests = vec![request; random.below(5) as usize];
            read(
                client.bidi().timeout(timeout).send(requests).await?,
                random.below(30),
            )
            .await
        }
        _ => {
            let (mut tx, mut rx) = client.bidi().timeout(timeout).open().await?;
            for _ in 0..random.below(10) {
                tx.send(request.clone()).await?;
                if random.below(2) == 0 {
                    rx.message().await?;
                }
            }
            match random.below(4) {
                0 => tx.finish(),
                1 => drop(tx),
                2 => tx.fail(Status::aborted("enough")),
                _ => return drop_in_order(rx, tx),
            }
            read(rx, random.below(30)).await
        }
    }
}

async fn read(mut replies: Streaming<Reply>, most: u64) -> Result<(), Status> {
    for _ in 0..most {
        if replies.message().await?.is_none() {
            break;
        }
    }
    Ok(())
}

fn drop_in_order<A, B>(first: A, second: B) -> Result<(), Status> {
    drop(first);
    drop(second);
    Ok(())
}

/// Cancels a call after a random number of polls or a random time.
async fn cancelled(client: TestingClient, seed: u64) {
    let mut random = Random::new(seed);
    let polls = [1, 2, 3, 5, 10, 1000, 1000][random.below(7) as usize];
    let most = [1_000, 20_000, 80_000][random.below(3) as usize];
    let time = Duration::from_micros(random.below(most));
    let call = poll_times(converse(client, Random::new(seed + 1)), polls);
    let _ = tokio::time::timeout(time, call).await;
}

/// Counts the sockets of the process.
fn sockets() -> usize {
    let links = std::fs::read_dir("/proc/self/fd").expect("Linux");
    links
        .filter_map(|link| std::fs::read_link(link.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

fn check(runtime: &Runtime, transport: Transport, seed: u64) {
    println!("{transport:?}, seed {seed}");
    // Includes the sockets of the runtime.
    let before = sockets();
    runtime.block_on(async {
        let fixture = Setup::default().start(transport).await;
        let mut random = Random::new(seed);
        // A client with an established connection, so that calls make progress even on slow machines.
        let steady = fixture.client();
        soon(steady.unary(Request::default()).into_future())
            .await
            .expect("a reply");
        let mut shared = fixture.client();
        for round in 0..CALLS / AT_ONCE {
            let calls: Vec<_> = (0..AT_ONCE)
                .map(|index| {
                    if random.below(10) == 0 {
                        // Cancelling the first call cancels connecting, too.
                        shared = fixture.client();
                    }
                    let seed = seed * 1_000_000 + round * 1000 + index * 2;
                    let client = if random.below(2) == 0 { &steady } else { &shared };
                    tokio::spawn(cancelled(client.clone(), seed))
                })
                .collect();
            for call in calls {
                soon(call).await.expect("no panic");
            }
        }
        let started = fixture.probe.started();
        assert!(
            started > CALLS as usize / 20,
            "only {started} calls reached the server"
        );
        // Both connections still work.
        for client in [steady, shared] {
            soon(client.unary(Request::default()).into_future())
                .await
                .expect("a reply");
        }
        eventually("every handler is gone", || fixture.probe.live() == 0).await;
        let started = Instant::now();
        fixture.stop().await;
        assert!(started.elapsed() < Duration::from_secs(10), "the server waited");
        let metrics = tokio::runtime::Handle::current().metrics();
        eventually("every task is gone", || metrics.num_alive_tasks() == 0).await;
        eventually("every socket is closed", || sockets() == before).await;
    });
}

#[test]
fn thousand_cancelled_calls_leave_nothing() {
    for (number, transport) in Transport::ALL.into_iter().enumerate() {
        for mut builder in [Builder::new_current_thread(), Builder::new_multi_thread()] {
            let runtime = builder.worker_threads(2).enable_all().build().expect("a runtime");
            check(&runtime, transport, 1 + number as u64);
        }
    }
}

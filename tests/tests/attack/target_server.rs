//! The attacked server process and its resource use.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rsrpc_runtime::Channel;
use rsrpc_runtime::tls::Tls;
use rsrpc_tests::soon;
use rsrpc_tests::testing::{Request, TestingClient};

/// Maximum growth of peak memory during an attack, in bytes.
const MAX_GROWTH: u64 = 64 << 20;
const MAX_CPU: Duration = Duration::from_secs(2);

pub(super) struct TargetServer {
    child: Child,
    /// Reads standard error continuously; a full pipe would block the server.
    log: Option<JoinHandle<String>>,
    pub(super) address: SocketAddr,
    /// Root certificate of a TLS server, or empty.
    root: String,
    memory: u64,
    cpu: Duration,
}

impl TargetServer {
    /// Starts a server with these options and makes one call to it.
    pub(super) async fn start(options: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_attacked"));
        command.args(options);
        Self::run(command).await
    }

    pub(super) async fn run(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let mut line = String::new();
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        stdout.read_line(&mut line).expect("its address");
        let mut root = String::new();
        while !root.ends_with("-----END CERTIFICATE-----\n") && root != "\n" {
            let read = stdout.read_line(&mut root).expect("text");
            assert!(read > 0, "{root}");
        }
        let mut stderr = child.stderr.take().expect("piped");
        let log = std::thread::spawn(move || {
            let mut log = String::new();
            stderr.read_to_string(&mut log).expect("text");
            log
        });
        let mut victim = Self {
            child,
            log: Some(log),
            address: line.trim().parse().expect("an address"),
            root: root.trim().to_owned(),
            memory: 0,
            cpu: Duration::ZERO,
        };
        victim.serves().await;
        victim.memory = victim.status("VmRSS:");
        victim.cpu = victim.cpu_time();
        victim
    }

    pub(super) fn client(&self) -> TestingClient {
        let mut channel = Channel::builder(self.address.to_string());
        if !self.root.is_empty() {
            channel = channel.tls(Tls::roots(self.root()).expect("a good root"));
        }
        TestingClient::new(channel.build().expect("a good target"))
    }

    /// Root certificate as PEM.
    pub(super) fn root(&self) -> &str {
        &self.root
    }

    /// Asserts that another client's call succeeds.
    pub(super) async fn serves(&self) {
        let request = Request {
            text: "served".to_owned(),
            ..Request::default()
        };
        let reply = soon(self.client().unary(request).into_future()).await;
        assert_eq!(reply.expect("it still serves").text, "served");
    }

    /// Asserts that the server still serves and stayed within the limits. Returns its log.
    pub(super) async fn survived(mut self) -> String {
        self.serves().await;
        let growth = self.status("VmHWM:").saturating_sub(self.memory);
        let cpu = self.cpu_time() - self.cpu;
        println!("    {} KiB more, {} ms of CPU", growth >> 10, cpu.as_millis());
        assert!(growth < MAX_GROWTH, "its memory grew by {} MiB", growth >> 20);
        assert!(cpu < MAX_CPU, "it was busy for {cpu:?}");
        self.end().await.1
    }

    /// Stops the server. Returns the time that took, and its log.
    pub(super) async fn end(&mut self) -> (Duration, String) {
        let started = Instant::now();
        drop(self.child.stdin.take());
        let log = self.log.take().expect("it ends once");
        // Other clients of this thread continue meanwhile.
        let logged = tokio::task::spawn_blocking(|| log.join()).await;
        let logged = logged.expect("no panic").expect("no panic");
        assert!(self.child.wait().expect("a child").success(), "{logged}");
        (started.elapsed(), logged)
    }

    /// Reads a line of `/proc/PID/status`, in bytes.
    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("procfs");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .expect(name);
        let kib = line.trim().trim_end_matches(" kB");
        kib.parse::<u64>().expect("a number") << 10
    }

    /// User and system time of all threads of the process.
    fn cpu_time(&self) -> Duration {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id())).expect("procfs");
        let (_, fields) = stat.rsplit_once(')').expect("a name in parentheses");
        let ticks = |index| {
            fields
                .split_whitespace()
                .nth(index)
                .and_then(|field| field.parse::<u64>().ok())
        };
        // USER_HZ is 100 on every architecture that Rust supports.
        let ticks = ticks(11).zip(ticks(12)).map(|(user, system)| user + system);
        Duration::from_millis(10 * ticks.expect("numbers"))
    }
}

impl Drop for TargetServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

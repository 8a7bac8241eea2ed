//! The measured programs and their CPU placement: server on core 0, load on core 1.

use std::path::Path;
use std::process::Command;
use std::time::Duration;
use std::{fs, thread};

use serde_json::Value;

use crate::process::{self, Finished, Process};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const SERVER_CORE: &str = "0";
const CLIENT_CORE: &str = "1";
/// Time limit of a run.
const PATIENCE: Duration = Duration::from_secs(600);

/// An implementation of `bench.Echo`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Implementation {
    Rsrpc,
    Tonic,
}

pub(super) use Implementation::{Rsrpc, Tonic};

/// A load on a server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) mode: &'static str,
    pub(super) payload: usize,
    pub(super) concurrency: usize,
    pub(super) connections: usize,
    pub(super) calls: usize,
}

/// The built programs.
pub(super) struct Programs<'a> {
    workspace: &'a Workspace,
    /// Command that wraps every program, such as callgrind.
    wrapper: Vec<String>,
}

impl<'a> Programs<'a> {
    pub(super) fn build(workspace: &'a Workspace) -> Outcome<Self> {
        tools::system("taskset", "util-linux")?;
        if thread::available_parallelism()?.get() < 2 {
            return Err("a benchmark needs two cores: one for the server, one for the load".into());
        }
        let bins = ["bench-server", "bench-client", "tonic-server", "tonic-client"];
        let mut words = vec!["build", "--release", "-p", "rsrpc-bench"];
        words.extend(bins.iter().flat_map(|name| ["--bin", name]));
        process::run(&mut workspace.cargo(words))?;
        Ok(Self {
            workspace,
            wrapper: Vec::new(),
        })
    }

    /// Returns the programs with one of them run under `wrapper`.
    pub(super) fn under(&self, wrapper: &[&str]) -> Programs<'a> {
        Programs {
            workspace: self.workspace,
            wrapper: wrapper.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    pub(super) fn server(&self, implementation: Implementation) -> Outcome<(Process, String)> {
        let name = match implementation {
            Rsrpc => "bench-server",
            Tonic => "tonic-server",
        };
        Process::serve(self.pinned(SERVER_CORE, name).args(["--addr", "127.0.0.1:0"]))
    }

    /// Runs a client to its end. Returns its result line and its output.
    pub(super) fn client(
        &self,
        implementation: Implementation,
        addr: &str,
        load: &Load,
    ) -> Outcome<(Value, Finished)> {
        let mut client = self.load(implementation, addr, load);
        let finished = process::output(&mut client, PATIENCE)?;
        let line = finished.stdout.lines().find(|line| line.starts_with('{'));
        let line = line.ok_or("the client printed no result")?;
        Ok((serde_json::from_str(line)?, finished))
    }

    /// Starts tonic's client, which keeps connections and streams open, and waits until they are.
    pub(super) fn hold(&self, addr: &str, load: &Load, patience: Duration) -> Outcome<Process> {
        let client = Process::start(&mut self.load(Tonic, addr, load))?;
        client.line("holding", patience)?;
        Ok(client)
    }

    fn load(&self, implementation: Implementation, addr: &str, load: &Load) -> Command {
        let name = match implementation {
            Rsrpc => "bench-client",
            Tonic => "tonic-client",
        };
        let mut client = self.pinned(CLIENT_CORE, name);
        client.args(["--addr", addr, "--protocol", "grpc", "--mode", load.mode]);
        client.args([
            "--payload",
            &load.payload.to_string(),
            "--concurrency",
            &load.concurrency.to_string(),
        ]);
        client.args([
            "--connections",
            &load.connections.to_string(),
            "--calls",
            &load.calls.to_string(),
        ]);
        client
    }

    fn pinned(&self, core: &str, name: &str) -> Command {
        let mut command = Command::new("taskset");
        command
            .args(["-c", core])
            .args(&self.wrapper)
            .arg(self.workspace.program("release", name));
        command.env("RUST_BACKTRACE", "0");
        command
    }
}

/// Returns user and system time of a process in seconds, from the scheduler's nanoseconds.
pub(super) fn cpu_seconds(process: &Process) -> Outcome<f64> {
    let tasks = Path::new("/proc").join(process.id().to_string()).join("task");
    let mut nanos = 0_u64;
    for task in fs::read_dir(&tasks)? {
        // A thread may end meanwhile.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = text.split_whitespace().next().ok_or("an empty schedstat")?;
        nanos += first.parse::<u64>()?;
    }
    Ok(nanos as f64 / 1e9)
}

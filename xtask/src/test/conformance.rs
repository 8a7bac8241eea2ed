//! The suite of connectrpc.com/conformance: our server under its clients, our client with its servers.

use std::process::Command;
use std::time::Duration;

use crate::process::{self, Process};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const MODULE: &str = "connectrpc.com/conformance/cmd/connectconformance";
const VERSION: &str = "v1.0.7";
/// Time limit of a run, which takes seconds.
const PATIENCE: Duration = Duration::from_secs(300);
/// Repetitions beside a busy process.
const ROUNDS: usize = 5;

/// Configurations, each with its expected number of cases.
const SUITES: &[Suite] = &[
    Suite {
        config: "grpc.yaml",
        server: 1206,
        client: 1466,
    },
    Suite {
        config: "grpc-web.yaml",
        server: 368,
        client: 800,
    },
];

struct Suite {
    config: &'static str,
    server: usize,
    client: usize,
}

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let runner = prepare(workspace)?;
    round(workspace, &runner)
}

/// Repeats the runs beside a process that uses a whole core: no case may depend on speed.
pub(super) fn repeat(workspace: &Workspace) -> Outcome {
    let runner = prepare(workspace)?;
    let mut busy = Command::new("sh");
    busy.args(["-c", "while :; do :; done"]);
    let _busy = Process::start(&mut busy)?;
    for number in 1..=ROUNDS {
        println!("round {number} of {ROUNDS}");
        round(workspace, &runner)?;
    }
    Ok(())
}

fn prepare(workspace: &Workspace) -> Outcome<std::path::PathBuf> {
    let runner = tools::go_program(workspace, MODULE, VERSION)?;
    process::run(&mut workspace.cargo(["build", "--quiet", "-p", "rsrpc-conformance"]))?;
    Ok(runner)
}

fn round(workspace: &Workspace, runner: &std::path::Path) -> Outcome {
    for suite in SUITES {
        let config = workspace.root.join("tests/conformance").join(suite.config);
        for (mode, cases) in [("server", suite.server), ("client", suite.client)] {
            let program = workspace.program("debug", &format!("conformance-{mode}"));
            let mut command = Command::new(runner);
            command.arg("--conf").arg(&config).args(["--mode", mode, "--"]);
            let ended = process::output(command.arg(program), PATIENCE)?;
            let printed = ended.stdout + &ended.stderr;
            if !printed.contains(&format!("{cases} passed, 0 failed")) {
                return Err(format!("{} as {mode}: not {cases} cases\n{printed}", suite.config).into());
            }
            println!("{}: {cases} cases as {mode}", suite.config);
        }
    }
    Ok(())
}

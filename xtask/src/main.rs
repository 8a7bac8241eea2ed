//! The tasks of this repository: `cargo xtask test`, `bench`, `prose` and `snapshot`.

mod bench;
mod process;
mod prose;
mod requirements;
mod snapshot;
mod test;
mod tools;
mod workspace;

use std::error::Error;
use std::process::ExitCode;

use workspace::Workspace;

/// Result of a task or a step.
type Outcome<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str = "\
usage: cargo xtask test [--full] [--fail-fast] [--only STEP]… [--skip STEP]…
       cargo xtask test --list
       cargo xtask bench [--instructions] [--quick] [--rounds N] [--json FILE]
       cargo xtask bench [--compile] [--size] [--memory] [--quick] [--json FILE]
       cargo xtask prose [--list] [--changed BASE]
       cargo xtask snapshot

test    every check that a change has to pass; --full adds those that take long.
        --only and --skip choose among the steps (outside CI); what did not run is not counted as passed.
bench   rsrpc beside tonic: time, or with --instructions user-space instructions per call;
        --compile checks 200 services of each generator, --size builds a greeter of each from nothing,
        --memory holds connections and streams open.
prose   wording of comments and messages, unique type names; --list shows every finding,
        --changed only those in lines added since a revision.
snapshot  keeps what this version generates in tests/goldens/releases, before it is released.";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = Workspace::locate().and_then(|workspace| match args.as_slice() {
        ["test", options @ ..] => test::run(&workspace, &test::TestOptions::parse(options)?),
        ["bench", options @ ..] => {
            bench::run(&workspace, &bench::BenchOptions::parse(options)?).map(|()| true)
        }
        ["prose", options @ ..] => prose::command(&workspace, options),
        ["snapshot"] => snapshot::run(&workspace).map(|()| true),
        _ => Err(USAGE.into()),
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

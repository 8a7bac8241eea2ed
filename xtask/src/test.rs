//! `cargo xtask test`: runs every check in order and prints a summary that counts only checks that ran.

mod browser;
mod cargo;
mod cases;
mod conformance;
mod corpus;
mod foreign;
mod fuzz;
mod grpc_tools;
mod h2spec;
mod http;
mod instructions;
mod interop;
mod jsonrpc;
mod long;
mod protobuf;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use crate::Outcome;
use crate::workspace::{Workspace, is_ci};

/// Options of `cargo xtask test`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct TestOptions {
    full: bool,
    fail_fast: bool,
    list: bool,
    only: Vec<String>,
    skip: Vec<String>,
}

impl TestOptions {
    pub(crate) fn parse(args: &[&str]) -> Outcome<Self> {
        let mut options = Self::default();
        let mut args = args.iter();
        while let Some(&arg) = args.next() {
            match arg {
                "--full" => options.full = true,
                "--fail-fast" => options.fail_fast = true,
                "--list" => options.list = true,
                "--only" | "--skip" => {
                    let name = args
                        .next()
                        .ok_or_else(|| format!("{arg} needs the name of a step"))?;
                    if !STEPS.iter().any(|step| step.name == *name) {
                        return Err(format!("{arg} {name}: no such step; --list names them").into());
                    }
                    let list = if arg == "--only" {
                        &mut options.only
                    } else {
                        &mut options.skip
                    };
                    list.push((*name).to_owned());
                }
                _ => return Err(crate::USAGE.into()),
            }
        }
        Ok(options)
    }

    /// Returns the reason for skipping a step, or `None` if it runs.
    fn excuse(&self, step: &Step) -> Option<&'static str> {
        let named = |list: &[String]| list.iter().any(|name| name == step.name);
        if named(&self.skip) {
            Some("--skip")
        } else if !self.only.is_empty() {
            (!named(&self.only)).then_some("--only others")
        } else {
            (step.long && !self.full).then_some("needs --full")
        }
    }
}

struct Step {
    name: &'static str,
    about: &'static str,
    /// Runs only with `--full`.
    long: bool,
    run: fn(&Workspace) -> Outcome,
}

const fn step(name: &'static str, about: &'static str, run: fn(&Workspace) -> Outcome) -> Step {
    Step {
        name,
        about,
        long: false,
        run,
    }
}

const fn long(name: &'static str, about: &'static str, run: fn(&Workspace) -> Outcome) -> Step {
    Step {
        name,
        about,
        long: true,
        run,
    }
}

const STEPS: &[Step] = &[
    step("fmt", "every file is formatted", cargo::fmt),
    step("clippy", "clippy reports nothing", cargo::clippy),
    step("doc", "the documentation builds without warnings", cargo::doc),
    step(
        "prose",
        "wording of comments and messages, unique type names, sizes of the entry pages",
        crate::prose::step,
    ),
    step("deny", "bans, licences and sources of dependencies", cargo::deny),
    step(
        "test",
        "the tests of every crate, including golden files",
        cargo::test,
    ),
    step(
        "features",
        "the runtime with no feature, each feature alone, and all; gated generated code",
        cargo::features,
    ),
    step("examples", "each example runs to its end", cargo::examples),
    step(
        "foreign",
        "Python grpcio and curl as peers, Python protobuf for JSON",
        foreign::run,
    ),
    step(
        "tools",
        "grpcurl by reflection and grpc-health-probe, in plaintext and over TLS",
        grpc_tools::run,
    ),
    step(
        "jsonrpc",
        "the JSON-RPC cases `spec` and `must` over HTTP",
        jsonrpc::required,
    ),
    step(
        "browser",
        "headless Chromium calls the greeter over gRPC-Web from a page of another origin",
        browser::run,
    ),
    step(
        "conformance",
        "connectconformance against our server and our client",
        conformance::run,
    ),
    step(
        "interop",
        "gRPC interoperability tests with grpc-go in both directions, plaintext and TLS",
        interop::run,
    ),
    step(
        "h2spec",
        "the HTTP/2 conformance suite, except cases that HTTP/1.1 serves",
        h2spec::h2spec,
    ),
    step(
        "corpus",
        "protoc with the plugin over published .proto files",
        corpus::run,
    ),
    step(
        "protobuf",
        "protobuf's conformance runner: binary and JSON, proto2, proto3 and edition 2023",
        protobuf::run,
    ),
    step(
        "corpus-google",
        "protoc with the plugin over google-proto-files; 30 packages are compiled",
        corpus::google,
    ),
    step(
        "instructions",
        "a unary call needs at most 0.9 of tonic's instructions",
        instructions::run,
    ),
    step("fuzz", "libFuzzer, 30 seconds per target", fuzz::short),
    long("fuzz-long", "libFuzzer, ten minutes per target", fuzz::long),
    long(
        "feature-pairs",
        "every pair of runtime features",
        long::feature_pairs,
    ),
    long(
        "repeat",
        "repeats the tests of cancellation and faults",
        long::repeat,
    ),
    long(
        "conformance-busy",
        "repeats connectconformance while another process uses a core",
        conformance::repeat,
    ),
    long(
        "jsonrpc-all",
        "the JSON-RPC cases `policy` and `hostile` over HTTP",
        jsonrpc::all,
    ),
    long(
        "corpus-google-many",
        "compiles 400 packages of google-proto-files",
        corpus::google_many,
    ),
    long(
        "corpus-google-speed",
        "times the plugin and those of prost and tonic (report only)",
        corpus::google_speed,
    ),
    long("bench", "times rsrpc and tonic (report only)", long::bench),
];

/// Names of all steps.
#[cfg(test)]
pub(crate) fn step_names() -> Vec<&'static str> {
    STEPS.iter().map(|step| step.name).collect()
}

enum Verdict {
    Passed(Duration),
    Failed(Duration, String),
    Skipped(&'static str),
}

/// Runs the selected steps. Returns true if all of them passed.
pub(crate) fn run(workspace: &Workspace, options: &TestOptions) -> Outcome<bool> {
    if options.list {
        for step in STEPS {
            println!(
                "{:<18} {}{}",
                step.name,
                step.about,
                if step.long { " (--full)" } else { "" }
            );
        }
        return Ok(true);
    }
    if is_ci() && !(options.only.is_empty() && options.skip.is_empty()) {
        return Err("CI=true: every step has to run, so --only and --skip are refused".into());
    }
    let selected: Vec<_> = STEPS
        .iter()
        .filter(|step| options.excuse(step).is_none())
        .map(|step| step.name)
        .collect();
    crate::requirements::check(&selected)?;
    let mut verdicts = Vec::new();
    for step in STEPS {
        let failed = || {
            verdicts
                .iter()
                .any(|(_, verdict)| matches!(verdict, Verdict::Failed(..)))
        };
        let verdict = match options.excuse(step) {
            Some(reason) => Verdict::Skipped(reason),
            None if options.fail_fast && failed() => Verdict::Skipped("an earlier step failed"),
            None => perform(workspace, step),
        };
        verdicts.push((step.name, verdict));
    }
    Ok(summarise(&verdicts))
}

fn perform(workspace: &Workspace, step: &Step) -> Verdict {
    println!("\n=== {}: {}", step.name, step.about);
    let start = Instant::now();
    // A panic fails its step only; the others still run.
    let outcome = catch_unwind(AssertUnwindSafe(|| (step.run)(workspace)));
    let time = start.elapsed();
    let failure = match outcome {
        Ok(Ok(())) => {
            println!("--- {}: passed in {:.1} s", step.name, time.as_secs_f64());
            return Verdict::Passed(time);
        }
        Ok(Err(error)) => error.to_string(),
        Err(_) => "the check itself panicked, see above".into(),
    };
    println!(
        "--- {}: FAILED after {:.1} s\n{failure}",
        step.name,
        time.as_secs_f64()
    );
    Verdict::Failed(time, failure)
}

/// Prints the verdict of each step. The last line can be parsed by programs.
fn summarise(verdicts: &[(&str, Verdict)]) -> bool {
    println!("\n=== summary");
    let (mut passed, mut failed) = (0, 0);
    for (name, verdict) in verdicts {
        match verdict {
            Verdict::Passed(time) => {
                passed += 1;
                println!("passed   {name:<18} {:>7.1} s", time.as_secs_f64());
            }
            Verdict::Failed(time, failure) => {
                failed += 1;
                let first = failure.lines().next().unwrap_or_default();
                println!("FAILED   {name:<18} {:>7.1} s  {first}", time.as_secs_f64());
            }
            Verdict::Skipped(reason) => println!("skipped  {name:<18}            {reason}"),
        }
    }
    println!("{passed} passed, {failed} failed");
    failed == 0 && passed > 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_steps_run_and_unknown_names_fail() {
        let options = TestOptions::parse(&["--only", "fmt"]).unwrap();
        assert!(options.excuse(&STEPS[0]).is_none());
        assert!(options.excuse(&STEPS[1]).is_some());
        assert!(TestOptions::parse(&["--skip", "nonsense"]).is_err());
        assert!(TestOptions::parse(&["--onyl", "fmt"]).is_err());
    }

    #[test]
    fn long_steps_need_full() {
        let long = STEPS.iter().find(|step| step.long).expect("a long step");
        assert!(TestOptions::default().excuse(long).is_some());
        assert!(TestOptions::parse(&["--full"]).unwrap().excuse(long).is_none());
    }

    #[test]
    fn failure_or_no_step_is_not_success() {
        let time = Duration::from_secs(1);
        assert!(summarise(&[
            ("a", Verdict::Passed(time)),
            ("b", Verdict::Skipped("--skip"))
        ]));
        assert!(!summarise(&[
            ("a", Verdict::Passed(time)),
            ("b", Verdict::Failed(time, "why".into()))
        ]));
        assert!(!summarise(&[("a", Verdict::Skipped("--skip"))]));
    }
}

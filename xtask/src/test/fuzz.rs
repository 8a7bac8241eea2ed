//! The fuzz targets of `tests/fuzz` under libFuzzer. The stable compiler supports coverage instrumentation, an LLVM
//! pass. It lacks sanitizers, which safe Rust hardly needs.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::process::{self, Process};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const SHORT: Duration = Duration::from_secs(30);
const LONG: Duration = Duration::from_secs(600);
/// Time limit of a cold build on a small machine.
const BUILD: Duration = Duration::from_secs(1800);
/// Additional time limit for seeds and the last input.
const GRACE: Duration = Duration::from_secs(120);
/// Time limit of an input, in seconds.
const MAX_INPUT_SECONDS: u32 = 10;
/// Memory limit of a fuzzer in MiB, including its corpus.
const MAX_MEMORY_MIB: u32 = 2048;
/// Maximum input size in bytes. A request of protoc contains a whole set of files.
const MAX_INPUT_BYTES: u32 = 16 << 10;

/// Compiler flags that bolero's own tool uses for libFuzzer.
const FLAGS: &str = "--cfg fuzzing --cfg fuzzing_libfuzzer -Cpasses=sancov-module \
    -Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
    -Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares";

pub(super) fn short(workspace: &Workspace) -> Outcome {
    run(workspace, SHORT)
}

pub(super) fn long(workspace: &Workspace) -> Outcome {
    run(workspace, LONG)
}

fn run(workspace: &Workspace, time: Duration) -> Outcome {
    tools::system("c++", "g++")?;
    let program = build(workspace)?;
    let seeds = workspace.target.join("fuzz/seeds");
    // The uninstrumented build writes the seeds.
    let mut write = workspace.cargo(["test", "--quiet", "-p", "rsrpc-fuzz", "--test", "targets"]);
    process::output(write.env("FUZZ_SEEDS", &seeds), BUILD)?;
    let mut names = Vec::new();
    for folder in fs::read_dir(&seeds)? {
        names.push(
            folder?
                .file_name()
                .into_string()
                .map_err(|_| "a target's name is no UTF-8")?,
        );
    }
    if names.is_empty() {
        return Err("rsrpc-fuzz has no target".into());
    }
    names.sort_unstable_by(|a, b| b.cmp(a));
    // Runs one target per processor and reports every failure.
    let (left, failures) = (Mutex::new(names), Mutex::new(Vec::new()));
    let next = || left.lock().expect("no panic holds it").pop();
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(name) = next() {
                    match target(workspace, &program, &seeds.join(&name), &name, time) {
                        Ok(summary) => println!("{name}: {summary}"),
                        Err(error) => failures
                            .lock()
                            .expect("no panic holds it")
                            .push(format!("{name}: {error}")),
                    }
                }
            });
        }
    });
    let failures = failures.into_inner()?;
    if failures.is_empty() {
        return Ok(());
    }
    Err(failures.join("\n").into())
}

/// Builds the instrumented targets in a separate folder.
fn build(workspace: &Workspace) -> Outcome<PathBuf> {
    let rustc = env::var_os("RUSTC").unwrap_or("rustc".into());
    let version = process::output(Command::new(rustc).arg("-vV"), GRACE)?.stdout;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    let host = host.ok_or("rustc -vV: no host")?;
    // With an explicit target, build scripts and macros are compiled without the flags.
    let words = [
        "test",
        "--no-run",
        "-p",
        "rsrpc-fuzz",
        "--test",
        "targets",
        "--profile",
        "fuzz",
    ];
    let mut build = workspace.cargo(words);
    build.args(["--quiet", "--target", host, "--message-format", "json"]);
    build.arg("--target-dir").arg(workspace.target.join("fuzz/build"));
    build.env("RUSTFLAGS", FLAGS).env("BOLERO_FUZZER", "libfuzzer");
    let messages = process::output(&mut build, BUILD)?.stdout;
    let program = messages.lines().rev().find_map(|line| {
        let message: Value = serde_json::from_str(line).ok()?;
        Some(message.get("executable")?.as_str()?.into())
    });
    program.ok_or_else(|| "cargo built no fuzz targets".into())
}

/// Runs a target for some time. Returns statistics, or the input that failed.
fn target(
    workspace: &Workspace,
    program: &Path,
    seeds: &Path,
    name: &str,
    time: Duration,
) -> Outcome<String> {
    // The corpus is kept for later runs.
    let corpus = workspace.cache.join("fuzz").join(name);
    let crashes = workspace.target.join("fuzz/crashes").join(name);
    fs::create_dir_all(&corpus)?;
    fs::create_dir_all(&crashes)?;
    let options = format!(
        "{} {} -artifact_prefix={}/ -max_total_time={} -timeout={MAX_INPUT_SECONDS} -rss_limit_mb={MAX_MEMORY_MIB} \
         -max_len={MAX_INPUT_BYTES} -print_final_stats=1",
        corpus.display(),
        seeds.display(),
        crashes.display(),
        time.as_secs(),
    );
    let mut fuzzer = Command::new(program);
    fuzzer.args([name, "--exact", "--nocapture", "--quiet", "--test-threads", "1"]);
    fuzzer
        .env("BOLERO_TEST_NAME", name)
        .env("BOLERO_LIBTEST_HARNESS", "1");
    fuzzer.env("BOLERO_LIBFUZZER_ARGS", options);
    let finished = Process::start(&mut fuzzer)?.wait(time + GRACE)?;
    let stat = |name: &str| {
        let line = finished
            .stderr
            .lines()
            .find_map(|line| line.strip_prefix("stat::")?.strip_prefix(name));
        line.map(|number| number.trim_start_matches(':').trim().to_owned())
    };
    if !finished.status.success() {
        let end: Vec<_> = finished.stderr.lines().rev().take(40).collect();
        let end: Vec<_> = end.into_iter().rev().collect();
        let place = crashes.display();
        return Err(format!("{}; the input is in {place}\n{}", finished.status, end.join("\n")).into());
    }
    // A fuzzer that ran no input proves nothing.
    match (stat("number_of_executed_units"), stat("new_units_added")) {
        (Some(runs), Some(new)) if runs != "0" => Ok(format!(
            "{runs} inputs in {} s, {new} of them new to the corpus",
            time.as_secs()
        )),
        _ => Err(format!("it does not say what it ran\n{}", finished.stderr).into()),
    }
}

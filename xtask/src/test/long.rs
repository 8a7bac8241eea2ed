//! Steps of `--full`: longer runs of the same checks.

use crate::Outcome;
use crate::bench;
use crate::process::run;
use crate::test::cargo::check_runtime;
use crate::workspace::Workspace;

/// Repetitions of tests that depend on timing.
const REPEATS: usize = 20;
/// Names of those tests: every integration test of rsrpc-tests that contains one of these words.
const TIMING: &[&str] = &["cancellation_leaks", "faults"];

pub(super) fn feature_pairs(workspace: &Workspace) -> Outcome {
    let features = workspace.features("rsrpc-runtime")?;
    let mut failures = Vec::new();
    for (index, first) in features.iter().enumerate() {
        for second in &features[index + 1..] {
            if check_runtime(workspace, &[first, second]).is_err() {
                failures.push(format!("{first} with {second}"));
            }
        }
    }
    if failures.is_empty() {
        return Ok(());
    }
    Err(format!("these features do not build together: {}", failures.join(", ")).into())
}

pub(super) fn repeat(workspace: &Workspace) -> Outcome {
    let tests = workspace.tests("rsrpc-tests")?;
    let is_timing = |name: &&String| TIMING.iter().any(|word| name.contains(word));
    let names: Vec<&String> = tests.iter().filter(is_timing).collect();
    if names.is_empty() {
        return Err(format!("rsrpc-tests has no integration test named after {TIMING:?}").into());
    }
    for round in 1..=REPEATS {
        println!("round {round} of {REPEATS}");
        for name in &names {
            run(&mut workspace.cargo(["test", "--quiet", "-p", "rsrpc-tests", "--test", name]))?;
        }
    }
    Ok(())
}

pub(super) fn bench(workspace: &Workspace) -> Outcome {
    bench::run(workspace, &bench::BenchOptions::default())
}

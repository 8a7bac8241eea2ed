//! h2spec, the conformance suite of HTTP/2, against `greeter serve`.

use std::fs;
use std::process::Command;
use std::time::Duration;

use crate::process::{Process, output, run};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const PACKAGE: &str = "github.com/summerwind/h2spec/cmd/h2spec";
const VERSION: &str = "v2.2.1+incompatible";
const CASES: usize = 145;
/// Accepted failures with their reasons.
const ACCEPTED: &[(&str, &str)] = &[(
    "http2/3.5: Sends invalid connection preface",
    "what is no HTTP/2 may be HTTP/1.1 on the same port, which answers it with 400 before it closes",
)];
const PATIENCE: Duration = Duration::from_secs(300);

pub(super) fn h2spec(workspace: &Workspace) -> Outcome {
    let h2spec = tools::go_program(workspace, PACKAGE, VERSION)?;
    run(&mut workspace.cargo(["build", "--quiet", "-p", "greeter"]))?;
    let mut greeter = Command::new(workspace.program("debug", "greeter"));
    let (server, addr) = Process::serve(greeter.args(["serve", "--addr", "127.0.0.1:0"]))?;
    let port = addr.rsplit(':').next().ok_or("no port")?;
    let report = std::env::temp_dir().join(format!("h2spec-{}.xml", std::process::id()));
    let mut command = Command::new(&h2spec);
    command
        .args(["-h", "127.0.0.1", "-p", port, "-o", "2"])
        .args(["-P", "/helloworld.Greeter/SayHello", "-j"])
        .arg(&report);
    // h2spec exits with a failure if any case fails; the report names them.
    let finished = output(&mut command, PATIENCE);
    let text = fs::read_to_string(&report).map_err(|error| format!("no report: {error}"))?;
    let _ = fs::remove_file(&report);
    drop(finished);
    server.stop_cleanly()?;
    let (cases, failed) = read(&text);
    if cases != CASES {
        return Err(format!("{cases} cases ran, not {CASES}").into());
    }
    println!("{} of {CASES} cases pass", CASES - failed.len());
    let is_accepted = |name: &&String| ACCEPTED.iter().any(|(accepted, _)| accepted == name);
    let (accepted, wrong): (Vec<&String>, Vec<&String>) = failed.iter().partition(is_accepted);
    if !wrong.is_empty() {
        return Err(format!("these fail: {wrong:#?}").into());
    }
    if accepted.len() != ACCEPTED.len() {
        return Err("a case passes that was known to fail: it is to be taken off the list".into());
    }
    Ok(())
}

/// Reads the number of cases and the failures (section and name) from a JUnit report.
fn read(report: &str) -> (usize, Vec<String>) {
    let cases = report.split("<testcase ").skip(1);
    let attribute = |case: &str, name: &str| {
        let (_, value) = case.split_once(&format!("{name}=\""))?;
        Some(value.split_once('"')?.0.to_owned())
    };
    let failed = cases
        .clone()
        .filter(|case| case.contains("<error") || case.contains("<failure"))
        .map(|case| {
            let part = |name| attribute(case, name).unwrap_or_default();
            format!("{}: {}", part("package"), part("classname"))
        });
    (cases.count(), failed.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn junit_reports_are_parsed() {
        let report = r#"<testsuite name="a" tests="2" errors="0">
            <testcase package="http2/3.5" classname="Sends this" time="0.1"></testcase>
            <testcase package="http2/4.2" classname="Sends that" time="0.1"><error>no</error></testcase>
            <testcase package="http2/4.3" classname="Sends both" time="0.1">
              <failure>no</failure></testcase></testsuite>"#;
        let failed = ["http2/4.2: Sends that", "http2/4.3: Sends both"].map(str::to_owned);
        assert_eq!(read(report), (3, failed.to_vec()));
    }
}

//! The JSON-RPC cases, over HTTP/1.1, against `calc serve`.

use std::fs;

use serde_json::Value;

use crate::Outcome;
use crate::process::{Process, run};
use crate::test::cases::Case;
use crate::test::http::{Connection, Request, Response};
use crate::workspace::Workspace;

const PLAIN_CALL: &[u8] =
    br#"{"jsonrpc":"2.0","method":"rsrpc.test.Calc/Subtract","params":[5,3],"id":"plain"}"#;
const PLAIN_ANSWER: &str = r#"{"expect":{"jsonrpc":"2.0","result":2,"id":"plain"}}"#;

/// Cases of the specification and requirements.
pub(super) fn required(workspace: &Workspace) -> Outcome {
    run_classes(workspace, &["spec", "must"])
}

/// Policy cases and hostile input.
pub(super) fn all(workspace: &Workspace) -> Outcome {
    run_classes(workspace, &["policy", "hostile"])
}

fn run_classes(workspace: &Workspace, classes: &[&str]) -> Outcome {
    run(&mut workspace.cargo(["build", "--quiet", "-p", "calc"]))?;
    let text = fs::read_to_string(workspace.root.join("tests/jsonrpc/cases.jsonl"))?;
    let cases = text.lines().map(Case::parse).collect::<Outcome<Vec<Case>>>()?;

    let mut calc = std::process::Command::new(workspace.program("debug", "calc"));
    let (server, addr) = Process::serve(calc.args(["serve", "--http", "127.0.0.1:0"]))?;
    let mut objections = Vec::new();
    for class in classes {
        let chosen: Vec<&Case> = cases
            .iter()
            .filter(|case| case.class() == *class && case.is_for_http())
            .collect();
        if chosen.is_empty() {
            return Err(format!("no case of class {class}").into());
        }
        for case in &chosen {
            if let Err(error) = attempt(&addr, case) {
                objections.push(format!("{}: {error}", case.name()));
            }
        }
        println!("{class}: {} cases", chosen.len());
    }
    server.stop_cleanly()?;
    if objections.is_empty() {
        return Ok(());
    }
    Err(format!("{} cases fail\n{}", objections.len(), objections.join("\n")).into())
}

/// Sends a case. Afterwards the server must still respond on the same connection, or after a hostile case on a new
/// one.
fn attempt(addr: &str, case: &Case) -> Outcome {
    let mut connection = Connection::open(addr)?;
    let body = case.request()?;
    let response = connection.send(addr, &request(case, &body))?;
    if Some(u64::from(response.status)) != case.http_status() {
        let body = String::from_utf8_lossy(&response.body);
        return Err(format!(
            "HTTP {} where {:?} is due: {body:.200}",
            response.status,
            case.http_status()
        )
        .into());
    }
    if let Some(objection) = case.objection(&response.body) {
        return Err(objection.into());
    }
    if response.status == 200 && !response.body.is_empty() && case.http("path").is_none() {
        check_content_type(&response)?;
    }
    // 413 closes the connection; for other refusals HTTP decides.
    if case.class() == "hostile" || response.status >= 400 {
        connection = Connection::open(addr)?;
    }
    let plain = Request {
        method: "POST",
        path: "/",
        headers: default_headers(),
        body: PLAIN_CALL,
    };
    let answer = connection
        .send(addr, &plain)
        .map_err(|error| format!("a plain call afterwards: {error}"))?;
    match Case::parse(PLAIN_ANSWER)?.objection(&answer.body) {
        Some(objection) => Err(format!("a plain call afterwards: {objection}").into()),
        None => Ok(()),
    }
}

fn check_content_type(response: &Response) -> Outcome {
    match response.header("content-type") {
        Some("application/json" | "text/event-stream") => Ok(()),
        other => Err(format!("content-type {other:?}").into()),
    }
}

fn request<'a>(case: &'a Case, body: &'a [u8]) -> Request<'a> {
    let text = |name, default| case.http(name).and_then(Value::as_str).unwrap_or(default);
    let method = text("method", "POST");
    let mut headers = if matches!(method, "POST" | "PUT") {
        default_headers()
    } else {
        Vec::new()
    };
    for (name, value) in case
        .http("headers")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        if let Some(value) = value.as_str() {
            headers.push((name.clone(), value.to_owned()));
        }
    }
    Request {
        method,
        path: text("path", "/"),
        headers,
        body,
    }
}

fn default_headers() -> Vec<(String, String)> {
    ["content-type", "accept"]
        .map(|name| (name.to_owned(), "application/json".to_owned()))
        .into()
}

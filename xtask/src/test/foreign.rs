//! Peers without shared code: Python grpcio as client and server (also with only an exported .proto file), curl, and
//! Python protobuf's JSON.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::{self, Process, run as run_command};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

/// Time limit of a call.
const PATIENCE: Duration = Duration::from_secs(60);

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let scripts = workspace.root.join("tests/foreign");
    let python = tools::python(workspace, &scripts.join("requirements.txt"))?;
    let curl = tools::system("curl", "curl")?;
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", "greeter"]))?;
    let greeter = workspace.program("debug", "greeter");

    their_clients(&greeter, &python, &scripts, &curl)?;
    their_server(&greeter, &python, &scripts)?;
    their_client_of_an_exported_file(workspace, &python, &scripts)?;
    their_exported_client(workspace, &python, &scripts)?;
    their_json(workspace, &python, &scripts)
}

/// Runs grpcio and curl against `greeter serve` on one port.
fn their_clients(greeter: &Path, python: &Path, scripts: &Path, curl: &Path) -> Outcome {
    let (server, addr) = Process::serve(Command::new(greeter).args(["serve", "--addr", "127.0.0.1:0"]))?;
    println!("grpcio calls greeter serve");
    let client = process::output(
        Command::new(python).arg(scripts.join("client.py")).arg(&addr),
        PATIENCE,
    )?;
    print!("{}", client.stdout);
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        println!("curl {version} calls greeter serve");
        ask_with_curl(curl, version, &addr)?;
    }
    server.stop_cleanly()?;
    Ok(())
}

/// Compiles a trait's exported .proto file with grpcio-tools and calls the service.
fn their_exported_client(workspace: &Workspace, python: &Path, scripts: &Path) -> Outcome {
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", "trait-first"]))?;
    let shop = workspace.program("debug", "trait-first");
    let (server, addr) = Process::serve(Command::new(shop).args(["serve", "--addr", "127.0.0.1:0"]))?;
    println!("grpcio calls trait-first serve, by its exported .proto file");
    let mut client = Command::new(python);
    let protos = workspace.root.join("examples/trait-first/proto");
    let client = process::output(
        client.arg(scripts.join("bookshop.py")).arg(&addr).arg(protos),
        PATIENCE,
    )?;
    print!("{}", client.stdout);
    server.stop_cleanly()?;
    Ok(())
}

fn ask_with_curl(curl: &Path, version: &str, addr: &str) -> Outcome {
    let request =
        r#"{"jsonrpc":"2.0","method":"helloworld.Greeter/SayHello","params":{"name":"curl"},"id":7}"#;
    let mut curl = Command::new(curl);
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "20", version]);
    curl.args([
        "--header",
        "content-type: application/json",
        "--data",
        request,
        &format!("http://{addr}/"),
    ]);
    let answer = process::output(&mut curl, PATIENCE)?.stdout;
    let expected = json!({"jsonrpc": "2.0", "result": {"message": "Hello curl"}, "id": 7});
    if serde_json::from_str::<Value>(&answer).ok().as_ref() == Some(&expected) {
        return Ok(());
    }
    Err(format!("curl {version} was answered {answer:?}, not {expected}").into())
}

/// Runs `greeter call` against grpcio's server, whose Chat sends headers only after reading a message.
fn their_server(greeter: &Path, python: &Path, scripts: &Path) -> Outcome {
    let (server, addr) = Process::serve(Command::new(python).arg(scripts.join("server.py")))?;
    println!("greeter call calls grpcio");
    let called = process::output(
        Command::new(greeter).args(["call", "--addr", &addr, "rsrpc"]),
        PATIENCE,
    )?;
    print!("{}", called.stdout);
    let served = server.stop_cleanly()?.stdout;
    if !called.stdout.contains("Hello rsrpc") {
        return Err("greeter call does not show the reply".into());
    }
    // The server's log proves that the client called every method.
    for method in ["SayHello", "StreamHello", "Chat"] {
        if !served.contains(&format!("served {method}\n")) {
            return Err(
                format!("greeter call did not complete a {method}; the server says\n{served}").into(),
            );
        }
    }
    Ok(())
}

/// Runs grpcio with an exported .proto file against a service defined in Rust.
fn their_client_of_an_exported_file(workspace: &Workspace, python: &Path, scripts: &Path) -> Outcome {
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", "rsrpc-tests", "--bin", "trait-peer"]))?;
    let (server, addr) = Process::serve(&mut Command::new(workspace.program("debug", "trait-peer")))?;
    println!("grpcio calls a service by its exported .proto file");
    let client = process::output(
        Command::new(python)
            .arg(scripts.join("trait_first.py"))
            .arg(&addr),
        PATIENCE,
    )?;
    print!("{}", client.stdout);
    server.stop_cleanly()?;
    Ok(())
}

/// Exchanges random messages with Python protobuf's JSON; each side reads the other's output.
fn their_json(workspace: &Workspace, python: &Path, scripts: &Path) -> Outcome {
    run_command(&mut workspace.cargo(["build", "--quiet", "-p", "rsrpc-tests", "--bin", "json-peer"]))?;
    let peer = workspace.program("debug", "json-peer");
    println!("protobuf's json_format reads ours, and writes for us");
    let compared = process::output(
        Command::new(python).arg(scripts.join("json_peer.py")).arg(peer),
        PATIENCE,
    )?;
    print!("{}", compared.stdout);
    Ok(())
}

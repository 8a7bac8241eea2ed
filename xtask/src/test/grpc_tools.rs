//! Standard gRPC tools that need only an address: grpcurl uses reflection, grpc-health-probe the health service.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Finished, Process, run as run_command};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const GRPCURL: (&str, &str) = ("github.com/fullstorydev/grpcurl/cmd/grpcurl", "v1.9.4");
const PROBE: (&str, &str) = ("github.com/grpc-ecosystem/grpc-health-probe", "v0.4.61");
const PATIENCE: Duration = Duration::from_secs(60);
/// Exit codes of grpc-health-probe for a failed call and for a server that is not serving.
const RPC_FAILED: i32 = 3;
const UNHEALTHY: i32 = 4;

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let grpcurl = tools::go_program(workspace, GRPCURL.0, GRPCURL.1)?;
    let probe = Probe {
        program: &tools::go_program(workspace, PROBE.0, PROBE.1)?,
        flags: &[],
    };
    run_command(&mut workspace.cargo([
        "build",
        "--quiet",
        "-p",
        "greeter",
        "-p",
        "calc",
        "-p",
        "rsrpc-tests",
        "--bin",
        "greeter",
        "--bin",
        "calc",
        "--bin",
        "trait-peer",
    ]))?;
    let program = |name| Command::new(workspace.program("debug", name));

    let (server, addr) = Process::serve(program("greeter").args(["serve", "--addr", "127.0.0.1:0"]))?;
    println!("grpcurl and grpc-health-probe ask greeter serve");
    greeter(&Grpcurl::plain(&grpcurl, &addr))?;
    for service in ["", "helloworld.Greeter"] {
        probe.says(&addr, service, 0, "status: SERVING")?;
    }
    let unknown = "no health status is set for service a.B";
    probe.says(&addr, "a.B", RPC_FAILED, unknown)?;
    server.stop_cleanly()?;

    let (server, addr) = Process::serve(program("calc").args(["serve", "--http", "127.0.0.1:0"]))?;
    println!("grpcurl and grpc-health-probe ask calc serve");
    calc(&Grpcurl::plain(&grpcurl, &addr))?;
    probe.says(&addr, "rsrpc.test.Calc", 0, "status: SERVING")?;
    server.stop_cleanly()?;

    let (server, addr) = Process::serve(&mut program("trait-peer"))?;
    println!("grpcurl and grpc-health-probe ask a service that is a Rust trait");
    trait_first(&Grpcurl::plain(&grpcurl, &addr))?;
    let not_serving = "service unhealthy (responded with \"NOT_SERVING\")";
    probe.says(&addr, "trait_first.Catalog", UNHEALTHY, not_serving)?;
    server.stop_cleanly()?;

    let root = workspace.target.join("tools-root.pem");
    let (server, addr) = Process::serve(program("trait-peer").arg(&root))?;
    println!("grpcurl and grpc-health-probe ask it over TLS");
    let root = root.to_str().ok_or("the target folder's path is no UTF-8")?;
    trait_first(&Grpcurl::new(&grpcurl, &addr, &["-cacert", root]))?;
    let tls = ["-tls", "-tls-ca-cert", root];
    Probe { flags: &tls, ..probe }.says(&addr, "", 0, "status: SERVING")?;
    server.stop_cleanly()?;
    Ok(())
}

/// grpcurl with the address of a server.
struct Grpcurl<'a> {
    program: &'a Path,
    flags: &'a [&'a str],
    addr: &'a str,
}

impl<'a> Grpcurl<'a> {
    fn plain(program: &'a Path, addr: &'a str) -> Self {
        Self::new(program, addr, &["-plaintext"])
    }

    fn new(program: &'a Path, addr: &'a str, flags: &'a [&'a str]) -> Self {
        Self { program, flags, addr }
    }

    /// Returns the output with white space collapsed.
    fn ask(&self, data: Option<&str>, words: &[&str]) -> Outcome<String> {
        let mut grpcurl = Command::new(self.program);
        grpcurl.args(self.flags).args(["-max-time", "20"]);
        if let Some(data) = data {
            grpcurl.args(["-d", data]);
        }
        grpcurl.arg(self.addr).args(words);
        let said = process::output(&mut grpcurl, PATIENCE)?.stdout;
        Ok(said.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    fn says(&self, data: Option<&str>, words: &[&str], expected: &str) -> Outcome {
        let said = self.ask(data, words)?;
        if said == expected {
            return Ok(());
        }
        Err(format!("grpcurl {} says\n{said}\nnot\n{expected}", words.join(" ")).into())
    }
}

fn greeter(grpcurl: &Grpcurl<'_>) -> Outcome {
    grpcurl.says(
        None,
        &["list"],
        "grpc.health.v1.Health grpc.reflection.v1.ServerReflection grpc.reflection.v1alpha.ServerReflection \
         helloworld.Greeter",
    )?;
    grpcurl.says(
        None,
        &["list", "helloworld.Greeter"],
        "helloworld.Greeter.Chat helloworld.Greeter.SayHello helloworld.Greeter.StreamHello",
    )?;
    grpcurl.says(
        None,
        &["describe", "helloworld.Greeter.Chat"],
        "helloworld.Greeter.Chat is a method: rpc Chat ( stream .helloworld.HelloRequest ) returns ( stream \
         .helloworld.HelloReply );",
    )?;
    grpcurl.says(
        None,
        &["describe", "helloworld.HelloRequest.name"],
        "helloworld.HelloRequest.name is a field: string name = 1;",
    )?;
    let name = Some(r#"{"name": "grpcurl"}"#);
    let hello = r#"{ "message": "Hello grpcurl" }"#;
    grpcurl.says(name, &["helloworld.Greeter/SayHello"], hello)?;
    grpcurl.says(name, &["helloworld.Greeter/StreamHello"], &[hello; 10].join(" "))?;
    grpcurl.says(
        Some(r#"{"name": "grpcurl"} {"name": "Ada"}"#),
        &["helloworld.Greeter/Chat"],
        &format!(r#"{hello} {{ "message": "Hello Ada" }}"#),
    )?;
    grpcurl.says(
        Some(r#"{"service": "helloworld.Greeter"}"#),
        &["grpc.health.v1.Health/Check"],
        r#"{ "status": "SERVING" }"#,
    )
}

/// Checks every symbol, several packages, and well-known types.
fn calc(grpcurl: &Grpcurl<'_>) -> Outcome {
    let all = grpcurl.ask(None, &["describe"])?;
    for service in [
        "rsrpc.test.Calc",
        "helloworld.Greeter",
        "grpc.health.v1.Health",
        "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
    ] {
        if !all.contains(&format!("{service} is a service:")) {
            return Err(format!("grpcurl describe lacks {service}:\n{all}").into());
        }
    }
    let request = Some(r#"{"minuend": 42, "subtrahend": 23}"#);
    grpcurl.says(request, &["rsrpc.test.Calc/Subtract"], "19")?;
    grpcurl.says(None, &["rsrpc.test.Calc/GetData"], r#"[ "hello", 5 ]"#)
}

fn trait_first(grpcurl: &Grpcurl<'_>) -> Outcome {
    grpcurl.says(
        None,
        &["list", "trait_first.Catalog"],
        "trait_first.Catalog.Add trait_first.Catalog.Colors trait_first.Catalog.Count trait_first.Catalog.Echo \
         trait_first.Catalog.Labels trait_first.Catalog.Lengths trait_first.Catalog.Plant trait_first.Catalog.Rest",
    )?;
    grpcurl.says(
        None,
        &["describe", "trait_first.Catalog.Count"],
        "trait_first.Catalog.Count is a method: // Counts down. rpc Count ( .trait_first.CountRequest ) returns ( \
         stream .google.protobuf.UInt32Value );",
    )?;
    grpcurl.says(
        None,
        &["describe", "trait_first.Scalars.a_sint32"],
        "trait_first.Scalars.a_sint32 is a field: // ZigZag encoding. sint32 a_sint32 = 7;",
    )?;
    grpcurl.says(None, &["trait_first.Catalog/Rest"], "{}")
}

/// grpc-health-probe.
#[derive(Clone, Copy)]
struct Probe<'a> {
    program: &'a Path,
    flags: &'a [&'a str],
}

impl Probe<'_> {
    /// Checks exit code and output.
    fn says(&self, addr: &str, service: &str, code: i32, expected: &str) -> Outcome {
        let mut command = Command::new(self.program);
        command.args(self.flags);
        command.args([&format!("-addr={addr}"), &format!("-service={service}")]);
        let Finished {
            status,
            stdout,
            stderr,
        } = Process::start(&mut command)?.wait(PATIENCE)?;
        if status.code() == Some(code) && stderr.contains(expected) {
            return Ok(());
        }
        Err(format!(
            "grpc-health-probe of {service:?} ends with {status} and says\n{stdout}{stderr}\nnot with {code} and\n\
             {expected}"
        )
        .into())
    }
}

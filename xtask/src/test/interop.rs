//! gRPC's interoperability tests with grpc-go in both directions, in plaintext and over TLS. The compression cases,
//! which grpc-go lacks, run between our client and server.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::process::{self, Process};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

const MODULE: &str = "google.golang.org/grpc";
const VERSION: &str = "v1.85.0";
/// Cases of grpc-go's client that need neither Google credentials nor ORCA.
const CASES: [&str; 16] = [
    "empty_unary",
    "large_unary",
    "client_streaming",
    "server_streaming",
    "ping_pong",
    "empty_stream",
    "timeout_on_sleeping_server",
    "cancel_after_begin",
    "cancel_after_first_response",
    "status_code_and_message",
    "special_status_message",
    "custom_metadata",
    "unimplemented_method",
    "unimplemented_service",
    "rpc_soak",
    "channel_soak",
];
/// Cases that grpc-go's programs lack.
const COMPRESSED: [&str; 4] = [
    "client_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_unary",
    "server_compressed_streaming",
];
/// An additional case that any server passes.
const ONE_CALL: &str = "unary_once";
/// Trusts the test authority and expects the name in its certificate.
const OVER_TLS: &[&str] = &[
    "--use_tls",
    "--use_test_ca",
    "--server_host_override=foo.test.google.fr",
];
/// Time limits of one case and of all cases.
const PATIENCE: (Duration, Duration) = (Duration::from_secs(60), Duration::from_secs(300));

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let go = |name| tools::go_program(workspace, &format!("{MODULE}/interop/{name}"), VERSION);
    let (client, server) = (go("client")?, go("server")?);
    // The certificates are read from the module.
    tools::go_module(workspace, MODULE, VERSION)?;
    process::run(&mut workspace.cargo(["build", "--quiet", "-p", "rsrpc-conformance"]))?;
    for tls in [&[][..], OVER_TLS] {
        our_server(workspace, &client, tls)?;
        our_client(workspace, &server, tls)?;
    }
    Ok(())
}

fn our_server(workspace: &Workspace, client: &Path, tls: &[&str]) -> Outcome {
    let mut serve = Command::new(workspace.program("debug", "interop-server"));
    let (server, addr) = Process::serve(serve.arg("--port=0").args(tls.first()))?;
    let (host, port) = addr.rsplit_once(':').ok_or("the server has no port")?;
    let ours = workspace.program("debug", "interop-client");
    for (whose, client, cases) in [("grpc-go's", client, &CASES[..]), ("our", &ours, &COMPRESSED)] {
        for case in cases {
            let mut call = Command::new(client);
            call.arg(format!("--server_host={host}"))
                .arg(format!("--server_port={port}"))
                .arg(format!("--test_case={case}"))
                .args(tls);
            process::output(&mut call, PATIENCE.0)?;
        }
        println!(
            "{whose} client, our server, {}: {} cases",
            words(tls),
            cases.len()
        );
    }
    server.stop_cleanly()?;
    Ok(())
}

/// grpc-go's server listens on all interfaces, so it runs with the client in its own network namespace. The process
/// namespace ends with the shell.
fn our_client(workspace: &Workspace, server: &Path, tls: &[&str]) -> Outcome {
    const SCRIPT: &str = r#"
        server=$1 client=$2 tls=$3 cases=$4
        ip link set lo up
        "$server" --port=10000 ${tls:+--use_tls} &
        call() { "$client" --server_host=127.0.0.1 --server_port=10000 $tls --test_case="$1"; }
        tries=0
        until call empty_unary >/dev/null; do
            tries=$((tries + 1))
            [ $tries -lt 300 ] || { echo 'the server does not answer'; exit 1; }
            sleep 0.1
        done
        for case in $cases; do
            call "$case" >output 2>&1 || { echo "$case:"; cat output; exit 1; }
            echo "passed $case"
        done
    "#;
    let unshare = tools::system("unshare", "util-linux")?;
    tools::system("ip", "iproute2")?;
    let folder = workspace.cache.join("interop");
    std::fs::create_dir_all(&folder)?;
    let isolated = |program: &str| {
        let mut command = Command::new(&unshare);
        command
            .args([
                "--map-root-user",
                "--net",
                "--pid",
                "--fork",
                "--kill-child",
                "--",
            ])
            .arg(program)
            .current_dir(&folder);
        command
    };
    process::output(&mut isolated("true"), PATIENCE.0).map_err(|error| {
        format!(
            "grpc-go's server listens on every interface and is run in a network namespace of its own, which this \
             machine does not allow: {error}"
        )
    })?;
    let cases = [&CASES[..], &[ONE_CALL]].concat();
    let mut all = isolated("sh");
    all.args(["-c", SCRIPT, "sh"])
        .arg(server)
        .arg(workspace.program("debug", "interop-client"))
        .args([tls.join(" "), cases.join(" ")]);
    let printed = process::output(&mut all, PATIENCE.1)?.stdout;
    let passed = printed.lines().filter(|line| line.starts_with("passed ")).count();
    if passed != cases.len() {
        return Err(format!("{passed} of {} cases passed\n{printed}", cases.len()).into());
    }
    println!("our client, grpc-go's server, {}: {passed} cases", words(tls));
    Ok(())
}

fn words(tls: &[&str]) -> &'static str {
    if tls.is_empty() { "plaintext" } else { "TLS" }
}

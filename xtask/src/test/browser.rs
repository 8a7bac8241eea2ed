//! A real browser opens the page of the example `grpc-web`, which calls the greeter of another origin over gRPC-Web.

use std::process::Command;
use std::time::Duration;

use crate::process::{self, Process};
use crate::workspace::Workspace;
use crate::{Outcome, tools};

/// Time limit of the browser, which creates a profile first.
const PATIENCE: Duration = Duration::from_secs(120);

pub(super) fn run(workspace: &Workspace) -> Outcome {
    let chromium = tools::system("chromium", "chromium")?;
    process::run(&mut workspace.cargo(["build", "--quiet", "-p", "grpc-web"]))?;
    let mut serve = Command::new(workspace.program("debug", "grpc-web"));
    let (server, address) = Process::serve(serve.arg("serve"))?;
    let profile = std::env::temp_dir().join(format!("rsrpc-browser-{}", std::process::id()));
    let mut browse = Command::new(chromium);
    browse
        // The sandbox does not work as root or in containers. The page is trusted.
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
        ])
        .args(["--no-first-run", "--disable-background-networking"])
        // Keeps the browser open until the page has reported to the server.
        .arg("--remote-debugging-port=0")
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("http://{address}/?report"));
    let browser = Process::start(&mut browse)?;
    let log = server.line("log ", PATIENCE);
    drop(browser);
    let _ = std::fs::remove_dir_all(&profile);
    let log = log?;
    server.stop_cleanly()?;
    if log != format!("{:?}", expected()) {
        return Err(format!("the page shows\n{log}\ninstead of\n{:?}", expected()).into());
    }
    println!("a page of another origin has made its calls:\n{}", expected());
    Ok(())
}

fn expected() -> String {
    let mut lines = Vec::new();
    for form in ["", "-text"] {
        lines.push(format!("unary{form}: Hello World"));
        lines.extend((1..=10).map(|number| format!("stream{form} {number}: Hello World")));
    }
    lines.push("error 12: no service on this server has the method /helloworld.Greeter/Shout".to_owned());
    lines.push("done\n".to_owned());
    lines.join("\n")
}

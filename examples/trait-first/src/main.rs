//! Serves and calls the bookshop. Without arguments it does both in one process.

mod args;
mod call;

use std::error::Error;
use std::process::ExitCode;

use rsrpc_runtime::{Protocol, Server};
use trait_first::{BookshopServer, MyBookshop};

use args::Command;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let command = match args::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("trait-first: {error}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("trait-first: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Help => {
            println!("{}", args::USAGE);
            Ok(())
        }
        Command::Demo => demo().await,
        Command::Serve { addr } => serve(&addr).await,
        Command::Call { addr, protocol } => call::call(&addr, protocol).await,
    }
}

fn server() -> Server {
    Server::new().add_service(BookshopServer::new(MyBookshop::default()))
}

/// Serves until Ctrl-C or SIGTERM.
async fn serve(addr: &str) -> Result<(), Failure> {
    let shutdown = shutdown_signal()?;
    let server = server().bind(addr).await?;
    println!("listening {}", server.local_addr());
    server.serve_until(shutdown).await?;
    Ok(())
}

/// Completes on Ctrl-C or SIGTERM, which service managers send.
#[cfg(unix)]
fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Completes on Ctrl-C.
#[cfg(not(unix))]
fn shutdown_signal() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

/// A server on a free port, and a client per protocol.
async fn demo() -> Result<(), Failure> {
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        let server = server().bind("127.0.0.1:0").await?;
        let addr = server.local_addr().to_string();
        println!("listening {addr}");
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));
        call::call(&addr, protocol).await?;
        drop(stop);
        serving.await??;
    }
    println!("the servers have ended");
    Ok(())
}

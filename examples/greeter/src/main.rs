//! Serves and calls `helloworld.Greeter`. Without arguments it does both in one process.

mod args;
mod call;

use std::error::Error;
use std::process::ExitCode;

use greeter::helloworld::{GREETER_SERVICE, GreeterServer};
use greeter::{MyGreeter, shutdown_signal};
use rsrpc_runtime::health::Health;
use rsrpc_runtime::reflection::Reflection;
use rsrpc_runtime::{Protocol, Server};

use args::Command;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> ExitCode {
    let command = match args::parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("greeter: {error}\n\n{}", args::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("greeter: {error}");
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
        Command::Call { addr, protocol, name } => call::call(&addr, protocol, &name).await,
    }
}

async fn serve(addr: &str) -> Result<(), Failure> {
    let shutdown = shutdown_signal()?;
    let (health, handle) = Health::new();
    handle.set_serving(&GREETER_SERVICE);
    let server = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .add_service(health)
        .add_service(Reflection::new())
        .bind(addr)
        .await?;
    println!("listening {}", server.local_addr());
    server.serve_until(shutdown).await?;
    Ok(())
}

/// A server on a free port, and a client per protocol on the same port.
async fn demo() -> Result<(), Failure> {
    let server = Server::new()
        .add_service(GreeterServer::new(MyGreeter))
        .bind("127.0.0.1:0")
        .await?;
    let addr = server.local_addr().to_string();
    println!("listening {addr}");

    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve_until(async { drop(stopped.await) }));
    for protocol in [Protocol::Grpc, Protocol::JsonRpc] {
        call::call(&addr, protocol, "World").await?;
    }
    drop(stop);
    serving.await??;
    println!("the server has ended");
    Ok(())
}

//! Serves `rsrpc.test.Calc` and `helloworld.Greeter`. Without arguments it also calls them.

mod demo;

use std::error::Error;
use std::process::ExitCode;

use calc::proto::CALC_SERVICE;
use greeter::helloworld::{GREETER_SERVICE, GreeterServer};
use greeter::{MyGreeter, shutdown_signal};
use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use rsrpc_runtime::Server;
use rsrpc_runtime::health::Health;
use rsrpc_runtime::reflection::Reflection;

const USAGE: &str = "\
usage: calc                           serve, make some calls, end
       calc serve [--http ADDR]       serve until ctrl-c or SIGTERM

ADDR is 127.0.0.1:8080 by default; port 0 is a free port. JSON-RPC and gRPC are on the same port.";

type Failure = Box<dyn Error + Send + Sync>;

enum Command {
    Help,
    Demo,
    Serve { addr: String },
}

#[tokio::main]
async fn main() -> ExitCode {
    let command = match parse(lexopt::Parser::from_env()) {
        Ok(command) => command,
        Err(error) => {
            eprintln!("calc: {error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(command).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("calc: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Help => {
            println!("{USAGE}");
            Ok(())
        }
        Command::Demo => demo::run().await,
        Command::Serve { addr } => serve(&addr).await,
    }
}

/// A server with two services on one port, over every protocol.
fn server() -> Server {
    Server::new()
        .add_service(calc::service())
        .add_service(GreeterServer::new(MyGreeter))
}

async fn serve(addr: &str) -> Result<(), Failure> {
    let shutdown = shutdown_signal()?;
    let (health, handle) = Health::new();
    handle.set_serving(&CALC_SERVICE);
    handle.set_serving(&GREETER_SERVICE);
    let server = server()
        .add_service(health)
        .add_service(Reflection::new())
        .bind(addr)
        .await?;
    println!("listening {}", server.local_addr());
    server.serve_until(shutdown).await?;
    Ok(())
}

fn parse(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut words, mut addr) = (Vec::new(), None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("http") => addr = Some(args.value()?.string()?),
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(word) => words.push(word.string()?),
            _ => return Err(arg.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match (&words[..], addr) {
        ([], None) => Ok(Command::Demo),
        (["serve"], addr) => Ok(Command::Serve {
            addr: addr.unwrap_or_else(|| "127.0.0.1:8080".to_owned()),
        }),
        _ => Err("these arguments do not go together".into()),
    }
}

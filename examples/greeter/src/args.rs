//! The command line.

use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use rsrpc_runtime::Protocol;

pub(crate) const USAGE: &str = "\
usage: greeter                                  serve, call every method, end
       greeter serve [--addr ADDR]              serve until ctrl-c or SIGTERM
       greeter call [--addr ADDR] [--protocol grpc|jsonrpc] [NAME]
                                                call every method that the protocol can carry

ADDR is 127.0.0.1:50051 by default; port 0 is a free port, unix:/path a Unix socket. The protocol is grpc, NAME is
World.";

/// The selected action.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Demo,
    Serve {
        addr: String,
    },
    Call {
        addr: String,
        protocol: Protocol,
        name: String,
    },
}

/// Reads the arguments.
pub(crate) fn parse(mut args: lexopt::Parser) -> Result<Command, lexopt::Error> {
    let (mut words, mut addr, mut protocol) = (Vec::new(), None, None);
    while let Some(arg) = args.next()? {
        match arg {
            Long("addr") => addr = Some(args.value()?.string()?),
            Long("protocol") => protocol = Some(args.value()?.parse_with(protocol_named)?),
            Long("help") | Short('h') => return Ok(Command::Help),
            Value(word) => words.push(word.string()?),
            _ => return Err(arg.unexpected()),
        }
    }
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let addr_or_default = |addr: Option<String>| addr.unwrap_or_else(|| "127.0.0.1:50051".to_owned());
    match (&words[..], addr, protocol) {
        ([], None, None) => Ok(Command::Demo),
        (["serve"], addr, None) => Ok(Command::Serve {
            addr: addr_or_default(addr),
        }),
        (["call"] | ["call", _], addr, protocol) => Ok(Command::Call {
            addr: addr_or_default(addr),
            protocol: protocol.unwrap_or_default(),
            name: words.get(1).copied().unwrap_or("World").to_owned(),
        }),
        _ => Err("these arguments do not go together".into()),
    }
}

fn protocol_named(name: &str) -> Result<Protocol, String> {
    match name {
        "grpc" => Ok(Protocol::Grpc),
        "jsonrpc" => Ok(Protocol::JsonRpc),
        _ => Err("the protocols are grpc and jsonrpc".to_owned()),
    }
}

//! The command line.

use lexopt::prelude::{Long, Short, Value, ValueExt as _};
use rsrpc_runtime::Protocol;

pub(crate) const USAGE: &str = "\
usage: trait-first                              serve, call, end
       trait-first serve [--addr ADDR]          serve until ctrl-c or SIGTERM
       trait-first call [--addr ADDR] [--protocol grpc|jsonrpc]
                                                make the calls that the protocol can carry

ADDR is 127.0.0.1:50051 by default; port 0 is a free port. The protocol is grpc.";

/// The selected action.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Help,
    Demo,
    Serve { addr: String },
    Call { addr: String, protocol: Protocol },
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
    let or_default = |addr: Option<String>| addr.unwrap_or_else(|| "127.0.0.1:50051".to_owned());
    match (&words[..], addr, protocol) {
        ([], None, None) => Ok(Command::Demo),
        (["serve"], addr, None) => Ok(Command::Serve {
            addr: or_default(addr),
        }),
        (["call"], addr, protocol) => Ok(Command::Call {
            addr: or_default(addr),
            protocol: protocol.unwrap_or_default(),
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

//! rsrpc's side of `tests/foreign/json_peer.py`: converts messages between protobuf and JSON, one line per request.
//!
//! `to_json HEX` is answered by `ok JSON`, `from_json JSON` by `ok HEX`, and either by `error REASON`. HEX is an
//! encoded `json_corpus.Everything`. The JSON contains no line breaks.

use std::fmt::Write as _;
use std::io::{BufRead, Write as _};
use std::sync::Arc;

use rsrpc_runtime::prost::Message as _;
use rsrpc_runtime::{JsonContext, MessageCodec, json};

#[allow(missing_docs, unreachable_pub, reason = "generated code, in a program")]
mod json_corpus {
    rsrpc_runtime::include_proto!("json_corpus");

    pub mod proto2 {
        rsrpc_runtime::include_proto!("json_corpus.proto2");
    }
}

use json_corpus::{Everything, Scalars};

fn main() -> std::io::Result<()> {
    let types = json::Types::new()
        .with(MessageCodec::<Scalars>::protobuf("json_corpus.Scalars").json())
        .with(MessageCodec::<Everything>::protobuf("json_corpus.Everything").json());
    let context = JsonContext::new().types(Arc::new(types));
    let mut output = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let answer = match line.split_once(' ') {
            Some(("to_json", hex)) => to_json(hex, &context),
            Some(("from_json", text)) => from_json(text, &context),
            _ => Err("no such request".to_owned()),
        };
        match answer {
            Ok(answer) => writeln!(output, "ok {answer}")?,
            Err(reason) => writeln!(output, "error {}", reason.replace('\n', " "))?,
        }
        output.flush()?;
    }
    Ok(())
}

fn to_json(hex: &str, context: &JsonContext) -> Result<String, String> {
    let bytes = decode(hex).ok_or("not hex")?;
    let message = Everything::decode(bytes.as_slice()).map_err(|error| error.to_string())?;
    json::to_string(&message, context).map_err(|error| error.to_string())
}

fn from_json(text: &str, context: &JsonContext) -> Result<String, String> {
    let message: Everything = json::from_str(text, context).map_err(|error| error.to_string())?;
    let mut hex = String::new();
    for byte in message.encode_to_vec() {
        let _ = write!(hex, "{byte:02x}"); // a string takes everything
    }
    Ok(hex)
}

fn decode(hex: &str) -> Option<Vec<u8>> {
    let digits = hex.as_bytes().chunks(2);
    let pairs = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
    pairs.collect()
}

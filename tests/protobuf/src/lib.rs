//! Testee of protobuf's conformance runner.
//!
//! `cargo xtask test --only protobuf` generates code for the runner's test messages from the installed runner's
//! .proto files, which are not part of this repository, and compiles a program that calls [`serve`]. The needed part
//! of `conformance.proto` is defined here.

mod protocol;

use std::io::{self, Read, Write};
use std::sync::Arc;

use rsrpc_runtime::json::{self, Json, Types};
use rsrpc_runtime::prost::Message;
use rsrpc_runtime::{JsonContext, MessageCodec};

use protocol::{Category, Format, Outcome, Payload, Request, Response};

/// A message type that the runner can name.
#[derive(Debug, Clone, Copy)]
pub struct Subject {
    name: &'static str,
    convert: fn(&Payload, Format, &JsonContext) -> Outcome,
    register: fn(&'static str, Types) -> Types,
}

impl Subject {
    /// Creates a subject by its full name.
    pub const fn new<M: Message + Json + Default + 'static>(name: &'static str) -> Self {
        Self {
            name,
            convert: convert::<M>,
            register: |name, types| types.with(MessageCodec::<M>::protobuf(name).json()),
        }
    }
}

/// Serves the runner's requests until its end of file. Each is a message after its length in four bytes,
/// little-endian.
///
/// # Errors Input or output fails, or a request is malformed.
pub fn serve(subjects: &[Subject], mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    let types = subjects.iter().fold(Types::new(), |types, subject| {
        (subject.register)(subject.name, types)
    });
    let strict = JsonContext::new().types(Arc::new(types));
    let lenient = strict.clone().ignore_unknown(true);
    while let Some(request) = read(&mut input)? {
        let request = Request::decode(request.as_slice()).map_err(io::Error::other)?;
        let context = if request.test_category() == Category::JsonIgnoreUnknown {
            &lenient
        } else {
            &strict
        };
        let response = Response {
            result: Some(answer(subjects, &request, context)),
        };
        let response = response.encode_to_vec();
        let length = u32::try_from(response.len()).map_err(io::Error::other)?;
        output.write_all(&length.to_le_bytes())?;
        output.write_all(&response)?;
        output.flush()?;
    }
    Ok(())
}

/// Reads the next message. Returns `None` at the end of the input.
fn read(input: &mut impl Read) -> io::Result<Option<Vec<u8>>> {
    let mut length = [0; 4];
    let mut filled = 0;
    while filled < length.len() {
        match input.read(&mut length[filled..])? {
            0 if filled == 0 => return Ok(None),
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => filled += more,
        }
    }
    let mut message = vec![0; u32::from_le_bytes(length) as usize];
    input.read_exact(&mut message)?;
    Ok(Some(message))
}

fn answer(subjects: &[Subject], request: &Request, context: &JsonContext) -> Outcome {
    let Some(payload) = &request.payload else {
        return Outcome::RuntimeError("the request has no payload".to_owned());
    };
    // The first request asks for expected failures. The runner reads them from a file instead.
    if request.message_type == "conformance.FailureSet" {
        return Outcome::Protobuf(Vec::new());
    }
    let format = request.requested_output_format();
    if matches!(payload, Payload::Text(_) | Payload::Jspb(_)) || matches!(format, Format::Text | Format::Jspb)
    {
        return Outcome::Skipped("neither the text format nor JSPB is spoken here".to_owned());
    }
    let subject = subjects
        .iter()
        .find(|subject| subject.name == request.message_type);
    match subject {
        Some(subject) => (subject.convert)(payload, format, context),
        None => Outcome::RuntimeError(format!("no code was generated for {}", request.message_type)),
    }
}

fn convert<M: Message + Json + Default>(payload: &Payload, format: Format, context: &JsonContext) -> Outcome {
    let message = match payload {
        Payload::Protobuf(bytes) => M::decode(bytes.as_slice()).map_err(|error| error.to_string()),
        Payload::Json(text) => json::from_str::<M>(text, context).map_err(|error| error.to_string()),
        Payload::Jspb(_) | Payload::Text(_) => Err("an encoding that is not spoken here".to_owned()),
    };
    let message = match message {
        Ok(message) => message,
        Err(reason) => return Outcome::ParseError(reason),
    };
    match format {
        Format::Protobuf => Outcome::Protobuf(message.encode_to_vec()),
        Format::Json => match json::to_string(&message, context) {
            Ok(text) => Outcome::Json(text),
            Err(error) => Outcome::SerializeError(error.to_string()),
        },
        other => Outcome::RuntimeError(format!("the format {other:?} was asked for")),
    }
}

#[cfg(test)]
mod tests {
    use rsrpc_runtime::prost_types::Duration;

    use super::*;

    const SUBJECTS: [Subject; 1] = [Subject::new::<Duration>("google.protobuf.Duration")];

    /// Two seconds.
    const BYTES: &[u8] = b"\x08\x02";

    #[track_caller]
    fn check(message_type: &str, payload: Payload, format: Format, expected: &Outcome) {
        let request = Request {
            payload: Some(payload),
            requested_output_format: format.into(),
            message_type: message_type.to_owned(),
            test_category: 0,
        };
        let request = request.encode_to_vec();
        let mut input = (request.len() as u32).to_le_bytes().to_vec();
        input.extend(&request);
        let mut output = Vec::new();
        serve(&SUBJECTS, input.as_slice(), &mut output).unwrap();
        let (length, response) = output.split_first_chunk().unwrap();
        assert_eq!(u32::from_le_bytes(*length) as usize, response.len());
        assert_eq!(
            Response::decode(response).unwrap().result.as_ref(),
            Some(expected)
        );
    }

    #[test]
    fn conformance_requests_round_trip() {
        let name = "google.protobuf.Duration";
        let text = || Payload::Json("\"2s\"".to_owned());
        let bytes = || Payload::Protobuf(BYTES.to_vec());
        check(name, text(), Format::Protobuf, &Outcome::Protobuf(BYTES.to_vec()));
        check(name, bytes(), Format::Json, &Outcome::Json("\"2s\"".to_owned()));
        check(
            name,
            bytes(),
            Format::Protobuf,
            &Outcome::Protobuf(BYTES.to_vec()),
        );
        let skipped = Outcome::Skipped("neither the text format nor JSPB is spoken here".to_owned());
        check(
            name,
            Payload::Text("seconds: 2".to_owned()),
            Format::Protobuf,
            &skipped,
        );
        check(name, bytes(), Format::Text, &skipped);
        let unknown = Outcome::RuntimeError("no code was generated for a.B".to_owned());
        check("a.B", bytes(), Format::Json, &unknown);
        check(
            "conformance.FailureSet",
            bytes(),
            Format::Protobuf,
            &Outcome::Protobuf(Vec::new()),
        );
    }

    #[test]
    fn truncated_request_is_an_error() {
        for input in [&b"\x05"[..], b"\x05\0\0\0abc"] {
            assert!(serve(&SUBJECTS, input, Vec::new()).is_err(), "{input:?}");
        }
        serve(&SUBJECTS, &b""[..], Vec::new()).unwrap();
    }
}

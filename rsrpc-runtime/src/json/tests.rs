//! Tests of the JSON codec with messages in the form that the generator emits.

mod any;
mod descriptors;
mod fields;
mod hostile;
mod messages;
mod numbers;
mod params;
mod wellknown;

use super::{Json, from_str, to_string};
use crate::call::JsonContext;

/// The expected result of a text: the message's canonical text, or part of the error.
pub(super) enum Expected {
    Json(&'static str),
    Error(&'static str),
}
pub(super) use Expected::{Error, Json as Ok};

/// Reads `input` as an `M` and writes it again.
#[track_caller]
pub(super) fn check<M: Json>(input: &str, expected: Expected) {
    check_in::<M>(&JsonContext::new(), input, expected);
}

#[track_caller]
pub(super) fn check_in<M: Json>(context: &JsonContext, input: &str, expected: Expected) {
    let output = from_str::<M>(input, context).and_then(|message| to_string(&message, context));
    compare(input, output.map_err(|error| error.to_string()), expected);
}

#[track_caller]
pub(super) fn compare(input: &str, output: Result<String, String>, expected: Expected) {
    match (output, expected) {
        (Result::Ok(json), Ok(expected)) => assert_eq!(json, expected, "{input}"),
        (Err(error), Error(part)) => assert!(error.contains(part), "{input}: {error:?} lacks {part:?}"),
        (Err(error), Ok(_)) => panic!("{input}: {error}"),
        (Result::Ok(json), Error(part)) => panic!("{input} is {json} instead of an error with {part:?}"),
    }
}

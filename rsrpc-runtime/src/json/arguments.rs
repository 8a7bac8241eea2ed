//! Arguments of a method with `codec = "json"`: `params` by position or by name, with each value read by serde.

use serde_core::de::value::Error as MissingError;
use serde_core::de::{Deserializer, Visitor};
use serde_core::forward_to_deserialize_any;

use super::scope::{error_text, truncate_name};
use super::serde_codec::{
    RawParams, SerdeValue, classify_params, elements, encode as encode_value, members, too_many_positions,
};
use crate::call::{JsonCodec, JsonContext, JsonError, MessageCodec};

/// All arguments of a method. Implemented by generated code.
pub trait Arguments: Sized {
    /// Names in order: as declared by the method, and in lowerCamelCase.
    const NAMES: &'static [(&'static str, &'static str)];

    /// Set if the first argument may be an object. Otherwise, an array with a single object is read as named arguments.
    const FIRST_IS_OBJECT: bool;

    /// Reads every argument, or writes the arguments in `written` and returns `None`.
    ///
    /// One function serves both directions, so the compiler reports a type without serde support only once.
    ///
    /// # Errors
    /// An argument is missing or invalid, or a value has no JSON form.
    fn pass(arguments: &mut ArgumentPass<'_>, written: Option<&Self>) -> Result<Option<Self>, JsonError>;
}

/// Creates the codec of a method's arguments; `name` is the method's name.
pub const fn arguments_codec<A: Arguments>(name: &'static str) -> MessageCodec<A> {
    MessageCodec::json_only(
        name,
        JsonCodec {
            encode,
            decode: |text, context| decode(Some(text), context),
            decode_params: decode,
            encode_params: encode,
            special: true,
        },
    )
}

/// A cursor over the arguments of a method that reads or writes one after the other.
#[derive(Debug)]
pub struct ArgumentPass<'a> {
    names: &'static [(&'static str, &'static str)],
    next: usize,
    direction: PassDirection<'a>,
}

#[derive(Debug)]
enum PassDirection<'a> {
    /// Reads from the JSON text of each argument, if present.
    Read(Vec<Option<&'a str>>),
    /// Writes as members of an object.
    Write(&'a mut Vec<u8>),
}

impl ArgumentPass<'_> {
    /// Reads or writes the next argument.
    ///
    /// # Errors
    /// The argument is missing and not an `Option`, its text is not a valid `T`, or the value has no JSON form.
    pub fn pass<T: SerdeValue>(&mut self, written: Option<&T>) -> Result<Option<T>, JsonError> {
        let index = self.next;
        self.next += 1;
        let name = self.names.get(index).map_or("", |(name, _)| name);
        match (&mut self.direction, written) {
            (PassDirection::Read(texts), _) => read(name, texts.get(index).copied().flatten()).map(Some),
            (PassDirection::Write(output), Some(value)) => write(name, value, output).map(|()| None),
            (PassDirection::Write(_), None) => Ok(None),
        }
    }
}

fn read<T: SerdeValue>(name: &str, text: Option<&str>) -> Result<T, JsonError> {
    match text {
        Some(text) => serde_json::from_str(text)
            .map_err(|error| JsonError::new(format!("{name}: {}", error_text(&error)))),
        None => T::deserialize(AbsentArgument)
            .map_err(|_| JsonError::new(format!("the argument `{name}` is missing"))),
    }
}

fn write<T: SerdeValue>(name: &str, value: &T, output: &mut Vec<u8>) -> Result<(), JsonError> {
    if output.last() != Some(&b'{') {
        output.push(b',');
    }
    output.push(b'"');
    output.extend_from_slice(name.as_bytes());
    output.extend_from_slice(b"\":");
    encode_value(value, output).map_err(|error| JsonError::new(format!("{name}: {error}")))
}

fn encode<A: Arguments>(arguments: &A, _: &JsonContext, output: &mut Vec<u8>) -> Result<(), JsonError> {
    let start = output.len();
    output.push(b'{');
    let mut pass = ArgumentPass {
        names: A::NAMES,
        next: 0,
        direction: PassDirection::Write(output),
    };
    let written = A::pass(&mut pass, Some(arguments));
    output.push(b'}');
    written.map(|_| ()).inspect_err(|_| output.truncate(start))
}

fn decode<A: Arguments>(params: Option<&str>, context: &JsonContext) -> Result<A, JsonError> {
    let texts = match classify_params(params) {
        RawParams::Absent => vec![None; A::NAMES.len()],
        RawParams::Object(text) => by_name(A::NAMES, text, context)?,
        RawParams::Array(text) => match elements(text)?.as_slice() {
            [only] if only.get().starts_with('{') && !A::FIRST_IS_OBJECT => {
                by_name(A::NAMES, only.get(), context)?
            }
            elements if elements.len() > A::NAMES.len() => return Err(too_many_positions(A::NAMES.len())),
            elements => elements.iter().map(|element| Some(element.get())).collect(),
        },
    };
    let mut pass = ArgumentPass {
        names: A::NAMES,
        next: 0,
        direction: PassDirection::Read(texts),
    };
    A::pass(&mut pass, None)?.ok_or_else(|| JsonError::new("an argument is missing"))
}

/// Returns the texts of named arguments in the order of declaration.
fn by_name<'a>(
    names: &[(&str, &str)],
    text: &'a str,
    context: &JsonContext,
) -> Result<Vec<Option<&'a str>>, JsonError> {
    let mut texts = vec![None; names.len()];
    for (key, value) in members(text)? {
        let found = names.iter().position(|(name, json)| *name == key || *json == key);
        let Some(place) = found.and_then(|index| texts.get_mut(index)) else {
            if context.ignores_unknown() {
                continue;
            }
            return Err(JsonError::new(format!(
                "unknown argument `{}`",
                truncate_name(&key)
            )));
        };
        if place.replace(value.get()).is_some() {
            let key = truncate_name(&key);
            return Err(JsonError::new(format!("the argument `{key}` appears twice")));
        }
    }
    Ok(texts)
}

/// Deserializer of a missing argument: `None` for an `Option`, an error for any other type.
struct AbsentArgument;

impl<'de> Deserializer<'de> for AbsentArgument {
    type Error = MissingError;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, MissingError> {
        Err(serde_core::de::Error::custom("missing"))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, MissingError> {
        visitor.visit_none()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq)]
    struct Transfer {
        user_id: u64,
        amount: i32,
        note: Option<String>,
    }

    impl Arguments for Transfer {
        const NAMES: &'static [(&'static str, &'static str)] =
            &[("user_id", "userId"), ("amount", "amount"), ("note", "note")];
        const FIRST_IS_OBJECT: bool = false;

        fn pass(arguments: &mut ArgumentPass<'_>, written: Option<&Self>) -> Result<Option<Self>, JsonError> {
            let passed = (
                arguments.pass::<u64>(written.map(|written| &written.user_id))?,
                arguments.pass::<i32>(written.map(|written| &written.amount))?,
                arguments.pass::<Option<String>>(written.map(|written| &written.note))?,
            );
            let (Some(user_id), Some(amount), Some(note)) = passed else {
                return Ok(None);
            };
            Ok(Some(Self {
                user_id,
                amount,
                note,
            }))
        }
    }

    #[track_caller]
    fn check(params: &str, expected: Result<(u64, i32, Option<&str>), &str>) {
        let params = (!params.is_empty()).then_some(params);
        let found = decode::<Transfer>(params, &JsonContext::new());
        let expected = expected.map(|(user_id, amount, note)| Transfer {
            user_id,
            amount,
            note: note.map(str::to_owned),
        });
        assert_eq!(
            found.map_err(|error| error.to_string()),
            expected.map_err(str::to_owned)
        );
    }

    #[test]
    fn arguments_are_read_by_position_and_by_name() {
        check("[7,5]", Ok((7, 5, None)));
        check(r#" [7, 5, "x"] "#, Ok((7, 5, Some("x"))));
        check("[18446744073709551615,-5,null]", Ok((u64::MAX, -5, None)));
        check(r#"{"user_id":7,"amount":5}"#, Ok((7, 5, None)));
        check(r#"{"amount":5,"userId":7,"note":"x"}"#, Ok((7, 5, Some("x"))));
        check(r#"[{"amount":5,"userId":7}]"#, Ok((7, 5, None)));
        check("", Err("the argument `user_id` is missing"));
        check("null", Err("the argument `user_id` is missing"));
        check("[7]", Err("the argument `amount` is missing"));
        check(r#"{"userId":7,"amont":5}"#, Err("unknown argument `amont`"));
        check(
            r#"{"userId":7,"user_id":7}"#,
            Err("the argument `user_id` appears twice"),
        );
        check(
            "[1,2,null,4]",
            Err("too many positional params: the method has 3"),
        );
        check(
            r#"[7,"five"]"#,
            Err("amount: invalid type: string \"five\", expected i32"),
        );
        check(r#"[7,null]"#, Err("amount: invalid type: null, expected i32"));
    }

    #[test]
    fn written_arguments_are_read_back() {
        let transfer = Transfer {
            user_id: 7,
            amount: -1,
            note: None,
        };
        let mut output = Vec::new();
        encode(&transfer, &JsonContext::new(), &mut output).unwrap();
        let text = String::from_utf8(output).unwrap();
        assert_eq!(text, r#"{"user_id":7,"amount":-1,"note":null}"#);
        check(&text, Ok((7, -1, None)));
    }
}

//! Very long and deeply nested input: errors in linear time, without stack overflow.

use std::collections::BTreeMap;

use super::messages::{EchoMessage, SubtractRequest};
use crate::call::JsonContext;
use crate::json::{Field, FieldReader, FieldWriter, JsonMessage, from_str, params_from_str, to_string};

fn nested(levels: usize) -> String {
    format!("{}{{}}{}", "{\"child\":".repeat(levels), "}".repeat(levels))
}

#[test]
fn depth_is_bounded_when_reading() {
    let context = JsonContext::new();
    assert!(from_str::<EchoMessage>(&nested(126), &context).is_ok());
    for text in [
        nested(127),
        nested(100_000),
        "[".repeat(1_000_000),
        "{\"child\":".repeat(100_000),
    ] {
        let error = from_str::<EchoMessage>(&text, &context).unwrap_err().to_string();
        assert!(error.len() < 512, "{error}");
        assert!(from_str::<prost_types::Value>(&text, &context).is_err());
        assert!(params_from_str::<EchoMessage>(Some(&text), &context).is_err());
    }
    let skipped = format!("{{\"x\":{}{}}}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(from_str::<EchoMessage>(&skipped, &context).is_err());
    assert!(from_str::<EchoMessage>(&skipped, &context.ignore_unknown(true)).is_ok());
}

#[test]
fn depth_is_bounded_when_writing() {
    let context = JsonContext::new();
    let nest = |levels| {
        let mut message = EchoMessage::default();
        for _ in 0..levels {
            message = EchoMessage {
                child: Some(Box::new(message)),
                ..Default::default()
            };
        }
        message
    };
    assert_eq!(to_string(&nest(126), &context).unwrap(), nested(126));
    let error = to_string(&nest(127), &context).unwrap_err().to_string();
    assert!(
        error.starts_with("child.child.") && error.ends_with("…: the message is nested too deeply"),
        "{error}"
    );
    let mut message = nest(50_000);
    assert!(to_string(&message, &context).is_err());
    // Recursive drop would overflow the stack.
    while let Some(child) = message.child.take() {
        message = *child;
    }
}

#[test]
fn long_input() {
    let context = JsonContext::new();
    let lenient = JsonContext::new().ignore_unknown(true);
    let keys = format!("{{{}\"z\":1}}", "\"k\":1,".repeat(100_000));
    assert!(from_str::<SubtractRequest>(&keys, &context).is_err());
    assert!(from_str::<SubtractRequest>(&keys, &lenient).is_ok());
    let digits = "9".repeat(1_000_000);
    for text in [
        format!("{{\"bigNumber\":{digits}}}"),
        format!("{{\"bigNumber\":\"{digits}\"}}"),
        format!("{{\"bigNumber\":0.{digits}}}"),
        format!("{{\"bigNumber\":1e{digits}}}"),
        format!("{{\"nums\":[{digits}]}}"),
        format!("{{\"nums\":[\"{digits}\"]}}"),
        format!("{{\"kind\":\"{digits}\"}}"),
        format!("{{\"{digits}\":1}}"),
        format!("{{\"text\":{digits}}}"),
        format!("{{\"kind\":{{\"{digits}\":1}}}}"),
    ] {
        let error = from_str::<EchoMessage>(&text, &context).unwrap_err().to_string();
        assert!(error.len() < 1024, "{}", error.len());
    }
    let text = format!("{{\"text\":\"{digits}\"}}");
    assert!(from_str::<EchoMessage>(&text, &context).is_ok());
}

/// A 16 KiB message that contains itself in every possible way.
struct Large {
    boxed: Option<Box<Large>>,
    many: Vec<Large>,
    map: BTreeMap<bool, Large>,
    one: Option<One>,
    ballast: [u64; 2048],
}

enum One {
    Boxed(Box<Large>),
}

impl Default for Large {
    fn default() -> Self {
        Self {
            boxed: None,
            many: Vec::new(),
            map: BTreeMap::new(),
            one: None,
            ballast: [0; 2048],
        }
    }
}

impl JsonMessage for Large {
    const FIELDS: &'static [Field] = &[
        Field::object(1, "boxed", "boxed"),
        Field::new(2, "many", "many"),
        Field::object(3, "map", "map"),
        Field::object(4, "one", "one"),
    ];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match index {
            0 => reader.read_boxed(&mut self.boxed),
            1 => reader.read(&mut self.many),
            2 => reader.read(&mut self.map),
            3 => reader.read_boxed_member(&mut self.one, One::Boxed),
            _ => reader.skip(),
        }
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        assert_eq!(self.ballast[0], 0);
        writer.write_boxed(0, &self.boxed);
        writer.write(1, &self.many);
        writer.write(2, &self.map);
        if let Some(One::Boxed(value)) = &self.one {
            writer.write_member(3, &**value);
        }
    }
}

/// Checks that the stack use of nested messages does not grow with their size.
#[test]
fn large_messages_may_nest() {
    for (levels, open, close) in [
        (126, r#"{"boxed":"#, "}"),
        (63, r#"{"many":["#, "]}"),
        (63, r#"{"map":{"true":"#, "}}"),
        (126, r#"{"one":"#, "}"),
    ] {
        let text = format!("{}{{}}{}", open.repeat(levels), close.repeat(levels));
        let run = move || {
            let message: Large = from_str(&text, &JsonContext::new()).unwrap();
            assert_eq!(to_string(&message, &JsonContext::new()).unwrap(), text);
        };
        std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(run)
            .unwrap()
            .join()
            .unwrap();
    }
}

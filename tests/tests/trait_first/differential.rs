//! Random values of derived types converted through generated types: same bytes, same JSON, and back.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use rsrpc_runtime::prost::Message;
use rsrpc_runtime::prost_types::{Any, Duration, FieldMask, Struct, Timestamp, Value, value::Kind};
use rsrpc_runtime::{JsonContext, MessageCodec, json};
use rsrpc_tests::trait_first::{
    Choice, Choices, Color, Everything, Maps, Node, Optionals, Other, Repeated, Scalars, WellKnown,
};

use crate::generated;

/// A reproducible random number generator (xorshift64*).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// Returns a number that is often small, often zero, sometimes extreme.
    fn number(&mut self) -> u64 {
        match self.below(5) {
            0 => 0,
            1 => self.below(200),
            2 => u64::MAX - self.below(200),
            3 => 1 << self.below(64),
            _ => self.next(),
        }
    }

    fn int32(&mut self) -> i32 {
        self.number() as u32 as i32
    }

    fn int64(&mut self) -> i64 {
        self.number() as i64
    }

    /// Returns neither NaN, which equals nothing, nor minus zero, which prost omits and the derive does not.
    fn double(&mut self) -> f64 {
        match self.below(4) {
            0 => 0.0,
            1 => f64::INFINITY,
            _ => self.int32() as f64 / 7.0,
        }
    }

    fn flag(&mut self) -> bool {
        self.below(2) == 0
    }

    fn text(&mut self) -> String {
        let length = self.below(6);
        (0..length)
            .map(|_| ['a', 'ß', '"', '\n', '漢', ' '][self.below(6) as usize])
            .collect()
    }

    fn blob(&mut self) -> Vec<u8> {
        let length = self.below(5);
        (0..length).map(|_| self.next() as u8).collect()
    }

    fn color(&mut self) -> Color {
        Color::from([0, 1, -1, i32::MAX, 7, -3][self.below(6) as usize])
    }

    fn some<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        self.flag().then(|| make(self))
    }

    fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        let length = self.below(4);
        (0..length).map(|_| make(self)).collect()
    }

    fn scalars(&mut self) -> Scalars {
        Scalars {
            a_double: self.double(),
            a_float: self.int32() as f32 / 3.0,
            an_int32: self.int32(),
            an_int64: self.int64(),
            a_uint32: self.number() as u32,
            a_uint64: self.number(),
            a_sint32: self.int32(),
            a_sint64: self.int64(),
            a_fixed32: self.number() as u32,
            a_fixed64: self.number(),
            a_sfixed32: self.int32(),
            a_sfixed64: self.int64(),
            a_bool: self.flag(),
            a_string: self.text(),
            some_bytes: self.blob(),
            more_bytes: self.blob().into(),
            color: self.color(),
        }
    }

    fn optionals(&mut self) -> Optionals {
        Optionals {
            a_double: self.some(Self::double),
            an_int32: self.some(Self::int32),
            a_sint64: self.some(Self::int64),
            a_fixed32: self.some(|random| random.number() as u32),
            a_bool: self.some(Self::flag),
            a_string: self.some(Self::text),
            some_bytes: self.some(Self::blob),
            color: self.some(Self::color),
            scalars: self.some(Self::scalars),
        }
    }

    fn repeated(&mut self) -> Repeated {
        Repeated {
            doubles: self.list(Self::double),
            int32s: self.list(Self::int32),
            sint32s: self.list(Self::int32),
            fixed64s: self.list(Self::number),
            bools: self.list(Self::flag),
            strings: self.list(Self::text),
            blobs: self.list(Self::blob),
            colors: self.list(Self::color),
            scalars: self.list(Self::scalars),
        }
    }

    /// Maps with at most one entry: the generated code iterates in any order.
    fn maps(&mut self) -> Maps {
        Maps {
            texts: self
                .some(|random| (random.text(), random.text()))
                .into_iter()
                .collect(),
            scalars: self
                .some(|random| (random.int32(), random.scalars()))
                .into_iter()
                .collect(),
            colors: self
                .some(|random| (random.flag(), random.color()))
                .into_iter()
                .collect(),
            numbers: self
                .some(|random| (random.int64(), random.number() as u32))
                .into_iter()
                .collect(),
            times: self
                .some(|random| (random.number(), random.timestamp()))
                .into_iter()
                .collect(),
        }
    }

    fn timestamp(&mut self) -> Timestamp {
        Timestamp {
            seconds: self.below(4_000_000_000) as i64,
            nanos: self.below(1_000_000_000) as i32,
        }
    }

    fn choices(&mut self, depth: u32) -> Choices {
        let choice = match self.below(if depth == 0 { 7 } else { 8 }) {
            0 => None,
            1 => Some(Choice::Text(self.text())),
            2 => Some(Choice::Scalars(self.scalars())),
            3 => Some(Choice::Color(self.color())),
            4 => Some(Choice::Blob(self.blob())),
            5 => Some(Choice::Nothing(())),
            6 => Some(Choice::Signed(self.int32())),
            _ => Some(Choice::Again(Box::new(self.choices(depth - 1)))),
        };
        let other = match self.below(3) {
            0 => None,
            1 => Some(Other::Number(self.number())),
            _ => Some(Other::Flag(self.flag())),
        };
        Choices {
            first: self.int32(),
            choice,
            between: self.int32(),
            other,
            last: self.int32(),
        }
    }

    fn node(&mut self, depth: u32) -> Node {
        if depth == 0 {
            return Node::default();
        }
        Node {
            r#type: self.text(),
            children: self.list(|random| random.node(depth - 1)),
            special: self.some(|random| Box::new(random.node(depth - 1))),
        }
    }

    fn well_known(&mut self) -> WellKnown {
        WellKnown {
            timestamp: self.some(Self::timestamp),
            duration: self.some(|random| Duration {
                seconds: random.below(1_000_000) as i64,
                nanos: random.below(1_000_000_000) as i32,
            }),
            mask: self.some(|_| FieldMask {
                paths: vec!["a.b_c".to_owned()],
            }),
            object: self.some(|random| Struct {
                fields: BTreeMap::from([(
                    random.text(),
                    Value {
                        kind: Some(Kind::BoolValue(random.flag())),
                    },
                )]),
            }),
            any: self.list(|random| Any {
                type_url: "type.googleapis.com/trait_first.Scalars".to_owned(),
                value: random.scalars().encode_to_vec(),
            }),
            empty: self.some(|_| ()),
        }
    }

    fn everything(&mut self) -> Everything {
        Everything {
            scalars: self.scalars(),
            optionals: self.some(Self::optionals),
            repeated: self.some(Self::repeated),
            maps: self.some(Self::maps),
            choices: self.list(|random| random.choices(3)),
            tree: self.some(|random| Box::new(random.node(4))),
            well_known: self.some(Self::well_known),
        }
    }
}

fn context() -> JsonContext {
    let codec = MessageCodec::<Scalars>::protobuf("trait_first.Scalars").json();
    JsonContext::new().types(std::sync::Arc::new(json::Types::new().with(codec)))
}

/// Asserts that a derived message and its generated counterpart have the same bytes and the same JSON.
fn check<D, G>(derived: &D)
where
    D: Message + json::Json + PartialEq + Debug,
    G: Message + json::Json + PartialEq + Debug,
{
    let bytes = derived.encode_to_vec();
    assert_eq!(bytes.len(), derived.encoded_len());
    let generated = G::decode(bytes.as_slice()).expect("the derive's bytes");
    assert_eq!(generated.encode_to_vec(), bytes, "{derived:?}");
    assert_eq!(D::decode(bytes.as_slice()).as_ref(), Ok(derived));

    let context = context();
    let text = json::to_string(derived, &context).expect("JSON of the derive");
    assert_eq!(
        json::to_string(&generated, &context).expect("generated JSON"),
        text
    );
    let read: D = json::from_str(&text, &context).expect("what was written");
    assert_eq!(&read, derived, "{text}");
    let read: G = json::from_str(&text, &context).expect("what was written");
    assert_eq!(read, generated, "{text}");
}

#[test]
fn derived_and_generated_messages_are_equal() {
    let mut random = Random(0x5eed_2026);
    for _ in 0..300 {
        check::<_, generated::Scalars>(&random.scalars());
        check::<_, generated::Optionals>(&random.optionals());
        check::<_, generated::Repeated>(&random.repeated());
        check::<_, generated::Maps>(&random.maps());
        check::<_, generated::Choices>(&random.choices(3));
        check::<_, generated::Tree>(&random.node(4));
        check::<_, generated::WellKnown>(&random.well_known());
        check::<_, generated::Everything>(&random.everything());
    }
    check::<_, generated::Everything>(&Everything::default());
}

#[test]
fn maps_with_many_entries_round_trip() {
    let mut random = Random(7);
    let maps = Maps {
        texts: (0..50).map(|key| (key.to_string(), random.text())).collect(),
        scalars: (-9..9).map(|key| (key, random.scalars())).collect(),
        colors: HashMap::from([(true, Color::Unknown(9)), (false, Color::Unspecified)]),
        numbers: (-9..9).map(|key| (key, random.number() as u32)).collect(),
        times: (0..9).map(|key| (key, random.timestamp())).collect(),
    };
    let there = generated::Maps::decode(maps.encode_to_vec().as_slice()).expect("the derive's bytes");
    assert_eq!(there.texts, maps.texts);
    assert_eq!(
        Maps::decode(there.encode_to_vec().as_slice()).expect("generated bytes"),
        maps
    );
}

#[test]
fn unknown_fields_are_skipped_and_enum_numbers_kept() {
    let everything = Random(3).everything();
    let mut bytes = vec![0xf8, 0x3f, 1]; // 1023, varint
    bytes.extend(everything.encode_to_vec());
    bytes.extend([0xfa, 0x3f, 3, 1, 2, 3]); // 1023, length-delimited
    assert_eq!(Everything::decode(bytes.as_slice()), Ok(everything));
    assert_eq!(Color::from(7), Color::Unknown(7));
    assert_eq!(i32::from(Color::Unknown(-77)), -77);
}

#[test]
fn minus_zero_is_sent() {
    let scalars = Scalars {
        a_double: -0.0,
        ..Scalars::default()
    };
    let read = Scalars::decode(scalars.encode_to_vec().as_slice()).expect("what was written");
    assert!(read.a_double.is_sign_negative());
}

/// Invalid bytes are refused with prost's own error.
#[test]
fn invalid_bytes_are_refused_like_prost() {
    let mut random = Random(11);
    for round in 0..3000 {
        let mut bytes = random.everything().encode_to_vec();
        for _ in 0..=round % 4 {
            let Some(length) = u64::try_from(bytes.len()).ok().filter(|length| *length > 0) else {
                break;
            };
            match random.below(3) {
                0 => bytes.truncate(random.below(length) as usize),
                1 => bytes[random.below(length) as usize] = random.next() as u8,
                _ => bytes.insert(random.below(length) as usize, random.next() as u8),
            }
        }
        let derived = Everything::decode(bytes.as_slice());
        let generated = generated::Everything::decode(bytes.as_slice());
        match (derived, generated) {
            (Ok(_), Ok(_)) => {}
            (Err(derived), Err(generated)) => {
                // The innermost reason; the path names Rust types.
                let reason = |error: String| error.rsplit(": ").next().unwrap_or_default().to_owned();
                assert_eq!(reason(derived.to_string()), reason(generated.to_string()));
            }
            (derived, generated) => panic!("{derived:?} and {generated:?} of {bytes:?}"),
        }
    }
}

#[test]
fn nesting_is_limited() {
    let mut bytes = Vec::new();
    for _ in 0..200 {
        let mut outer = vec![0x1a]; // special = 3
        rsrpc_runtime::prost::encoding::encode_varint(bytes.len() as u64, &mut outer);
        outer.extend(bytes);
        bytes = outer;
    }
    let error = Node::decode(bytes.as_slice()).expect_err("too deep").to_string();
    assert!(error.ends_with("recursion limit reached"), "{error}");
}

//! Definitions in Rust: messages with every kind of field, and a service with every kind of method. A test exports
//! them as `proto/trait_first.proto`. Code generated from that file and Python's grpcio are their peers.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use futures_util::StreamExt as _;
use rsrpc_runtime::prost_types::{Any, Duration, FieldMask, Struct, Timestamp};
use rsrpc_runtime::{Context, Enum, Message, Oneof, Status, Streaming, service};

/// An alias; the derive macro cannot see the aliased type.
pub type Text = String;

/// Scalar types.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Scalars {
    /// 64 bits.
    #[rpc(tag = 1)]
    pub a_double: f64,
    /// 32 bits.
    #[rpc(tag = 2)]
    pub a_float: f32,
    /// The default encoding of `i32`.
    #[rpc(tag = 3)]
    pub an_int32: i32,
    /// The default encoding of `i64`.
    #[rpc(tag = 4)]
    pub an_int64: i64,
    /// The default encoding of `u32`.
    #[rpc(tag = 5)]
    pub a_uint32: u32,
    /// The default encoding of `u64`.
    #[rpc(tag = 6)]
    pub a_uint64: u64,
    /// ZigZag encoding.
    #[rpc(tag = 7, encoding = "sint32")]
    pub a_sint32: i32,
    /// ZigZag encoding.
    #[rpc(tag = 8, encoding = "sint64")]
    pub a_sint64: i64,
    /// 32 bits.
    #[rpc(tag = 9, encoding = "fixed32")]
    pub a_fixed32: u32,
    /// 64 bits.
    #[rpc(tag = 10, encoding = "fixed64")]
    pub a_fixed64: u64,
    /// 32 bits.
    #[rpc(tag = 11, encoding = "sfixed32")]
    pub a_sfixed32: i32,
    /// 64 bits.
    #[rpc(tag = 12, encoding = "sfixed64")]
    pub a_sfixed64: i64,
    /// True or false.
    #[rpc(tag = 13)]
    pub a_bool: bool,
    /// An alias.
    #[rpc(tag = 14)]
    pub a_string: Text,
    /// As `Vec<u8>`.
    #[rpc(tag = 15)]
    pub some_bytes: Vec<u8>,
    /// As `Bytes`.
    #[rpc(tag = 1000)]
    pub more_bytes: Bytes,
    /// An open enum.
    #[rpc(tag = 16)]
    pub color: Color,
}

/// The scalars with presence. Field numbers descend.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first", reserved(100, 200..=299, "gone"))]
pub struct Optionals {
    /// Last on the wire.
    #[rpc(tag = 20)]
    pub a_double: Option<f64>,
    /// A number.
    #[rpc(tag = 19)]
    pub an_int32: Option<i32>,
    /// Zigzag.
    #[rpc(tag = 18, encoding = "sint64")]
    pub a_sint64: Option<i64>,
    /// Four bytes.
    #[rpc(tag = 17, encoding = "fixed32")]
    pub a_fixed32: Option<u32>,
    /// True or false.
    #[rpc(tag = 16)]
    pub a_bool: Option<bool>,
    /// A text.
    #[rpc(tag = 15)]
    pub a_string: Option<String>,
    /// Bytes.
    #[rpc(tag = 14)]
    pub some_bytes: Option<Vec<u8>>,
    /// An open enum.
    #[rpc(tag = 13)]
    pub color: Option<Color>,
    /// A message.
    #[rpc(tag = 12)]
    pub scalars: Option<Scalars>,
}

/// Repeated fields.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Repeated {
    /// Packed.
    #[rpc(tag = 1)]
    pub doubles: Vec<f64>,
    /// Packed.
    #[rpc(tag = 2)]
    pub int32s: Vec<i32>,
    /// Packed.
    #[rpc(tag = 3, encoding = "sint32")]
    pub sint32s: Vec<i32>,
    /// Packed.
    #[rpc(tag = 4, encoding = "fixed64")]
    pub fixed64s: Vec<u64>,
    /// Packed.
    #[rpc(tag = 5)]
    pub bools: Vec<bool>,
    /// One by one.
    #[rpc(tag = 6)]
    pub strings: Vec<String>,
    /// One by one.
    #[rpc(tag = 7)]
    pub blobs: Vec<Vec<u8>>,
    /// Packed.
    #[rpc(tag = 8)]
    pub colors: Vec<Color>,
    /// One by one.
    #[rpc(tag = 9)]
    pub scalars: Vec<Scalars>,
}

/// Maps with every kind of key and value.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Maps {
    /// String to string.
    #[rpc(tag = 1)]
    pub texts: HashMap<String, String>,
    /// Message values.
    #[rpc(tag = 2)]
    pub scalars: BTreeMap<i32, Scalars>,
    /// Enum values.
    #[rpc(tag = 3)]
    pub colors: HashMap<bool, Color>,
    /// Integers as keys and values.
    #[rpc(tag = 4, key_encoding = "sint64", encoding = "fixed32")]
    pub numbers: BTreeMap<i64, u32>,
    /// Values of a well-known type.
    #[rpc(tag = 5)]
    pub times: BTreeMap<u64, Timestamp>,
}

/// Oneofs between other fields.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Choices {
    /// Before all members of `choice`.
    #[rpc(tag = 1)]
    pub first: i32,
    /// The first oneof.
    #[rpc(oneof)]
    pub choice: Option<Choice>,
    /// Between.
    #[rpc(tag = 5)]
    pub between: i32,
    /// A oneof whose field numbers interleave with the first one's.
    #[rpc(oneof)]
    pub other: Option<Other>,
    /// After all members.
    #[rpc(tag = 12)]
    pub last: i32,
}

/// The oneof `choice` of [`Choices`].
#[derive(Oneof, Clone, PartialEq, Debug)]
pub enum Choice {
    /// A text.
    #[rpc(tag = 3)]
    Text(String),
    /// A message.
    #[rpc(tag = 4)]
    Scalars(Scalars),
    /// An enum.
    #[rpc(tag = 6)]
    Color(Color),
    /// Bytes.
    #[rpc(tag = 7)]
    Blob(Vec<u8>),
    /// A recursive member.
    #[rpc(tag = 8)]
    Again(Box<Choices>),
    /// A member without data.
    #[rpc(tag = 9)]
    Nothing(()),
    /// ZigZag encoding.
    #[rpc(tag = 10, encoding = "sint32")]
    Signed(i32),
}

/// The oneof `other` of [`Choices`].
#[derive(Oneof, Clone, PartialEq, Debug)]
pub enum Other {
    /// A number between those of `Choices`.
    #[rpc(tag = 2, json_name = "N")]
    Number(u64),
    /// The highest number.
    #[rpc(tag = 11)]
    Flag(bool),
}

/// A recursive message.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first", name = "Tree")]
pub struct Node {
    /// Name of the node.
    #[rpc(tag = 1, name = "label")]
    pub r#type: String,
    /// Child nodes.
    #[rpc(tag = 2)]
    pub children: Vec<Node>,
    /// A boxed node.
    #[rpc(tag = 3)]
    pub special: Option<Box<Node>>,
}

/// Well-known types of `google.protobuf`.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct WellKnown {
    /// A time.
    #[rpc(tag = 1)]
    pub timestamp: Option<Timestamp>,
    /// A duration.
    #[rpc(tag = 2)]
    pub duration: Option<Duration>,
    /// A field mask.
    #[rpc(tag = 3)]
    pub mask: Option<FieldMask>,
    /// A JSON object.
    #[rpc(tag = 4)]
    pub object: Option<Struct>,
    /// Any message.
    #[rpc(tag = 5)]
    pub any: Vec<Any>,
    /// An empty message.
    #[rpc(tag = 6)]
    pub empty: Option<()>,
}

/// One field of each of the messages above.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Everything {
    /// A message field without `Option`: always present.
    #[rpc(tag = 1)]
    pub scalars: Scalars,
    /// With presence.
    #[rpc(tag = 2)]
    pub optionals: Option<Optionals>,
    /// Lists.
    #[rpc(tag = 3)]
    pub repeated: Option<Repeated>,
    /// Maps.
    #[rpc(tag = 4)]
    pub maps: Option<Maps>,
    /// Oneofs.
    #[rpc(tag = 5)]
    pub choices: Vec<Choices>,
    /// Recursion.
    #[rpc(tag = 6)]
    pub tree: Option<Box<Node>>,
    /// Well-known types.
    #[rpc(tag = 7)]
    pub well_known: Option<WellKnown>,
}

/// An open enum whose zero value is not the first.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[rpc(package = "trait_first", reserved(-9..=-5, "COLOR_GONE"))]
pub enum Color {
    /// Long waves.
    #[rpc(number = 1)]
    Red,
    /// No color.
    #[rpc(number = 0)]
    Unspecified,
    /// Out of sight.
    #[rpc(number = -1, name = "INFRARED")]
    Infrared,
    /// Short waves.
    #[deprecated]
    #[rpc(number = 2147483647)]
    Blue,
    /// A value that a newer peer defined.
    Unknown(i32),
}

/// Methods of every kind.
#[service(package = "trait_first")]
pub trait Catalog {
    /// Adds two numbers.
    async fn add(&self, a: i32, b: i32) -> Result<i32, Status>;

    /// Returns its request.
    #[rpc(idempotent)]
    async fn echo(&self, everything: Everything) -> Result<Everything, Status>;

    /// Returns every color, and an unknown one.
    async fn colors(&self) -> Result<Vec<Color>, Status>;

    /// Does nothing.
    async fn rest(&self) -> Result<(), Status>;

    /// Returns the length of each text.
    async fn lengths(&self, cx: &Context, texts: Vec<String>) -> Result<HashMap<String, u32>, Status>;

    /// Counts down.
    async fn count(&self, from: u32) -> Result<Streaming<u32>, Status>;

    /// Concatenates the labels of all trees.
    async fn labels(&self, trees: Streaming<Node>) -> Result<String, Status>;

    /// Wraps each tree in another.
    async fn plant(&self, trees: Streaming<Node>) -> Result<Streaming<Node>, Status>;
}

/// The implementation of `Catalog`.
#[derive(Debug)]
pub struct MyCatalog;

impl Catalog for MyCatalog {
    async fn add(&self, a: i32, b: i32) -> Result<i32, Status> {
        a.checked_add(b)
            .ok_or_else(|| Status::out_of_range("the sum does not fit"))
    }

    async fn echo(&self, everything: Everything) -> Result<Everything, Status> {
        Ok(everything)
    }

    async fn colors(&self) -> Result<Vec<Color>, Status> {
        Ok(vec![Color::Red, Color::Infrared, Color::Unknown(7)])
    }

    async fn rest(&self) -> Result<(), Status> {
        Ok(())
    }

    async fn lengths(&self, _: &Context, texts: Vec<String>) -> Result<HashMap<String, u32>, Status> {
        let length = |text: &String| u32::try_from(text.len()).unwrap_or(u32::MAX);
        Ok(texts
            .into_iter()
            .map(|text| (text.clone(), length(&text)))
            .collect())
    }

    async fn count(&self, from: u32) -> Result<Streaming<u32>, Status> {
        Ok(Streaming::iter((0..from).rev()))
    }

    async fn labels(&self, mut trees: Streaming<Node>) -> Result<String, Status> {
        let mut labels = Vec::new();
        while let Some(tree) = trees.message().await? {
            labels.push(tree.r#type);
        }
        Ok(labels.join(", "))
    }

    async fn plant(&self, trees: Streaming<Node>) -> Result<Streaming<Node>, Status> {
        let planted = trees.map(|tree| {
            tree.map(|tree| Node {
                r#type: "garden".to_owned(),
                special: Some(Box::new(tree)),
                ..Node::default()
            })
        });
        Ok(Streaming::new(planted))
    }
}

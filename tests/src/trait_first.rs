//! Definitions in Rust alone: messages with every kind of field, and a service with every kind of method. A test
//! exports them as `proto/trait_first.proto`; the generator's code for that file and Python's grpcio are the peers.

use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use futures_util::StreamExt as _;
use rsrpc_runtime::prost_types::{Any, Duration, FieldMask, Struct, Timestamp};
use rsrpc_runtime::{Context, Enum, Message, Oneof, Status, Streaming, service};

/// A type that the derive sees only the name of.
pub type Text = String;

/// Every type without a definition.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Scalars {
    /// Eight bytes.
    #[rpc(tag = 1)]
    pub a_double: f64,
    /// Four bytes.
    #[rpc(tag = 2)]
    pub a_float: f32,
    /// What `i32` is by itself.
    #[rpc(tag = 3)]
    pub an_int32: i32,
    /// What `i64` is by itself.
    #[rpc(tag = 4)]
    pub an_int64: i64,
    /// What `u32` is by itself.
    #[rpc(tag = 5)]
    pub a_uint32: u32,
    /// What `u64` is by itself.
    #[rpc(tag = 6)]
    pub a_uint64: u64,
    /// Zigzag.
    #[rpc(tag = 7, encoding = "sint32")]
    pub a_sint32: i32,
    /// Zigzag.
    #[rpc(tag = 8, encoding = "sint64")]
    pub a_sint64: i64,
    /// Four bytes.
    #[rpc(tag = 9, encoding = "fixed32")]
    pub a_fixed32: u32,
    /// Eight bytes.
    #[rpc(tag = 10, encoding = "fixed64")]
    pub a_fixed64: u64,
    /// Four bytes.
    #[rpc(tag = 11, encoding = "sfixed32")]
    pub a_sfixed32: i32,
    /// Eight bytes.
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

/// The same, with presence; numbers against the order of the definition.
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

/// Any number of values.
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

/// A value for each key.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Maps {
    /// Texts.
    #[rpc(tag = 1)]
    pub texts: HashMap<String, String>,
    /// Messages.
    #[rpc(tag = 2)]
    pub scalars: BTreeMap<i32, Scalars>,
    /// Enums.
    #[rpc(tag = 3)]
    pub colors: HashMap<bool, Color>,
    /// Both sides encoded otherwise.
    #[rpc(tag = 4, key_encoding = "sint64", encoding = "fixed32")]
    pub numbers: BTreeMap<i64, u32>,
    /// Well-known types.
    #[rpc(tag = 5)]
    pub times: BTreeMap<u64, Timestamp>,
}

/// One of several, around other fields.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Choices {
    /// Before all members of `choice`.
    #[rpc(tag = 1)]
    pub first: i32,
    /// Which it is.
    #[rpc(oneof)]
    pub choice: Option<Choice>,
    /// Between.
    #[rpc(tag = 5)]
    pub between: i32,
    /// With members before those of the other.
    #[rpc(oneof)]
    pub other: Option<Other>,
    /// Behind.
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
    /// A recursion.
    #[rpc(tag = 8)]
    Again(Box<Choices>),
    /// Nothing else.
    #[rpc(tag = 9)]
    Nothing(()),
    /// Zigzag.
    #[rpc(tag = 10, encoding = "sint32")]
    Signed(i32),
}

/// The oneof `other` of [`Choices`].
#[derive(Oneof, Clone, PartialEq, Debug)]
pub enum Other {
    /// Between the others.
    #[rpc(tag = 2, json_name = "N")]
    Number(u64),
    /// Behind them.
    #[rpc(tag = 11)]
    Flag(bool),
}

/// A message in itself.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first", name = "Tree")]
pub struct Node {
    /// What it is called.
    #[rpc(tag = 1, name = "label")]
    pub r#type: String,
    /// Further nodes.
    #[rpc(tag = 2)]
    pub children: Vec<Node>,
    /// One that is set apart.
    #[rpc(tag = 3)]
    pub special: Option<Box<Node>>,
}

/// Messages of `google.protobuf`.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct WellKnown {
    /// When.
    #[rpc(tag = 1)]
    pub timestamp: Option<Timestamp>,
    /// How long.
    #[rpc(tag = 2)]
    pub duration: Option<Duration>,
    /// What of it.
    #[rpc(tag = 3)]
    pub mask: Option<FieldMask>,
    /// JSON.
    #[rpc(tag = 4)]
    pub object: Option<Struct>,
    /// Any message.
    #[rpc(tag = 5)]
    pub any: Vec<Any>,
    /// No fields.
    #[rpc(tag = 6)]
    pub empty: Option<()>,
}

/// All of it.
#[derive(Message, Clone, PartialEq, Debug)]
#[rpc(package = "trait_first")]
pub struct Everything {
    /// Without `Option`: always there.
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
    /// Messages of others.
    #[rpc(tag = 7)]
    pub well_known: Option<WellKnown>,
}

/// An open enum; zero is not first here.
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
    /// What a newer peer knows.
    Unknown(i32),
}

/// Methods in every kind.
#[service(package = "trait_first")]
pub trait Catalog {
    /// Adds two numbers.
    async fn add(&self, a: i32, b: i32) -> Result<i32, Status>;

    /// Gives back what it takes.
    #[rpc(idempotent)]
    async fn echo(&self, everything: Everything) -> Result<Everything, Status>;

    /// The colors with a name, and one without.
    async fn colors(&self) -> Result<Vec<Color>, Status>;

    /// Does nothing.
    async fn rest(&self) -> Result<(), Status>;

    /// The lengths of texts.
    async fn lengths(&self, cx: &Context, texts: Vec<String>) -> Result<HashMap<String, u32>, Status>;

    /// Counts down.
    async fn count(&self, from: u32) -> Result<Streaming<u32>, Status>;

    /// The labels of all trees.
    async fn labels(&self, trees: Streaming<Node>) -> Result<String, Status>;

    /// Each tree, in another.
    async fn plant(&self, trees: Streaming<Node>) -> Result<Streaming<Node>, Status>;
}

/// Does what the methods say.
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

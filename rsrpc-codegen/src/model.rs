//! One neutral picture of what is to be generated. Emitters see this and nothing of the input that it was made from.

mod message;
mod service;

pub(crate) use message::{
    Bytes, Cardinality, Enum, EnumValue, Field, FieldKind, Member, Message, Oneof, Openness, Scalar, TypeRef,
};
pub use service::MethodKind;
pub(crate) use service::{
    Argument, Arguments, CodecSource, Descriptors, IdempotencyLevel, InvalidTrait, Method, MethodOptions,
    Payload, RequestWrapper, RetryPolicy, Service, WrapperFormat, WrittenMethod, WrittenTrait,
};

/// One proto package: what becomes one Rust module.
#[derive(Debug)]
pub(crate) struct Package {
    /// The proto name, such as `google.api`; empty for the package without a name.
    pub(crate) name: String,
    /// The Rust module of each segment of the name.
    pub(crate) modules: Vec<String>,
    /// The files that code is asked for, by name.
    pub(crate) files: Vec<String>,
    /// The messages that the module defines, nested ones included, map entries left out.
    pub(crate) messages: Vec<Message>,
    /// The enums that the module defines, nested ones included.
    pub(crate) enums: Vec<Enum>,
    pub(crate) services: Vec<Service>,
}

/// What an author wrote about an element: Markdown that rustdoc takes without complaint or doctest, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Docs(pub(crate) Vec<String>);

impl Docs {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

//! The neutral model of generated packages. Emitters depend on it and never on the input format.

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

/// A proto package, which becomes a Rust module.
#[derive(Debug)]
pub(crate) struct Package {
    /// Proto name, such as `google.api`; empty for the unnamed package.
    pub(crate) name: String,
    /// The Rust module of each segment of the name.
    pub(crate) modules: Vec<String>,
    /// The names of the generated files.
    pub(crate) files: Vec<String>,
    /// The messages of the module, including nested ones, without map entries.
    pub(crate) messages: Vec<Message>,
    /// The enums of the module, including nested ones.
    pub(crate) enums: Vec<Enum>,
    pub(crate) services: Vec<Service>,
}

/// The author's comment on an element, line by line: Markdown without rustdoc warnings or doctests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Docs(pub(crate) Vec<String>);

impl Docs {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

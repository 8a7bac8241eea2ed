//! Services and their methods.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};

use super::Docs;

/// A service: a trait, a server and a client.
#[derive(Debug)]
pub(crate) struct Service {
    /// Such as `helloworld.Greeter`.
    pub(crate) full_name: String,
    /// The name in UpperCamelCase; the trait, and what other items are named after.
    pub(crate) ident: Ident,
    /// The file that defines it, as it is imported.
    pub(crate) file: String,
    pub(crate) docs: Docs,
    pub(crate) methods: Vec<Method>,
    /// The request types that are made for its methods.
    pub(crate) wrappers: Vec<RequestWrapper>,
    /// How far its items can be seen: `pub`.
    pub(crate) visibility: TokenStream,
    pub(crate) descriptors: Descriptors,
    /// What its author wrote, if it was a Rust trait.
    pub(crate) written: Option<WrittenTrait>,
}

/// Where the descriptors of a service come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptors {
    /// The package's module has them encoded.
    Encoded,
    /// They are made at run time, of what the types say about themselves.
    Described,
    /// The service has no protobuf types.
    Absent,
}

/// The parts of a trait that its author wrote and that the generated one keeps.
#[derive(Debug)]
pub(crate) struct WrittenTrait {
    /// Those of other macros and the docs.
    pub(crate) attributes: TokenStream,
    /// Behind those that every service has: `Clone`.
    pub(crate) supertraits: Vec<TokenStream>,
    /// What is wrong with the trait has been reported: what is left is to stand in for it, so that nothing else is.
    pub(crate) faults: Option<InvalidTrait>,
}

/// A trait that is no service.
#[derive(Debug)]
pub(crate) struct InvalidTrait {
    /// Its type parameters and where-clause, which no service has.
    pub(crate) generics: TokenStream,
    pub(crate) where_clause: TokenStream,
    /// The keyword, where it was written.
    pub(crate) qualifier: TokenStream,
    /// The items that are no methods of a service, as near to what was written as compiles.
    pub(crate) items: Vec<TokenStream>,
}

/// An rpc.
#[derive(Debug)]
pub(crate) struct Method {
    /// As in the .proto file: `SayHello`.
    pub(crate) proto_name: String,
    /// `say_hello`.
    pub(crate) ident: Ident,
    /// `SAY_HELLO`.
    pub(crate) constant: Ident,
    pub(crate) kind: MethodKind,
    /// One request; on a stream each of them.
    pub(crate) request: Payload,
    /// One reply; on a stream each of them.
    pub(crate) reply: Payload,
    /// What the trait's method takes.
    pub(crate) arguments: Arguments,
    /// Whether the trait's method takes the context.
    pub(crate) context: bool,
    pub(crate) options: MethodOptions,
    pub(crate) deprecated: bool,
    pub(crate) docs: Docs,
    /// What its author wrote, if it was a method of a Rust trait.
    pub(crate) written: Option<WrittenMethod>,
}

/// The parts of a method that its author wrote and that the generated trait keeps: tokens of theirs, so that what the
/// compiler says of a type points at it.
#[derive(Debug)]
pub(crate) struct WrittenMethod {
    /// Those of other macros and the docs.
    pub(crate) attributes: TokenStream,
    /// All of them, the receiver included: `&self, cx: &Context, a: i32`.
    pub(crate) parameters: TokenStream,
    /// `Result<i32, Status>`.
    pub(crate) result: TokenStream,
    /// A default for those who implement the trait.
    pub(crate) body: Option<TokenStream>,
}

/// What travels in one direction of a method.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    /// The Rust type, as the package's module names it.
    pub(crate) ty: TokenStream,
    pub(crate) codec: CodecSource,
}

/// Where a payload's encodings come from.
#[derive(Debug, Clone)]
pub(crate) enum CodecSource {
    /// A protobuf message with this full name; its JSON by the options.
    Protobuf(String),
    /// An expression of the type `MessageCodec`.
    Expression(TokenStream),
    /// An expression of the runtime's type `PayloadOf`, which also describes the message.
    Described(TokenStream),
}

/// How the trait and the client take a request.
#[derive(Debug, Clone)]
pub(crate) enum Arguments {
    /// As it is: `request: HelloRequest`, or a stream of them.
    Request,
    /// As plain arguments, which are the fields of a request type made for them.
    Fields(Vec<Argument>),
    /// As none at all: the request is `()`.
    Nothing,
}

/// A request type that is made for plain arguments.
#[derive(Debug)]
pub(crate) struct RequestWrapper {
    pub(crate) ident: Ident,
    /// The method that it is for, as the trait calls it.
    pub(crate) method: Ident,
    pub(crate) fields: Vec<Argument>,
    pub(crate) format: WrapperFormat,
}

/// How a [`RequestWrapper`] travels.
#[derive(Debug)]
pub(crate) enum WrapperFormat {
    /// As a protobuf message of this package.
    Message { package: String },
    /// As JSON, by serde; whether the first argument may be an object there.
    Serde { first_is_object: bool },
}

/// A plain argument.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    /// Its name, and that of the request's field.
    pub(crate) ident: Ident,
    pub(crate) ty: TokenStream,
}

/// What a definition says of a method beside its messages; the runtime's `MethodOptions`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MethodOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotency: IdempotencyLevel,
    pub(crate) jsonrpc_name: Option<String>,
    pub(crate) retry: Option<RetryPolicy>,
}

/// Whether a method can be called twice without harm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum IdempotencyLevel {
    #[default]
    Unknown,
    NoSideEffects,
    Idempotent,
}

/// When a failed call is tried again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) initial_backoff: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) backoff_multiplier: f64,
    /// As the runtime's `Code` calls them: `Unavailable`.
    pub(crate) retryable_status_codes: Vec<Ident>,
}

/// Which sides stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MethodKind {
    /// One request, one reply.
    Unary,
    /// One request, a stream of replies.
    ServerStreaming,
    /// A stream of requests, one reply.
    ClientStreaming,
    /// Streams in both directions.
    Bidi,
}

impl Service {
    /// Whether nothing is wrong with it.
    pub(crate) fn is_whole(&self) -> bool {
        self.written
            .as_ref()
            .is_none_or(|written| written.faults.is_none())
    }

    /// gRPC's `:path` of a method, such as `/helloworld.Greeter/SayHello`.
    pub(crate) fn path(&self, method: &Method) -> String {
        format!("/{}/{}", self.full_name, method.proto_name)
    }
}

//! Services and their methods.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};

use super::Docs;

/// A service: a trait, a server and a client.
#[derive(Debug)]
pub(crate) struct Service {
    /// Full name, such as `helloworld.Greeter`.
    pub(crate) full_name: String,
    /// The trait's name, in UpperCamelCase, which prefixes the service's other items.
    pub(crate) ident: Ident,
    /// The import name of the defining file.
    pub(crate) file: String,
    pub(crate) docs: Docs,
    pub(crate) methods: Vec<Method>,
    /// Request types generated for its methods.
    pub(crate) wrappers: Vec<RequestWrapper>,
    /// The visibility of its items: `pub`.
    pub(crate) visibility: TokenStream,
    pub(crate) descriptors: Descriptors,
    /// The author's trait, if the service is defined by one.
    pub(crate) written: Option<WrittenTrait>,
}

/// The source of a service's descriptors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Descriptors {
    /// Encoded in the package's module.
    Encoded,
    /// Built at run time from the types' schemas.
    Described,
    /// The service has no protobuf types.
    Absent,
}

/// The parts of an author's trait that the generated trait keeps.
#[derive(Debug)]
pub(crate) struct WrittenTrait {
    /// Attributes of other macros, and docs.
    pub(crate) attributes: TokenStream,
    /// Supertraits besides those of every service, such as `Clone`.
    pub(crate) supertraits: Vec<TokenStream>,
    /// Placeholder items of a trait with reported errors, to avoid follow-up errors.
    pub(crate) faults: Option<InvalidTrait>,
}

/// The parts of a trait that cannot be a service trait.
#[derive(Debug)]
pub(crate) struct InvalidTrait {
    /// Type parameters, which a service trait cannot have.
    pub(crate) generics: TokenStream,
    pub(crate) where_clause: TokenStream,
    /// The `unsafe` keyword, if written.
    pub(crate) qualifier: TokenStream,
    /// Items that are not service methods, in a form that compiles.
    pub(crate) items: Vec<TokenStream>,
}

/// An rpc.
#[derive(Debug)]
pub(crate) struct Method {
    /// Proto name: `SayHello`.
    pub(crate) proto_name: String,
    /// `say_hello`.
    pub(crate) ident: Ident,
    /// `SAY_HELLO`.
    pub(crate) constant: Ident,
    pub(crate) kind: MethodKind,
    /// The request, or each request of a stream.
    pub(crate) request: Payload,
    /// The reply, or each reply of a stream.
    pub(crate) reply: Payload,
    /// The arguments of the trait's method.
    pub(crate) arguments: Arguments,
    /// Set if the trait's method takes the context.
    pub(crate) context: bool,
    pub(crate) options: MethodOptions,
    pub(crate) deprecated: bool,
    pub(crate) docs: Docs,
    /// The author's method, if the service is defined by a trait.
    pub(crate) written: Option<WrittenMethod>,
}

/// The parts of an author's method that the generated trait keeps as tokens, so that compiler errors point at them.
#[derive(Debug)]
pub(crate) struct WrittenMethod {
    /// Attributes of other macros, and docs.
    pub(crate) attributes: TokenStream,
    /// All parameters including the receiver: `&self, cx: &Context, a: i32`.
    pub(crate) parameters: TokenStream,
    /// `Result<i32, Status>`.
    pub(crate) result: TokenStream,
    /// The default body.
    pub(crate) body: Option<TokenStream>,
}

/// The message of one direction of a method.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    /// The Rust type, as the package's module names it.
    pub(crate) ty: TokenStream,
    pub(crate) codec: CodecSource,
}

/// The source of a payload's codec.
#[derive(Debug, Clone)]
pub(crate) enum CodecSource {
    /// A protobuf message with this full name. The options decide about JSON.
    Protobuf(String),
    /// An expression of the type `MessageCodec`.
    Expression(TokenStream),
    /// An expression of the runtime's type `PayloadOf`, which also describes the message.
    Described(TokenStream),
}

/// The form in which trait and client take a request.
#[derive(Debug, Clone)]
pub(crate) enum Arguments {
    /// Unchanged: `request: HelloRequest`, or a stream of requests.
    Request,
    /// Plain arguments, which become the fields of a generated request type.
    Fields(Vec<Argument>),
    /// Without arguments; the request is `()`.
    Nothing,
}

/// A generated request type for plain arguments.
#[derive(Debug)]
pub(crate) struct RequestWrapper {
    pub(crate) ident: Ident,
    /// The trait method that uses it.
    pub(crate) method: Ident,
    pub(crate) fields: Vec<Argument>,
    pub(crate) format: WrapperFormat,
}

/// The wire format of a [`RequestWrapper`].
#[derive(Debug)]
pub(crate) enum WrapperFormat {
    /// A protobuf message of this package.
    Message { package: String },
    /// serde's JSON. `first_is_object` is set if the first argument may be an object.
    Serde { first_is_object: bool },
}

/// A plain argument.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    /// The name of the argument and of the request's field.
    pub(crate) ident: Ident,
    pub(crate) ty: TokenStream,
}

/// The options of a method, which become the runtime's `MethodOptions`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MethodOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotency: IdempotencyLevel,
    pub(crate) jsonrpc_name: Option<String>,
    pub(crate) retry: Option<RetryPolicy>,
}

/// Effect of repeating a call.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum IdempotencyLevel {
    #[default]
    Unknown,
    NoSideEffects,
    Idempotent,
}

/// The retry policy of a method.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) initial_backoff: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) backoff_multiplier: f64,
    /// Variants of the runtime's `Code`, such as `Unavailable`.
    pub(crate) retryable_status_codes: Vec<Ident>,
}

/// The streaming sides of a method.
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
    /// Returns whether the service has no errors.
    pub(crate) fn is_whole(&self) -> bool {
        self.written
            .as_ref()
            .is_none_or(|written| written.faults.is_none())
    }

    /// Returns the `:path` of a method, such as `/helloworld.Greeter/SayHello`.
    pub(crate) fn path(&self, method: &Method) -> String {
        format!("/{}/{}", self.full_name, method.proto_name)
    }
}

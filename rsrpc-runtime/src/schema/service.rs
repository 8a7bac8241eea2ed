//! Services.

use prost_types::method_options::IdempotencyLevel as Level;
use prost_types::{MethodDescriptorProto, MethodOptions, ServiceDescriptorProto, ServiceOptions};

use super::file::Comments;
use super::message::position;
use super::{Schema, names};
use crate::call::{IdempotencyLevel, MethodDescriptor, MethodKind};

/// Field number in `ServiceDescriptorProto`, used in the paths of comments.
const SERVICE_METHOD_TAG: i32 = 2;

/// A service.
#[derive(Debug, Clone)]
pub struct ServiceSchema {
    full_name: &'static str,
    docs: &'static str,
    deprecated: bool,
    methods: Vec<MethodSchema>,
}

/// A method of a service.
#[derive(Debug, Clone)]
pub struct MethodSchema {
    name: &'static str,
    kind: MethodKind,
    request: PayloadSchema,
    reply: PayloadSchema,
    docs: &'static str,
    options: MethodOptions,
}

/// The request or reply message of a method.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PayloadSchema {
    pub(crate) full_name: &'static str,
    /// Adds the message to a schema under the full name.
    pub(crate) describe: fn(&'static str, &mut Schema),
}

impl ServiceSchema {
    /// Creates a service without methods. `docs` is its comment; lines have no leading blank.
    pub fn new(full_name: &'static str, docs: &'static str) -> Self {
        Self {
            full_name,
            docs,
            deprecated: false,
            methods: Vec::new(),
        }
    }

    /// Adds a method.
    #[must_use]
    pub fn method(mut self, method: MethodSchema) -> Self {
        self.methods.push(method);
        self
    }

    /// Marks the service as deprecated.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        self.deprecated = true;
        self
    }

    pub(super) fn full_name(&self) -> &'static str {
        self.full_name
    }

    /// Adds the messages of the service's methods to the schema.
    pub(super) fn resolve(self, schema: &mut Schema) -> ResolvedService {
        let mut comments = Comments::default();
        comments.add(&[], self.docs);
        let mut descriptor = ServiceDescriptorProto {
            name: Some(names::split(self.full_name).1.to_owned()),
            ..ServiceDescriptorProto::default()
        };
        if self.deprecated {
            descriptor.options = Some(ServiceOptions {
                deprecated: Some(true),
                ..ServiceOptions::default()
            });
        }
        for (index, method) in self.methods.into_iter().enumerate() {
            comments.add(&[SERVICE_METHOD_TAG, position(index)], method.docs);
            for payload in [method.request, method.reply] {
                (payload.describe)(payload.full_name, schema);
            }
            descriptor.method.push(method.descriptor());
        }
        ResolvedService { descriptor, comments }
    }
}

impl MethodSchema {
    pub(crate) fn new(
        descriptor: &'static MethodDescriptor,
        request: PayloadSchema,
        reply: PayloadSchema,
    ) -> Self {
        let mut options = MethodOptions::default();
        match descriptor.options().idempotency {
            IdempotencyLevel::Unknown => {}
            IdempotencyLevel::NoSideEffects => options.set_idempotency_level(Level::NoSideEffects),
            IdempotencyLevel::Idempotent => options.set_idempotency_level(Level::Idempotent),
        }
        Self {
            name: descriptor.name(),
            kind: descriptor.kind(),
            request,
            reply,
            docs: "",
            options,
        }
    }

    /// Sets the comment. Lines have no leading blank.
    #[must_use]
    pub fn docs(mut self, docs: &'static str) -> Self {
        self.docs = docs;
        self
    }

    /// Marks the method as deprecated.
    #[must_use]
    pub fn deprecated(mut self) -> Self {
        self.options.deprecated = Some(true);
        self
    }

    fn descriptor(self) -> MethodDescriptorProto {
        let (client_streaming, server_streaming) = match self.kind {
            MethodKind::Unary => (None, None),
            MethodKind::ServerStreaming => (None, Some(true)),
            MethodKind::ClientStreaming => (Some(true), None),
            MethodKind::Bidi => (Some(true), Some(true)),
        };
        MethodDescriptorProto {
            name: Some(self.name.to_owned()),
            input_type: Some(format!(".{}", self.request.full_name)),
            output_type: Some(format!(".{}", self.reply.full_name)),
            options: (self.options != MethodOptions::default()).then_some(self.options),
            client_streaming,
            server_streaming,
        }
    }
}

/// A service whose messages are in the schema.
#[derive(Debug, Clone)]
pub(super) struct ResolvedService {
    pub(super) descriptor: ServiceDescriptorProto,
    pub(super) comments: Comments,
}

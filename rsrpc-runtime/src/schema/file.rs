//! The file descriptor of one package defined in Rust.

use prost_types::source_code_info::Location;
use prost_types::{FileDescriptorProto, SourceCodeInfo};

use super::message::{EnumSchema, MessageSchema, position};
use super::names;
use super::service::ResolvedService;

/// Field numbers in `FileDescriptorProto`, used in the paths of comments.
pub(super) const FILE_MESSAGE_TAG: i32 = 4;
pub(super) const FILE_ENUM_TAG: i32 = 5;
pub(super) const FILE_SERVICE_TAG: i32 = 6;

/// The definitions of a package.
#[derive(Debug, Clone)]
pub(super) struct PackageSchema {
    pub(super) name: String,
    pub(super) services: Vec<ResolvedService>,
    /// `None` while the message is being described.
    messages: Vec<Option<MessageSchema>>,
    pub(super) enums: Vec<EnumSchema>,
}

impl PackageSchema {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            services: Vec::new(),
            messages: Vec::new(),
            enums: Vec::new(),
        }
    }

    pub(super) fn reserve_message(&mut self) -> usize {
        self.messages.push(None);
        self.messages.len() - 1
    }

    pub(super) fn put_message(&mut self, place: usize, message: MessageSchema) {
        if let Some(slot) = self.messages.get_mut(place) {
            *slot = Some(message.finish());
        }
    }

    pub(super) fn has_service(&self, name: &str) -> bool {
        self.services
            .iter()
            .any(|service| service.descriptor.name() == name)
    }

    /// Returns the full names of the package's messages and enums.
    pub(super) fn types(&self) -> impl Iterator<Item = String> {
        let messages = self
            .messages
            .iter()
            .flatten()
            .map(|message| message.descriptor.name());
        let enums = self.enums.iter().map(|item| item.descriptor.name());
        messages.chain(enums).map(|name| names::join(&self.name, name))
    }

    /// Returns the file descriptor without its imports.
    pub(super) fn descriptor(&self) -> FileDescriptorProto {
        let mut file = FileDescriptorProto {
            name: Some(names::file(&self.name)),
            package: (!self.name.is_empty()).then(|| self.name.clone()),
            syntax: Some("proto3".to_owned()),
            ..FileDescriptorProto::default()
        };
        let mut location = Vec::new();
        for (index, service) in self.services.iter().enumerate() {
            service
                .comments
                .locate(&[FILE_SERVICE_TAG, position(index)], &mut location);
            file.service.push(service.descriptor.clone());
        }
        for (index, message) in self.messages.iter().flatten().enumerate() {
            message
                .comments
                .locate(&[FILE_MESSAGE_TAG, position(index)], &mut location);
            file.message_type.push(message.descriptor.clone());
        }
        for (index, item) in self.enums.iter().enumerate() {
            item.comments
                .locate(&[FILE_ENUM_TAG, position(index)], &mut location);
            file.enum_type.push(item.descriptor.clone());
        }
        if !location.is_empty() {
            file.source_code_info = Some(SourceCodeInfo { location });
        }
        file
    }
}

/// The comments of a definition and its parts.
#[derive(Debug, Clone, Default)]
pub(super) struct Comments {
    /// Path of each part within the definition, and its comment.
    parts: Vec<(Vec<i32>, String)>,
}

impl Comments {
    /// Adds the comment of a part. Empty comments are ignored.
    pub(super) fn add(&mut self, path: &[i32], docs: &str) {
        if docs.trim().is_empty() {
            return;
        }
        let mut text = String::with_capacity(docs.len() + 8);
        for line in docs.trim_matches('\n').lines() {
            if !line.is_empty() {
                text.push(' ');
                text.push_str(line);
            }
            text.push('\n');
        }
        self.parts.push((path.to_vec(), text));
    }

    fn locate(&self, definition: &[i32], locations: &mut Vec<Location>) {
        for (path, text) in &self.parts {
            locations.push(Location {
                path: [definition, path].concat(),
                // The definitions have no source text.
                span: vec![0, 0, 0],
                leading_comments: Some(text.clone()),
                ..Location::default()
            });
        }
    }
}

//! Lists all messages and enums of a file, including nested ones, with full names and source paths.

use std::ops::Range;

use super::descriptor::{EnumDescriptor, FileDescriptor, MessageDescriptor, path, path::to_i32};
use crate::naming::join;

/// A definition with its source path.
pub(crate) struct Located<'a, T> {
    /// Full name without a leading dot, such as `helloworld.HelloRequest`.
    pub(crate) full_name: String,
    /// Source path in the file's descriptor.
    pub(crate) place: Vec<i32>,
    pub(crate) item: &'a T,
}

impl<T> Located<'_, T> {
    /// Returns the source path of a nested element.
    pub(crate) fn inside(&self, field: i32, index: usize) -> Vec<i32> {
        inside(&self.place, field, index)
    }
}

/// Returns all messages in order of definition, each before its nested messages.
pub(crate) fn messages(file: &FileDescriptor) -> Vec<Located<'_, MessageDescriptor>> {
    messages_in(file, 0..file.message_type.len())
}

/// Like [`messages`], for a range of top-level messages.
pub(crate) fn messages_in(
    file: &FileDescriptor,
    indices: Range<usize>,
) -> Vec<Located<'_, MessageDescriptor>> {
    let mut found = Vec::new();
    for index in indices {
        if let Some(message) = file.message_type.get(index) {
            let place = inside(&[], path::FILE_MESSAGE, index);
            add_message(&file.package, place, message, &mut found);
        }
    }
    found
}

/// Returns the top-level enums, then those nested in messages.
pub(crate) fn enums(file: &FileDescriptor) -> Vec<Located<'_, EnumDescriptor>> {
    enums_in(file, 0..file.enum_type.len(), 0..file.message_type.len())
}

/// Like [`enums`], for ranges of top-level enums and messages.
pub(crate) fn enums_in(
    file: &FileDescriptor,
    enums: Range<usize>,
    messages: Range<usize>,
) -> Vec<Located<'_, EnumDescriptor>> {
    let top = enums.filter_map(|index| {
        let item = file.enum_type.get(index)?;
        Some(Located {
            full_name: join(&file.package, &item.name),
            place: inside(&[], path::FILE_ENUM, index),
            item,
        })
    });
    let mut found: Vec<_> = top.collect();
    for message in messages_in(file, messages) {
        found.extend(
            message
                .item
                .enum_type
                .iter()
                .enumerate()
                .map(|(index, item)| Located {
                    full_name: join(&message.full_name, &item.name),
                    place: message.inside(path::MESSAGE_ENUM, index),
                    item,
                }),
        );
    }
    found
}

fn add_message<'a>(
    scope: &str,
    place: Vec<i32>,
    message: &'a MessageDescriptor,
    found: &mut Vec<Located<'a, MessageDescriptor>>,
) {
    let full_name = join(scope, &message.name);
    found.push(Located {
        full_name: full_name.clone(),
        place: place.clone(),
        item: message,
    });
    for (index, nested) in message.nested_type.iter().enumerate() {
        add_message(
            &full_name,
            inside(&place, path::MESSAGE_NESTED, index),
            nested,
            found,
        );
    }
}

fn inside(place: &[i32], field: i32, index: usize) -> Vec<i32> {
    [place, &[field, to_i32(index)]].concat()
}

//! The state of a conversion at one value: its context, its depth, and the path for errors.

use std::cell::RefCell;
use std::fmt::{Display, Write};

use serde_core::{de, ser};

use crate::call::{JsonContext, JsonError};

/// Maximum nesting depth of arrays and objects. serde_json reads at most this depth; writing is limited to it, so
/// written text can be read back.
pub(super) const MAX_DEPTH: u16 = 127;

/// Depth that an `Any` adds. Each one copies and parses the text of all nested ones, so few may nest.
const ANY_DEPTH_COST: u16 = 8;

/// Maximum number of path elements in an error.
const MAX_PATH_STEPS: usize = 16;

/// Maximum length of an error message in characters, because it may quote the peer.
const MAX_ERROR_CHARS: usize = 256;

/// The context and position of the value being read or written.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    root: &'a Conversion<'a>,
    depth: u16,
}

/// The state of one whole conversion.
pub(super) struct Conversion<'a> {
    context: &'a JsonContext,
    /// Path of the failed value, innermost first. Filled while an error is propagated.
    path: RefCell<Vec<PathStep>>,
}

enum PathStep {
    Member(Box<str>),
    Index(usize),
}

impl<'a> Conversion<'a> {
    pub(super) fn new(context: &'a JsonContext) -> Self {
        Self {
            context,
            path: RefCell::default(),
        }
    }

    pub(super) fn scope(&'a self) -> Scope<'a> {
        Scope {
            root: self,
            depth: self.context.depth(),
        }
    }

    /// Returns the public error: the path and serde_json's message.
    pub(super) fn error(&self, error: &serde_json::Error) -> JsonError {
        let mut text = String::new();
        for step in self.path.borrow().iter().rev().take(MAX_PATH_STEPS) {
            match step {
                PathStep::Member(name) => {
                    if !text.is_empty() {
                        text.push('.');
                    }
                    text.push_str(&truncate_name(name));
                }
                PathStep::Index(index) => {
                    let _ = write!(text, "[{index}]");
                }
            }
        }
        if self.path.borrow().len() > MAX_PATH_STEPS {
            text.push('…');
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        JsonError::new(text + &error_text(error))
    }
}

impl<'a> Scope<'a> {
    /// Returns the conversion's context.
    pub fn context(self) -> &'a JsonContext {
        self.root.context
    }

    /// Returns the scope of an array's or object's contents, for writing.
    ///
    /// # Errors
    /// The value is nested too deeply to be read back.
    pub fn deeper<E: ser::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("the message is nested too deeply"));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    /// Records that `error` came from the member `name`.
    #[cold]
    pub fn at_member<E>(self, name: &str, error: E) -> E {
        self.root
            .path
            .borrow_mut()
            .push(PathStep::Member(truncate_name(name).into()));
        error
    }

    /// Records that `error` came from the element at `index`.
    #[cold]
    pub fn at_index<E>(self, index: usize, error: E) -> E {
        self.root.path.borrow_mut().push(PathStep::Index(index));
        error
    }

    /// Returns whether the converted message is inside an `Any`.
    pub(super) fn inside_any(self) -> bool {
        self.root.context.depth() > 0
    }

    /// Returns the context for the message in an `Any`; `None` if it is nested too deeply.
    pub(super) fn any_context(self) -> Option<JsonContext> {
        let depth = self.depth + ANY_DEPTH_COST;
        (depth < MAX_DEPTH).then(|| self.root.context.at_depth(depth))
    }
}

/// Returns serde_json's error message, without the position where the value's path is more precise.
pub(super) fn error_text(error: &serde_json::Error) -> String {
    let mut sentence = error.to_string();
    if error.is_data() {
        // The path locates the error; the position would be that of the value's end.
        let position = format!(" at line {} column {}", error.line(), error.column());
        sentence.truncate(sentence.strip_suffix(&position).map_or(sentence.len(), str::len));
    }
    if let Some((end, _)) = sentence.char_indices().nth(MAX_ERROR_CHARS) {
        sentence.truncate(end);
        sentence.push('…');
    }
    sentence
}

/// Truncates a name chosen by the peer.
pub(super) fn truncate_name(name: &str) -> std::borrow::Cow<'_, str> {
    match name.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}

/// Creates a read error that quotes the start of the peer's input.
#[cold]
pub(super) fn invalid<E: de::Error>(quoted: &str, complaint: impl Display) -> E {
    E::custom(format_args!("{} {complaint}", truncate_name(quoted)))
}

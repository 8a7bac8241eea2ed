//! Where in a value a conversion is: its context, its depth, and the path that an error names.

use std::cell::RefCell;
use std::fmt::{Display, Write};

use serde_core::{de, ser};

use crate::call::{JsonContext, JsonError};

/// serde_json reads arrays and objects nested up to 127 deep; writing stops at the same depth, so that whatever is
/// written can be read.
pub(super) const MAX_DEPTH: u16 = 127;

/// What an `Any` adds to the depth: each copies and reads the text of all those inside it, so few may nest.
const ANY_DEPTH_COST: u16 = 8;

/// Path elements that an error shows.
const MAX_PATH_STEPS: usize = 16;

/// Characters of an error's sentence: it may quote the peer.
const MAX_ERROR_CHARS: usize = 256;

/// What surrounds the value being read or written: the context and the place in the whole.
#[derive(Clone, Copy)]
pub struct Scope<'a> {
    root: &'a Conversion<'a>,
    depth: u16,
}

/// One whole conversion.
pub(super) struct Conversion<'a> {
    context: &'a JsonContext,
    /// The failed value's path, innermost first: filled only while an error is on its way out.
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

    /// The public error: the path and serde_json's sentence.
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
    /// The caller's context.
    pub fn context(self) -> &'a JsonContext {
        self.root.context
    }

    /// The scope of what an array or object holds, when writing.
    ///
    /// # Errors
    /// The value is nested too deeply to be read again.
    pub fn deeper<E: ser::Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("the message is nested too deeply"));
        }
        Ok(Self {
            depth: self.depth + 1,
            ..self
        })
    }

    /// Notes that `error` came from the member `name`.
    #[cold]
    pub fn at_member<E>(self, name: &str, error: E) -> E {
        self.root
            .path
            .borrow_mut()
            .push(PathStep::Member(truncate_name(name).into()));
        error
    }

    /// Notes that `error` came from the element at `index`.
    #[cold]
    pub fn at_index<E>(self, index: usize, error: E) -> E {
        self.root.path.borrow_mut().push(PathStep::Index(index));
        error
    }

    /// Whether the message being converted is inside an `Any`.
    pub(super) fn inside_any(self) -> bool {
        self.root.context.depth() > 0
    }

    /// The context for the message in an `Any`; `None` when they are nested too deeply.
    pub(super) fn any_context(self) -> Option<JsonContext> {
        let depth = self.depth + ANY_DEPTH_COST;
        (depth < MAX_DEPTH).then(|| self.root.context.at_depth(depth))
    }
}

/// serde_json's sentence of an error, without the position where a value's path says more.
pub(super) fn error_text(error: &serde_json::Error) -> String {
    let mut sentence = error.to_string();
    if error.is_data() {
        // The path says where; the position would be that of the value's end.
        let position = format!(" at line {} column {}", error.line(), error.column());
        sentence.truncate(sentence.strip_suffix(&position).map_or(sentence.len(), str::len));
    }
    if let Some((end, _)) = sentence.char_indices().nth(MAX_ERROR_CHARS) {
        sentence.truncate(end);
        sentence.push('…');
    }
    sentence
}

/// The beginning of a name that the peer chose.
pub(super) fn truncate_name(name: &str) -> std::borrow::Cow<'_, str> {
    match name.char_indices().nth(64) {
        Some((end, _)) => format!("{}…", &name[..end]).into(),
        None => name.into(),
    }
}

/// A reading error that quotes the beginning of what the peer sent.
#[cold]
pub(super) fn invalid<E: de::Error>(quoted: &str, complaint: impl Display) -> E {
    E::custom(format_args!("{} {complaint}", truncate_name(quoted)))
}

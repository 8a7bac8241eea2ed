//! Items as text, line by line, for what there is so much of that tokens would take too long: they would have to be
//! parsed and formatted. The lines are those of prettyplease as long as each is short enough; an item with a longer one
//! is left to prettyplease.

use std::fmt::Write as _;

use proc_macro2::{Literal, TokenStream};

/// How long a line may be, as prettyplease has it.
const MAX_LINE_WIDTH: usize = 89;

/// An item as text.
pub(crate) struct ItemText {
    pub(crate) text: String,
    /// Whether prettyplease would not change it.
    pub(crate) is_formatted: bool,
}

impl ItemText {
    /// For a macro.
    pub(crate) fn tokens(&self) -> TokenStream {
        self.text.parse().unwrap_or_default()
    }
}

/// An item that is being written.
pub(super) struct ItemWriter {
    text: String,
    depth: usize,
    is_formatted: bool,
}

/// `receiver.method(arguments)`.
pub(super) struct MethodCall<'a> {
    pub(super) receiver: &'a str,
    /// With its type parameters.
    pub(super) method: &'a str,
    pub(super) arguments: &'a [&'a str],
}

impl ItemWriter {
    pub(super) fn new() -> Self {
        Self {
            text: String::new(),
            depth: 0,
            is_formatted: true,
        }
    }

    /// The line must not be one that prettyplease would join with others.
    pub(super) fn line(&mut self, line: &str) {
        let fits = self.fits(line);
        self.is_formatted &= fits;
        self.unbroken(line);
    }

    /// A line that ends with an opening brace, bracket or the like.
    pub(super) fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    pub(super) fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.line(line);
    }

    /// A line that closes one thing and opens another.
    pub(super) fn reopen(&mut self, line: &str) {
        self.close(line);
        self.depth += 1;
    }

    /// Ends what no line closes.
    pub(super) fn end(&mut self) {
        self.depth -= 1;
    }

    /// An element of an array that has more than a line: a call of a function.
    pub(super) fn element(&mut self, function: &str, arguments: &[&str]) {
        let line = format!("{function}({}),", arguments.join(", "));
        if self.fits(&line) {
            self.line(&line);
        } else {
            self.open(&format!("{function}("));
            self.arguments(arguments);
            self.close("),");
        }
    }

    /// `pattern => call,`
    pub(super) fn arm(&mut self, pattern: &str, call: &MethodCall<'_>) {
        let line = format!("{pattern} => {},", call.line());
        if self.fits(&line) {
            self.line(&line);
        } else {
            self.open(&format!("{pattern} => {{"));
            self.call(call, "");
            self.close("}");
        }
    }

    /// A macro's call with two parts: in a line, or else each in its own.
    pub(super) fn filled(&mut self, head: &str, parts: [&str; 2], end: &str) {
        let inner = parts.join(" ");
        let line = format!("{head}{inner}{end}");
        if self.fits(&line) {
            self.line(&line);
            return;
        }
        self.open(head);
        if self.fits(&inner) {
            self.line(&inner);
        } else {
            let [first, last] = parts;
            self.line(first);
            self.unbroken(last);
        }
        self.close(end);
    }

    /// A line in which prettyplease has no place to break.
    fn unbroken(&mut self, line: &str) {
        let indent = self.depth * 4;
        // Width is counted in characters, and only those of names are certain to be as prettyplease prints them.
        self.is_formatted &= line.is_ascii();
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    /// A call as a statement, or with another `end` as the value of a block.
    pub(super) fn call(&mut self, call: &MethodCall<'_>, end: &str) {
        let line = format!("{}{end}", call.line());
        if self.fits(&line) {
            self.line(&line);
            return;
        }
        self.open(call.receiver);
        let line = format!(".{}({}){end}", call.method, call.arguments.join(", "));
        if self.fits(&line) {
            self.line(&line);
        } else {
            // Type parameters would be broken first.
            self.is_formatted &= !call.method.contains('<');
            self.open(&format!(".{}(", call.method));
            self.arguments(call.arguments);
            self.close(&format!("){end}"));
        }
        self.end();
    }

    /// Leaves the item to prettyplease if what stands in several lines would fit into one of this length.
    pub(super) fn joined(&mut self, length: usize) {
        self.is_formatted &= self.depth * 4 + length > MAX_LINE_WIDTH;
    }

    pub(super) fn finish(self) -> ItemText {
        ItemText {
            text: self.text,
            is_formatted: self.is_formatted,
        }
    }

    fn arguments(&mut self, arguments: &[&str]) {
        for argument in arguments {
            self.line(&format!("{argument},"));
        }
    }

    fn fits(&mut self, line: &str) -> bool {
        let width = self.depth * 4 + line.len();
        // Whether what ends a line has to fit depends on what follows.
        self.is_formatted &= !(width == MAX_LINE_WIDTH + 1 && line.ends_with([',', ';']));
        width <= MAX_LINE_WIDTH
    }
}

impl MethodCall<'_> {
    fn line(&self) -> String {
        format!("{}.{}({})", self.receiver, self.method, self.arguments.join(", "))
    }
}

/// Tokens of a path as they stand in a text.
pub(super) fn path(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}

/// A string literal.
pub(super) fn quoted(text: &str) -> String {
    if text
        .bytes()
        .all(|byte| byte == b'_' || byte.is_ascii_alphanumeric())
    {
        format!("\"{text}\"")
    } else {
        Literal::string(text).to_string()
    }
}

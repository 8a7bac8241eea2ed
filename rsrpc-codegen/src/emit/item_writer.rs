//! Writes items as text, line by line, where tokens would be too slow to parse and format. Lines match prettyplease's
//! layout as long as each is short enough. prettyplease formats items with longer lines.

use std::fmt::Write as _;

use proc_macro2::{Literal, TokenStream};

/// Maximum width of a line in characters, as in prettyplease.
const MAX_LINE_WIDTH: usize = 89;

/// An item as text.
pub(crate) struct ItemText {
    pub(crate) text: String,
    /// Set if prettyplease would not change the text.
    pub(crate) is_formatted: bool,
}

impl ItemText {
    /// Parses the text for use in a macro.
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
    /// The method name with its type parameters.
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

    /// Writes a line that prettyplease would not join with others.
    pub(super) fn line(&mut self, line: &str) {
        let fits = self.fits(line);
        self.is_formatted &= fits;
        self.unbroken(line);
    }

    /// Writes a line that ends with an opening bracket, and indents.
    pub(super) fn open(&mut self, line: &str) {
        self.line(line);
        self.depth += 1;
    }

    pub(super) fn close(&mut self, line: &str) {
        self.depth -= 1;
        self.line(line);
    }

    /// Writes a line that closes one block and opens another.
    pub(super) fn reopen(&mut self, line: &str) {
        self.close(line);
        self.depth += 1;
    }

    /// Ends an indentation that has no closing line.
    pub(super) fn end(&mut self) {
        self.depth -= 1;
    }

    /// Writes a call as an element of a multi-line array.
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

    /// Writes a match arm, `pattern => call,`.
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

    /// Writes a macro call with two parts, on one line or on one line each.
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

    /// Writes a line that prettyplease cannot break.
    fn unbroken(&mut self, line: &str) {
        let indent = self.depth * 4;
        // prettyplease counts characters, so only ASCII widths are certain.
        self.is_formatted &= line.is_ascii();
        let _ = writeln!(self.text, "{:indent$}{line}", "");
    }

    /// Writes a call as a statement, or as the value of a block with another `end`.
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
            // prettyplease would break type parameters first.
            self.is_formatted &= !call.method.contains('<');
            self.open(&format!(".{}(", call.method));
            self.arguments(call.arguments);
            self.close(&format!("){end}"));
        }
        self.end();
    }

    /// Leaves the item to prettyplease if several lines would fit into one of this length.
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
        // The next token decides if a trailing comma must fit; prettyplease decides this case.
        self.is_formatted &= !(width == MAX_LINE_WIDTH + 1 && line.ends_with([',', ';']));
        width <= MAX_LINE_WIDTH
    }
}

impl MethodCall<'_> {
    fn line(&self) -> String {
        format!("{}.{}({})", self.receiver, self.method, self.arguments.join(", "))
    }
}

/// Returns a path as source text, without spaces.
pub(super) fn path(path: &TokenStream) -> String {
    path.to_string().replace(' ', "")
}

/// Returns a string literal.
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

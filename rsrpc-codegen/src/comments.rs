//! Converts comments of .proto files to Markdown that rustdoc and clippy accept.
//!
//! Comments in .proto files are often half Markdown: lists and code are intended, `<T>` and `[brackets]` usually not.
//! Unconverted, indented text becomes a doctest, `<T>` an HTML tag and `[Foo][bar.Foo]` a broken link.

use crate::model::Docs;

/// Converts the leading and trailing comment of an element to docs.
pub(crate) fn docs(comments: [&str; 2]) -> Docs {
    let mut lines: Vec<String> = Vec::new();
    for comment in comments {
        let block = CommentRenderer::render(comment);
        if block.is_empty() {
            continue;
        }
        if !lines.is_empty() {
            lines.push(String::new());
        }
        lines.extend(block);
    }
    // rustfmt puts a space between the slashes and the text.
    Docs(
        lines
            .into_iter()
            .map(|line| if line.is_empty() { line } else { format!(" {line}") })
            .collect(),
    )
}

/// The state of the conversion of one comment, line by line.
#[derive(Default)]
struct CommentRenderer {
    lines: Vec<String>,
    /// The text columns of the open list items.
    lists: Vec<usize>,
    code: Option<CodeBlock>,
    /// The line that opened the code block.
    opened: usize,
    after_blank: bool,
}

/// An open code block.
enum CodeBlock {
    /// Ends at this fence.
    Fenced(String),
    /// Ends at the first line with a smaller indentation.
    Indented(usize),
}

impl CommentRenderer {
    fn render(comment: &str) -> Vec<String> {
        // The third character of `/**`; in a list it would have a blank in front.
        let comment = comment.strip_prefix('*').unwrap_or(comment);
        let mut lines: Vec<String> = comment
            .lines()
            .map(|line| line.replace('\t', "    ").trim_end().to_owned())
            .collect();
        // The third slash of `///`.
        if lines.iter().all(|line| line.is_empty() || line.starts_with('/')) {
            lines = lines
                .iter()
                .map(|line| line.trim_start_matches('/').to_owned())
                .collect();
        }
        let indented = lines.iter().filter(|line| !line.is_empty());
        let margin = indented.map(|line| indentation(line)).min().unwrap_or(0);
        let mut block = Self {
            after_blank: true,
            ..Self::default()
        };
        for line in &lines {
            block.line(line.get(margin..).unwrap_or_default());
        }
        block.close_code();
        let Some(first) = block.lines.iter().position(|line| !line.is_empty()) else {
            return Vec::new();
        };
        let mut lines = block.lines.split_off(first);
        while lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }

    fn line(&mut self, line: &str) {
        let indent = indentation(line);
        let text = line.trim_start();
        match &self.code {
            Some(CodeBlock::Fenced(fence)) => {
                if text.starts_with(fence.as_str()) {
                    self.close_code();
                } else {
                    let base = self.base();
                    self.push(base, line.get(base.min(indent)..).unwrap_or_default());
                }
                return;
            }
            Some(CodeBlock::Indented(column)) if text.is_empty() || indent >= *column => {
                let text = line.get(*column..).unwrap_or_default();
                self.push(self.base(), text);
                return;
            }
            Some(CodeBlock::Indented(_)) => {
                self.close_code();
                self.after_blank = true;
            }
            None => {}
        }
        if text.is_empty() {
            self.after_blank = true;
            self.lines.push(String::new());
            return;
        }
        if let Some(marker) = list_marker(text) {
            while self.lists.last().is_some_and(|&column| indent < column) {
                self.lists.pop();
            }
            let base = self.base();
            let item = text.get(marker.len()..).unwrap_or_default().trim_start();
            self.push(base, &format!("{marker} {}", escape(item)));
            self.lists.push(base + marker.len() + 1);
        } else {
            if self.after_blank {
                while self.lists.last().is_some_and(|&column| indent < column) {
                    self.lists.pop();
                }
            }
            let base = self.base();
            if let Some(fence) = fence(text) {
                self.open_code(CodeBlock::Fenced(fence));
            } else if self.after_blank && indent >= base + 4 {
                self.open_code(CodeBlock::Indented(base + 4));
                self.push(base, line.get(base + 4..).unwrap_or_default());
            } else {
                self.push(base, &escape(text));
            }
        }
        self.after_blank = false;
    }

    /// Returns the text column of the innermost list item.
    fn base(&self) -> usize {
        self.lists.last().copied().unwrap_or(0)
    }

    fn push(&mut self, column: usize, text: &str) {
        self.lines.push(if text.is_empty() {
            String::new()
        } else {
            format!("{:column$}{text}", "")
        });
    }

    fn open_code(&mut self, code: CodeBlock) {
        self.code = Some(code);
        self.opened = self.lines.len();
        self.lines.push(String::new());
    }

    fn close_code(&mut self) {
        if self.code.take().is_none() {
            return;
        }
        let mut blanks = 0;
        while self.lines.len() > self.opened + 1 && self.lines.last().is_some_and(String::is_empty) {
            self.lines.pop();
            blanks += 1;
        }
        // The fence must be longer than any run of backticks inside the block.
        let code = self.lines.get(self.opened..).unwrap_or_default();
        let ticks = code
            .iter()
            .map(|line| line.trim_start().bytes().take_while(|byte| *byte == b'`').count());
        let fence = "`".repeat(ticks.max().map_or(3, |longest| longest.max(2) + 1));
        let base = self.base();
        if let Some(opened) = self.lines.get_mut(self.opened) {
            *opened = format!("{:base$}{fence}text", "");
        }
        self.push(base, &fence);
        self.lines.extend(std::iter::repeat_n(String::new(), blanks));
    }
}

fn indentation(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Returns the fence with which the line opens a code block.
fn fence(text: &str) -> Option<String> {
    let kind = text.chars().next().filter(|kind| matches!(kind, '`' | '~'))?;
    let length = text.chars().take_while(|other| *other == kind).count();
    let inline = kind == '`' && text.get(length..).is_some_and(|rest| rest.contains('`'));
    (length >= 3 && !inline).then(|| kind.to_string().repeat(length))
}

/// Returns the marker of a list item, such as `-` or `12.`.
fn list_marker(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let length = match (digits, text.as_bytes().get(digits)?) {
        (0, b'-' | b'*' | b'+') => 1,
        (1..=9, b'.' | b')') => digits + 1,
        _ => return None,
    };
    let (marker, rest) = text.split_at_checked(length)?;
    (rest.starts_with(' ') && !rest.trim().is_empty() && !is_rule(text)).then_some(marker)
}

/// A thematic break, such as `* * *`.
fn is_rule(text: &str) -> bool {
    let mut marks = text.chars().filter(|character| *character != ' ');
    let first = marks.next();
    marks.all(|mark| Some(mark) == first)
}

/// Escapes brackets and angle brackets in one line of text. Code spans that end on the line and links to URLs are kept,
/// and bare URLs become links.
fn escape(text: &str) -> String {
    let mut result = String::with_capacity(text.len() + 8);
    let mut rest = text;
    if rest.starts_with('>') {
        result.push('\\');
    }
    while let Some(character) = rest.chars().next() {
        let taken = match character {
            '`' => {
                let ticks = rest.len() - rest.trim_start_matches('`').len();
                match code_span(rest, ticks) {
                    Some(span) => {
                        result.push_str(span);
                        span.len()
                    }
                    None => {
                        result.push_str(&"\\`".repeat(ticks));
                        ticks
                    }
                }
            }
            '\\' => {
                let escaped = rest.chars().nth(1).filter(char::is_ascii_punctuation);
                result.push('\\');
                match escaped {
                    Some(escaped) => {
                        result.push(escaped);
                        2
                    }
                    // At the end of a line it would be a line break.
                    None => {
                        result.push('\\');
                        1
                    }
                }
            }
            '[' => match link(rest) {
                Some((link, length)) => {
                    result.push_str(&link);
                    length
                }
                None => {
                    result.push_str("\\[");
                    1
                }
            },
            ']' | '<' => {
                result.push('\\');
                result.push(character);
                1
            }
            'h' if starts_word(&result) && url(rest).is_some() => {
                let url = url(rest).unwrap_or_default();
                result.push('<');
                result.push_str(url);
                result.push('>');
                // A URL that was already in angle brackets keeps one pair.
                if result.ends_with(&format!("\\<<{url}>"))
                    && rest.get(url.len()..).is_some_and(|rest| rest.starts_with('>'))
                {
                    result.truncate(result.len() - url.len() - 4);
                    result.push_str(&format!("<{url}>"));
                    url.len() + 1
                } else {
                    url.len()
                }
            }
            _ => {
                result.push(character);
                character.len_utf8()
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    result
}

fn starts_word(before: &str) -> bool {
    !before.ends_with(|character: char| character.is_ascii_alphanumeric())
}

/// Returns the code span at the start, including its backticks.
fn code_span(text: &str, ticks: usize) -> Option<&str> {
    let mut at = ticks;
    loop {
        let start = at + text.get(at..)?.find('`')?;
        let run = text
            .get(start..)?
            .bytes()
            .take_while(|byte| *byte == b'`')
            .count();
        at = start + run;
        if run == ticks {
            return text.get(..at);
        }
    }
}

/// Returns the escaped `[text](https://…)` at the start, and its length.
fn link(text: &str) -> Option<(String, usize)> {
    let close = text.find(']')?;
    let label = text
        .get(1..close)
        .filter(|label| !label.contains(['[', '`', '<', '\\']))?;
    if url(label).is_some() {
        return None;
    }
    let target = text.get(close + 1..)?.strip_prefix('(')?;
    let end = target.find(')')?;
    let target = target.get(..end)?;
    let whole = url(target)? == target && !target.contains(['(', '<', '>']);
    whole.then(|| (format!("[{label}]({target})"), close + 3 + end))
}

/// Returns the URL at the start, without trailing punctuation of the sentence.
fn url(text: &str) -> Option<&str> {
    let after = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    let stop = |character: char| character.is_whitespace() || "<>\"`()[]{}|\\^".contains(character);
    let length = after.find(stop).unwrap_or(after.len());
    let end = text.len() - after.len() + length;
    let url = text
        .get(..end)?
        .trim_end_matches(['.', ',', ';', ':', '!', '?', '\'', '*', '_']);
    (url.len() > text.len() - after.len()).then_some(url)
}

#[cfg(test)]
mod tests;

//! Documented diagnostics: the first columns of the tables, and the text blocks.

use std::fmt;
use std::fs;

use super::pattern::{Pattern, words};
use super::{files, root};

/// A text of `docs/diagnostics`; `…` stands for variable parts.
pub(crate) struct Documented {
    pattern: Pattern,
    /// The text with gaps for backticked and quoted parts and for numbers, which are examples.
    loose: Pattern,
    place: String,
    text: String,
}

impl fmt::Display for Documented {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.text)
    }
}

impl Documented {
    /// Returns true if the entry or another example of it is part of a text.
    pub(crate) fn is_in(&self, text: &Text) -> bool {
        self.pattern.is_in(&text.text) || (self.loose.len() >= SENTENCE && self.loose.is_in(&text.loose))
    }

    /// Returns true if the entry certainly matches the pattern.
    pub(crate) fn is_like(&self, pattern: &Pattern) -> bool {
        self.pattern == *pattern
    }

    /// Returns true if the entry only names the subject of a text.
    pub(crate) fn covers(&self, text: &Text) -> bool {
        self.pattern.len() >= SENTENCE && self.is_in(text)
    }
}

/// Shorter fixed parts do not identify a text.
const SENTENCE: usize = 8;

/// A text, also without its examples.
pub(crate) struct Text {
    pub(crate) text: String,
    loose: String,
}

impl Text {
    pub(crate) fn new(text: &str) -> Self {
        let text = words(text);
        Self {
            loose: without_examples(&text),
            text,
        }
    }
}

pub(crate) fn all() -> Vec<Documented> {
    let folder = root().join("docs/diagnostics");
    let mut found = Vec::new();
    for path in files(&folder, ".md") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let page = fs::read_to_string(&path).unwrap();
        let mut block = false;
        for (index, line) in page.lines().enumerate() {
            let place = format!("{name}:{}", index + 1);
            let fence = line.starts_with("```") && !line[3..].contains('`');
            if fence {
                block = !block;
            } else if block {
                found.push(documented(place, line));
            } else if let Some(cells) = line.strip_prefix('|') {
                let first = cells.replace("\\|", "\u{0}");
                let first = first.split('|').next().unwrap().replace('\u{0}', "|");
                let spans = code(&first);
                found.extend(spans.into_iter().map(|span| documented(place.clone(), &span)));
            }
        }
    }
    found
}

fn documented(place: String, text: &str) -> Documented {
    let gaps = |text: &str| Pattern::new(text.split(['…', GAP]).map(str::to_owned));
    Documented {
        pattern: gaps(text),
        loose: gaps(&without_examples(text)),
        place,
        text: text.to_owned(),
    }
}

const GAP: char = '\u{1}';

/// Replaces each example in a text by a gap.
fn without_examples(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '`' | '"' => rest[1..].find(first).map(|end| end + 2),
            digit if digit.is_ascii_digit() => Some(
                rest.find(|other: char| !other.is_ascii_digit())
                    .unwrap_or(rest.len()),
            ),
            _ => None,
        };
        if let Some(end) = end {
            out.push(GAP);
            rest = &rest[end..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    words(&out)
}

/// Returns the code spans in a line of Markdown.
fn code(line: &str) -> Vec<String> {
    let mut spans = Vec::new();
    let mut rest = line;
    while let Some(open) = rest.find('`') {
        let ticks = rest[open..].len() - rest[open..].trim_start_matches('`').len();
        let (fence, inner) = (&rest[open..open + ticks], &rest[open + ticks..]);
        let close = inner
            .match_indices(fence)
            .map(|(at, _)| at)
            .find(|&at| !inner[..at].ends_with('`') && !inner[at + ticks..].starts_with('`'));
        let Some(close) = close else { break };
        spans.push(inner[..close].trim().to_owned());
        rest = &inner[close + ticks..];
    }
    spans
}

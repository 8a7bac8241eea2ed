//! Comment lines and string literals of a file.

use proc_macro2::{TokenStream, TokenTree};

/// Returns the comment lines of a file with their numbers, without the comment marker. Code blocks are left out.
pub(super) fn comment_lines<'a>(path: &str, text: &'a str) -> Vec<(usize, &'a str)> {
    let marker: fn(&str) -> Option<&str> = if path.ends_with(".rs") {
        rust_comment
    } else if path.ends_with(".toml") {
        |line| line.trim_start().strip_prefix('#')
    } else {
        |line| Some(line)
    };
    let mut in_code = false;
    let mut found = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some(comment) = marker(line).map(str::trim) else {
            in_code = false;
            continue;
        };
        if comment.starts_with("```") {
            in_code = !in_code;
        } else if !in_code && !comment.is_empty() {
            found.push((index + 1, comment));
        }
    }
    found
}

/// A line that holds nothing but a comment.
fn rust_comment(line: &str) -> Option<&str> {
    let comment = line.trim_start().strip_prefix("//")?;
    Some(comment.strip_prefix(['/', '!']).unwrap_or(comment))
}

/// Returns the string literals of Rust source with their lines; doc comments are not among them.
pub(super) fn strings(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    // A file that does not parse fails to compile elsewhere.
    if let Ok(tokens) = text.parse::<TokenStream>() {
        collect(tokens, &mut found);
    }
    found
}

fn collect(tokens: TokenStream, found: &mut Vec<(usize, String)>) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            // `doc = "…"`: a doc comment.
            TokenTree::Ident(ident)
                if ident == "doc" && tokens.next_if(|token| token.to_string() == "=").is_some() =>
            {
                tokens.next();
            }
            TokenTree::Group(group) => collect(group.stream(), found),
            TokenTree::Literal(literal) => {
                let text = literal.to_string();
                if text.contains('"') {
                    found.push((literal.span().start().line, text));
                }
            }
            _ => {}
        }
    }
}

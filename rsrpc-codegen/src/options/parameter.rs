//! Parses protoc's parameter: options separated by commas.

use super::Options;
use crate::{Diagnostic, Diagnostics};

impl Options {
    /// Parses options separated by commas, such as `client=off,extern_path=.google.api=::foo`. Commas inside
    /// parentheses, brackets, braces or double quotes do not separate. `config=rsrpc.toml` is read first, regardless of
    /// its position; other options override it or add to it.
    ///
    /// # Errors
    /// Returns every unknown option and invalid value, or the error of reading the file.
    pub fn parse(parameter: &str) -> Result<Self, Diagnostics> {
        let mut errors = Vec::new();
        let mut settings = Vec::new();
        let mut config = None;
        for option in split(parameter) {
            let option = option.trim();
            if let Some(error) = unbalanced(option) {
                errors.push(error);
                continue;
            }
            let (name, value) = match option.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (option, None),
            };
            match (name, value) {
                ("", None) => {}
                ("config", Some(path)) if !path.is_empty() && config.is_none() => config = Some(path),
                ("config", Some(path)) if !path.is_empty() => errors.push(Diagnostic::error(
                    "option `config` is given twice; merge the files into one",
                )),
                _ => settings.push((name, value)),
            }
        }
        let mut options = Self::default();
        if let Some(path) = config {
            errors.extend(options.read_config(path.as_ref()));
        }
        errors.extend(
            settings
                .into_iter()
                .filter_map(|(name, value)| options.set(name, value).err()),
        );
        if errors.is_empty() {
            Ok(options)
        } else {
            Err(Diagnostics::new(errors))
        }
    }

    /// Collects options from a file and from settings by name, such as a build script's. The file is applied first.
    ///
    /// # Errors
    /// Returns every unknown option and invalid value, or the error of reading the file.
    #[cfg(feature = "proto")]
    pub fn collect<'a>(
        config: Option<&std::path::Path>,
        settings: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Diagnostics> {
        let mut options = Self::default();
        let mut errors = config.map_or_else(Vec::new, |path| options.read_config(path));
        errors.extend(
            settings
                .into_iter()
                .filter_map(|(name, value)| options.set(name, Some(value)).err()),
        );
        if errors.is_empty() {
            Ok(options)
        } else {
            Err(Diagnostics::new(errors))
        }
    }

    #[cfg(feature = "config")]
    fn read_config(&mut self, path: &std::path::Path) -> Vec<Diagnostic> {
        self.read_file(path)
    }

    #[cfg(not(feature = "config"))]
    fn read_config(&mut self, _: &std::path::Path) -> Vec<Diagnostic> {
        vec![Diagnostic::error(
            "option `config` requires the Cargo feature `config`",
        )]
    }
}

/// Splits at commas outside of brackets and quotes.
fn split(parameter: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut nesting = BracketNesting::default();
    for (at, character) in parameter.char_indices() {
        if character == ',' && nesting.is_outside() {
            parts.extend(parameter.get(start..at));
            start = at + 1;
            nesting = BracketNesting::default();
        } else {
            nesting.read(character);
        }
    }
    parts.extend(parameter.get(start..));
    parts
}

/// The open brackets and quotes at a position of the text.
#[derive(Default)]
struct BracketNesting {
    brackets: Vec<char>,
    quoted: bool,
    escaped: bool,
    /// A closing bracket without an opening one.
    stray: Option<char>,
}

impl BracketNesting {
    fn is_outside(&self) -> bool {
        self.brackets.is_empty() && !self.quoted
    }

    fn read(&mut self, character: char) {
        if self.quoted {
            match character {
                _ if std::mem::take(&mut self.escaped) => {}
                '\\' => self.escaped = true,
                '"' => self.quoted = false,
                _ => {}
            }
            return;
        }
        match character {
            '"' => self.quoted = true,
            '(' | '[' | '{' => self.brackets.push(character),
            ')' | ']' | '}' => {
                let opener = match character {
                    ')' => '(',
                    ']' => '[',
                    _ => '{',
                };
                if self.brackets.last() == Some(&opener) {
                    self.brackets.pop();
                } else {
                    self.stray.get_or_insert(character);
                }
            }
            _ => {}
        }
    }
}

/// Reports unbalanced brackets, which would merge several options into one.
fn unbalanced(option: &str) -> Option<Diagnostic> {
    let mut nesting = BracketNesting::default();
    option.chars().for_each(|character| nesting.read(character));
    let what = match (nesting.stray, nesting.quoted, nesting.brackets.last()) {
        (Some(stray), ..) => format!("a `{stray}` without an opening bracket"),
        (None, true, _) => "a `\"` that is not closed".to_owned(),
        (None, false, Some(open)) => format!("a `{open}` that is not closed"),
        (None, false, None) => return None,
    };
    Some(Diagnostic::error(format!(
        "`{option}` has {what}; a comma separates options only outside of brackets and quotes"
    )))
}

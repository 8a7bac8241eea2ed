//! Reads `rsrpc.toml`: options by name, with lists as arrays and pairs as tables.

use std::ops::Range;
use std::path::Path;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::Options;
use super::definition::{OptionDefinition, OptionKind};
use super::set::{invalid_value, unknown_option};
use crate::Diagnostic;

impl Options {
    /// Applies a file of options on top of these.
    pub(super) fn read_file(&mut self, path: &Path) -> Vec<Diagnostic> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => self.read_toml(&name, &text),
            Err(error) => vec![Diagnostic::error(format!(
                "option `config`: cannot read `{name}`: {error}"
            ))],
        }
    }

    pub(super) fn read_toml(&mut self, file: &str, text: &str) -> Vec<Diagnostic> {
        let table = match DeTable::parse(text) {
            Ok(table) => table.into_inner(),
            Err(error) => {
                let message = error.message().lines().collect::<Vec<_>>().join("; ");
                let at = error.span().unwrap_or_default();
                return vec![locate(Diagnostic::error(message), file, text, at)];
            }
        };
        let mut errors = Vec::new();
        for (key, value) in in_source_order(&table) {
            let Some(definition) = OptionDefinition::named(key.get_ref()) else {
                errors.push((key.span(), unknown_option(key.get_ref())));
                continue;
            };
            if !definition.is_in_file() {
                let message = "an options file cannot include another; set `config` in protoc's parameter or in \
                               the build script";
                errors.push((key.span(), Diagnostic::error(message)));
                continue;
            }
            let mut settings = Vec::new();
            match read(definition, value, &mut settings) {
                Ok(()) => errors.extend(settings.into_iter().filter_map(|(at, value)| {
                    let error = self.set(definition.name, Some(&value)).err()?;
                    Some((at, error))
                })),
                Err((at, found)) => errors.push((at, invalid_value(definition, &found))),
            }
        }
        errors
            .into_iter()
            .map(|(at, error)| locate(error, file, text, at))
            .collect()
    }
}

/// The span of an invalid value, and its description.
type InvalidValue = (Range<usize>, String);
/// Values in the form of protoc's parameter, each with its span.
type Settings = Vec<(Range<usize>, String)>;

/// Reads the values of one option.
fn read(
    definition: &OptionDefinition,
    value: &Spanned<DeValue<'_>>,
    into: &mut Settings,
) -> Result<(), InvalidValue> {
    let at = value.span();
    match (definition.kind, value.get_ref()) {
        (OptionKind::Switch(_), DeValue::Boolean(on)) => {
            into.push((at, if *on { "on" } else { "off" }.to_owned()))
        }
        (OptionKind::ModFile, DeValue::Boolean(false)) => into.push((at, "off".to_owned())),
        (OptionKind::ExternPath, DeValue::Table(table)) => read_pairs(table, into)?,
        (OptionKind::ExternPath, DeValue::Array(array)) => {
            for entry in array {
                read_records(entry, "rust", into)?;
            }
        }
        (OptionKind::Attributes(_), DeValue::Table(table)) => read_pairs(table, into)?,
        (OptionKind::Attributes(_), DeValue::Array(array)) => {
            for entry in array {
                read_records(entry, "attribute", into)?;
            }
        }
        (OptionKind::Paths(_) | OptionKind::Packages(_), DeValue::Array(array)) => {
            for entry in array {
                into.push((entry.span(), string(entry)?.to_owned()));
            }
        }
        (OptionKind::ExternPath | OptionKind::Attributes(_), _) => return Err(invalid(value)),
        _ => into.push((at, string(value)?.to_owned())),
    }
    Ok(())
}

/// Reads `".a.B" = "value"`, or an array of values.
fn read_pairs(table: &DeTable<'_>, into: &mut Settings) -> Result<(), InvalidValue> {
    for (path, value) in in_source_order(table) {
        let path = path.get_ref();
        match value.get_ref() {
            DeValue::Array(array) => {
                for entry in array {
                    into.push((entry.span(), format!("{path}={}", string(entry)?)));
                }
            }
            _ => into.push((value.span(), format!("{path}={}", string(value)?))),
        }
    }
    Ok(())
}

/// Reads `{ path = ".a.B", attribute = "value" }`.
fn read_records(entry: &Spanned<DeValue<'_>>, second: &str, into: &mut Settings) -> Result<(), InvalidValue> {
    let DeValue::Table(table) = entry.get_ref() else {
        return Err(invalid(entry));
    };
    let mut found = [None, None];
    for (key, value) in in_source_order(table) {
        let index = match key.get_ref().as_ref() {
            "path" => 0,
            name if name == second => 1,
            name => {
                return Err((
                    key.span(),
                    format!("a table with the key `{name}` besides `path` and `{second}`"),
                ));
            }
        };
        found[index] = Some(string(value)?);
    }
    let [Some(path), Some(value)] = found else {
        return Err((entry.span(), format!("a table without `path` and `{second}`")));
    };
    into.push((entry.span(), format!("{path}={value}")));
    Ok(())
}

fn string<'a>(value: &'a Spanned<DeValue<'_>>) -> Result<&'a str, InvalidValue> {
    value.get_ref().as_str().ok_or_else(|| invalid(value))
}

fn invalid(value: &Spanned<DeValue<'_>>) -> InvalidValue {
    let found = match value.get_ref() {
        DeValue::String(text) => format!("`{text}`"),
        DeValue::Integer(_) => "an integer".to_owned(),
        DeValue::Float(_) => "a float".to_owned(),
        DeValue::Boolean(value) => format!("`{value}`"),
        DeValue::Datetime(_) => "a date".to_owned(),
        DeValue::Array(_) => "an array".to_owned(),
        DeValue::Table(_) => "a table".to_owned(),
    };
    (value.span(), found)
}

/// Returns the entries in source order, in which attributes are written.
fn in_source_order<'t, 'i>(
    table: &'t DeTable<'i>,
) -> Vec<(&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Adds line and column of a position, both counted from 1 and the column in characters.
fn locate(error: Diagnostic, file: &str, text: &str, at: Range<usize>) -> Diagnostic {
    let before = text.get(..at.start).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let column = before.get(line_start..).unwrap_or("").chars().count();
    error
        .in_file(file)
        .at(before.matches('\n').count() + 1, column + 1)
}

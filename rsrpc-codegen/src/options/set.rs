//! Sets options by name and validates their values.

use super::definition::{DEFINITIONS, OptionDefinition, OptionKind};
use super::{Layout, Messages, Options};
use crate::{Diagnostic, naming};

impl Options {
    /// Sets one option by its name. A switch without a value is on.
    ///
    /// # Errors
    /// Returns an error for an unknown option or an invalid value.
    pub fn set(&mut self, name: &str, value: Option<&str>) -> Result<(), Diagnostic> {
        let Some(definition) = OptionDefinition::named(name) else {
            return Err(unknown_option(name));
        };
        let invalid = || invalid_or_missing(definition, value);
        match definition.kind {
            OptionKind::Switch(place) => {
                let on = match value {
                    None | Some("on") => true,
                    Some("off") => false,
                    Some(_) => return Err(invalid()),
                };
                *place(self) = on;
                self.explicit.retain(|explicit| *explicit != definition.name);
                if on {
                    self.explicit.push(definition.name);
                }
            }
            OptionKind::Messages => {
                self.messages = match value {
                    Some("prost") => Messages::Prost,
                    Some("none") => Messages::None,
                    _ => return Err(invalid()),
                }
            }
            OptionKind::Layout => {
                self.layout = match value {
                    Some("package") => Layout::Package,
                    Some("file") => Layout::File,
                    _ => return Err(invalid()),
                }
            }
            OptionKind::ExternPath => {
                let (proto, rust) = pair(value).ok_or_else(invalid)?;
                if !is_full_path(proto) || syn::parse_str::<syn::Type>(rust).is_err() {
                    return Err(invalid());
                }
                if self.extern_path.iter().any(|(known, _)| known == proto) {
                    return Err(Diagnostic::error(format!(
                        "option `extern_path` is given twice for `{proto}`"
                    )));
                }
                self.extern_path.push((proto.to_owned(), rust.to_owned()));
            }
            OptionKind::Paths(place) => {
                let path = value.filter(|path| is_path(path)).ok_or_else(invalid)?;
                place(self).push(path.to_owned());
            }
            OptionKind::Attributes(place) => {
                let (path, attribute) = pair(value).ok_or_else(invalid)?;
                if !is_path(path) {
                    return Err(invalid());
                }
                is_attribute(attribute).map_err(|reason| {
                    Diagnostic::error(format!(
                        "option `{name}` for `{path}`: `{attribute}` is not a Rust attribute such as \
                         `#[derive(Eq)]`{reason}"
                    ))
                })?;
                place(self).push((path.to_owned(), attribute.to_owned()));
            }
            OptionKind::Feature(place) => {
                let feature = value.filter(|name| is_feature(name)).ok_or_else(invalid)?;
                *place(self) = Some(feature.to_owned());
            }
            OptionKind::RuntimePath => {
                let is_rust_path = |path: &&str| syn::parse_str::<syn::Path>(path).is_ok();
                let path = value.filter(is_rust_path).ok_or_else(invalid)?;
                self.runtime_path = path.to_owned();
            }
            OptionKind::ModFile => {
                self.mod_file = match value {
                    Some("off") => None,
                    Some(name) if is_file_name(name) => Some(name.to_owned()),
                    _ => return Err(invalid()),
                }
            }
            OptionKind::Packages(place) => {
                let package = value.map(|package| package.strip_prefix('.').unwrap_or(package));
                let package = package.filter(|package| is_name(package)).ok_or_else(invalid)?;
                place(self).push(package.to_owned());
            }
            // The parser handles a valid `config` before it gets here.
            OptionKind::Config => return Err(invalid()),
        }
        Ok(())
    }

    /// Validates fields that were set directly rather than by [`set`](Self::set).
    pub(super) fn check_values(&self) -> Vec<Diagnostic> {
        let mut again = Self::default();
        let mut errors = Vec::new();
        for definition in DEFINITIONS {
            for value in self.values(definition) {
                errors.extend(again.set(definition.name, Some(&value)).err());
            }
        }
        errors
    }

    /// Returns the values of an option that need validation, in the form of protoc's parameter.
    fn values(&self, definition: &OptionDefinition) -> Vec<String> {
        // The table only gives mutable access.
        let mut copy = self.clone();
        let joined = |pairs: &mut Vec<(String, String)>| {
            let pairs = pairs.iter().map(|(path, value)| format!("{path}={value}"));
            pairs.collect()
        };
        match definition.kind {
            OptionKind::Switch(_) | OptionKind::Messages | OptionKind::Layout | OptionKind::Config => {
                Vec::new()
            }
            OptionKind::ExternPath => joined(&mut copy.extern_path),
            OptionKind::Attributes(place) => joined(place(&mut copy)),
            OptionKind::Paths(place) | OptionKind::Packages(place) => std::mem::take(place(&mut copy)),
            OptionKind::Feature(place) => place(&mut copy).take().into_iter().collect(),
            OptionKind::RuntimePath => vec![copy.runtime_path],
            OptionKind::ModFile => copy.mod_file.into_iter().collect(),
        }
    }
}

pub(super) fn unknown_option(name: &str) -> Diagnostic {
    let known: Vec<_> = DEFINITIONS.iter().map(|definition| definition.name).collect();
    Diagnostic::error(format!(
        "unknown option `{name}`; the options are {}",
        known.join(", ")
    ))
}

fn invalid_or_missing(definition: &OptionDefinition, value: Option<&str>) -> Diagnostic {
    let found = value.map_or_else(|| "nothing".to_owned(), |value| format!("`{value}`"));
    invalid_value(definition, &found)
}

/// Returns the error for an invalid value; `found` is shown unquoted.
pub(super) fn invalid_value(definition: &OptionDefinition, found: &str) -> Diagnostic {
    let valid = match definition.kind {
        OptionKind::Packages(_) => "the name of a package".to_owned(),
        OptionKind::Feature(_) => "the name of a Cargo feature".to_owned(),
        OptionKind::Config => "the path of a file".to_owned(),
        OptionKind::Switch(_) | OptionKind::Messages | OptionKind::Layout | OptionKind::ModFile => {
            let values: Vec<_> = definition
                .value
                .split('|')
                .map(|value| format!("`{value}`"))
                .collect();
            values.join(" or ")
        }
        _ => format!("`{}`", definition.value),
    };
    Diagnostic::error(format!("option `{}` takes {valid}, not {found}", definition.name))
}

/// Splits `path=value`. A proto path cannot contain `=`.
fn pair(value: Option<&str>) -> Option<(&str, &str)> {
    value?.split_once('=')
}

/// Returns whether the path has the form `a.b.C`.
fn is_name(path: &str) -> bool {
    path.split('.').all(naming::is_identifier)
}

/// Returns whether the path has the form `.a.b.C`.
fn is_full_path(path: &str) -> bool {
    path.strip_prefix('.').is_some_and(is_name)
}

/// Returns whether the path is valid in prost: `.` for everything, `.a.b` for everything below, `B.c` for a suffix.
fn is_path(path: &str) -> bool {
    path == "." || is_full_path(path) || is_name(path)
}

/// Checks that the text is one or more outer attributes. The error holds the reason, if known.
fn is_attribute(text: &str) -> Result<(), String> {
    use syn::parse::Parser as _;

    match syn::Attribute::parse_outer.parse_str(text) {
        Ok(attributes) if attributes.is_empty() => Err(String::new()),
        Ok(attributes) if attributes.iter().any(|each| each.path().is_ident("prost")) => {
            Err("; `#[prost]` is reserved for the generator".to_owned())
        }
        Ok(_) => Ok(()),
        Err(error) if text.starts_with('#') => Err(format!(": {error}")),
        Err(_) => Err(String::new()),
    }
}

/// Returns whether the name is a valid Cargo feature, restricted to ASCII.
fn is_feature(name: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_-+.".contains(&byte);
    name.bytes().all(valid)
        && name
            .bytes()
            .next()
            .is_some_and(|first| first == b'_' || first.is_ascii_alphanumeric())
}

/// Returns whether the name is that of a Rust file without a directory.
fn is_file_name(name: &str) -> bool {
    let valid = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let stem = name.strip_suffix(".rs").unwrap_or("");
    !stem.is_empty() && !stem.starts_with('.') && stem.bytes().all(valid)
}

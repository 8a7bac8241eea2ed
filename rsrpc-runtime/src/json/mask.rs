//! `google.protobuf.FieldMask`: paths in lowerCamelCase, joined by commas.
//!
//! Paths that do not round-trip are errors (field_mask.proto, "JSON Encoding of Field Masks").

use prost_types::FieldMask;
use serde_core::de::{Deserializer, Visitor};
use serde_core::ser::Error as _;
use serde_core::{Serializer, de};

use super::scalar::scalar;
use super::scope::{Scope, invalid, truncate_name};
use super::value::{Json, Parsed, Shape};

/// Appends the lowerCamelCase form of a path. Returns `None` for upper-case letters, and for underscores that do not
/// precede a lower-case letter.
fn push_camel(path: &str, output: &mut String) -> Option<()> {
    let mut characters = path.chars();
    while let Some(character) = characters.next() {
        match character {
            '_' => output.push(
                characters
                    .next()
                    .filter(char::is_ascii_lowercase)?
                    .to_ascii_uppercase(),
            ),
            'A'..='Z' => return None,
            other => output.push(other),
        }
    }
    Some(())
}

/// Returns the snake_case form of a path; `None` if it contains underscores.
fn snake(path: &str) -> Option<String> {
    let mut output = String::with_capacity(path.len() + 4);
    for character in path.chars() {
        match character {
            '_' => return None,
            'A'..='Z' => {
                output.push('_');
                output.push(character.to_ascii_lowercase());
            }
            other => output.push(other),
        }
    }
    Some(output)
}

struct MaskVisitor;

impl Visitor<'_> for MaskVisitor {
    type Value = Option<FieldMask>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string of field paths")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.is_empty() {
            return Ok(Some(FieldMask::default()));
        }
        let path = |path| snake(path).ok_or_else(|| invalid(path, "is not a lowerCamelCase path"));
        let paths = text.split(',').map(path).collect::<Result<_, _>>()?;
        Ok(Some(FieldMask { paths }))
    }
}

impl Json for FieldMask {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, scalar(input, MaskVisitor)?))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        let mut text = String::new();
        for (index, path) in self.paths.iter().enumerate() {
            if index > 0 {
                text.push(',');
            }
            if path.contains(',') || push_camel(path, &mut text).is_none() {
                return Err(S::Error::custom(format_args!(
                    "the path {} has no lowerCamelCase form",
                    truncate_name(path)
                )));
            }
        }
        output.serialize_str(&text)
    }
}

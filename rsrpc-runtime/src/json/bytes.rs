//! `bytes` as base64.
//!
//! ProtoJSON: written with the standard alphabet and padding. "Either standard or URL-safe base64 encoding with/without
//! paddings are accepted".

use base64::Engine;
use base64::alphabet::{STANDARD, URL_SAFE};
use base64::display::Base64Display;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use serde_core::de::{Deserializer, Visitor};
use serde_core::{Serializer, de};

use super::scalar::scalar;
use super::scope::{Scope, invalid};
use super::value::{Json, Parsed, Shape};

/// Accepts non-zero unused bits in the last character, like other implementations and the conformance suite.
const LENIENT: GeneralPurposeConfig = GeneralPurposeConfig::new()
    .with_decode_padding_mode(DecodePaddingMode::Indifferent)
    .with_decode_allow_trailing_bits(true);
const STANDARD_LENIENT: GeneralPurpose = GeneralPurpose::new(&STANDARD, LENIENT);
const URL_SAFE_LENIENT: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, LENIENT);

struct BytesVisitor;

impl Visitor<'_> for BytesVisitor {
    type Value = Option<Vec<u8>>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a base64 string")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        decode(text)
            .map(Some)
            .ok_or_else(|| invalid(text, "is not base64"))
    }
}

pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let engine = if text.contains(['-', '_']) {
        URL_SAFE_LENIENT
    } else {
        STANDARD_LENIENT
    };
    engine.decode(text).ok()
}

fn write<S: Serializer>(bytes: &[u8], output: S) -> Result<S::Ok, S::Error> {
    output.collect_str(&Base64Display::new(
        bytes,
        &base64::engine::general_purpose::STANDARD,
    ))
}

impl Json for Vec<u8> {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, scalar(input, BytesVisitor)?))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write(self, output)
    }

    fn is_default(&self) -> bool {
        self.is_empty()
    }
}

impl Json for Bytes {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, scalar(input, BytesVisitor)?.map(Bytes::from)))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write(self, output)
    }

    fn is_default(&self) -> bool {
        self.is_empty()
    }
}

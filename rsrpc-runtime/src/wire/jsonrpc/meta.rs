//! The `meta` member: a call's metadata and deadline inside its request object, for transports without headers.

use std::time::Duration;

use base64::Engine as _;
use http::HeaderValue;

use super::json_scanner::{JsonScanner, RawString};
use crate::call::{BASE64, Metadata, MetadataError};
use crate::wire::timeout::parse_timeout;

/// Maximum size of the metadata in bytes, the same as for HTTP/2 headers. Counts the name, the value and
/// [`PAIR_OVERHEAD_BYTES`] for each pair. A `HeaderMap` panics when it grows too large.
const MAX_META_BYTES: usize = 16 << 10;
/// Bytes counted for each pair in addition to its name and value.
const PAIR_OVERHEAD_BYTES: usize = 32;

/// The parsed `meta` member: `"meta":{"k":"v"|["v",…]}`.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Meta {
    /// Metadata that replaces the transport's entries with the same keys.
    pub(crate) metadata: Metadata,
    /// The `grpc-timeout` entry. `Some(None)` if its value is invalid.
    pub(crate) timeout: Option<Option<Duration>>,
}

impl Meta {
    /// Parses the value of the member, which must be valid JSON. A value of any other shape is ignored.
    pub(crate) fn parse(value: &str) -> Self {
        Self::read(value).unwrap_or_default()
    }

    /// Adds the entries to `metadata`, replacing entries with the same keys.
    pub(crate) fn apply(self, metadata: &mut Metadata) {
        for key in self.metadata.as_headers().keys() {
            metadata.remove(key.as_str());
        }
        metadata.merge(self.metadata);
    }

    fn read(value: &str) -> Option<Self> {
        let mut meta = Self::default();
        let mut is_valid = true;
        let mut room = MAX_META_BYTES;
        let mut scanner = JsonScanner::new(value);
        scanner
            .object(0, |key, value| {
                is_valid = is_valid && meta.add(&key.text(), value, &mut room).is_some();
            })
            .ok()?;
        is_valid.then_some(meta)
    }

    fn add(&mut self, key: &str, value: &str, room: &mut usize) -> Option<()> {
        // At least as large as the decoded entry, without the overhead of each pair.
        *room = room.checked_sub(key.len() + value.len())?;
        let mut values = Vec::new();
        if value.starts_with('[') {
            let mut scanner = JsonScanner::new(value);
            scanner
                .array(|scanner| {
                    values.push(scanner.value(1)?);
                    Ok(())
                })
                .ok()?;
        } else {
            values.push(value);
        }
        let texts: Option<Vec<_>> = values.into_iter().map(RawString::of_value).collect();
        let texts: Vec<_> = texts?.iter().map(RawString::text).collect();
        if key.eq_ignore_ascii_case("grpc-timeout") {
            self.timeout = Some(match texts.as_slice() {
                [text] => HeaderValue::from_str(text)
                    .ok()
                    .and_then(|value| parse_timeout(&value).ok()),
                _ => None,
            });
            return Some(());
        }
        self.metadata.remove(key);
        *room = room.checked_sub(texts.len() * PAIR_OVERHEAD_BYTES)?;
        for text in texts {
            let added = if key.to_ascii_lowercase().ends_with("-bin") {
                self.metadata.append_bin(key, BASE64.decode(&*text).ok()?)
            } else {
                self.metadata.append(key, &text)
            };
            match added {
                // Reserved keys belong to the protocols, so a caller cannot set them.
                Ok(()) | Err(MetadataError::ReservedKey(_)) => {}
                Err(_) => return None,
            }
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(value: &str, expected: &[(&str, &str)]) {
        let meta = Meta::parse(value);
        let entries: Vec<_> = meta
            .metadata
            .iter()
            .map(|(key, value)| (key, std::str::from_utf8(value).unwrap()))
            .collect();
        assert_eq!(entries, expected, "{value}");
    }

    #[test]
    fn entries_are_parsed() {
        check(r#"{"k":"v"}"#, &[("k", "v")]);
        check(
            r#"{"K" : [ "v" , "w" ], "a-bin":"AAE="}"#,
            &[("k", "v"), ("k", "w"), ("a-bin", "AAE")],
        );
        check(r#"{"\u006b":"\u0076"}"#, &[("k", "v")]);
        check(r#"{"k":"v","k":"w"}"#, &[("k", "w")]);
        check(r#"{"grpc-status":"0","host":"x","k":"v"}"#, &[("k", "v")]);
        check(r#"{"k":[]}"#, &[]);
    }

    #[test]
    fn other_shapes_are_ignored() {
        for other in [
            "null",
            "[]",
            "\"k\"",
            "7",
            r#"{"k":1}"#,
            r#"{"a":"b","k":["v",1]}"#,
            r#"{"a":"b","k":{"l":"v"}}"#,
            r#"{"a":"b","ü":"v"}"#,
            r#"{"a":"b","k":"ü"}"#,
            r#"{"a":"b","k":"v\r\nx: y"}"#,
            r#"{"a":"b","k-bin":"!"}"#,
        ] {
            check(other, &[]);
        }
    }

    /// `HeaderMap` panics at 2^15 names. A caller must not be able to reach that limit.
    #[test]
    fn oversized_meta_is_ignored() {
        let keys = |count: usize| {
            let entries: Vec<_> = (0..count).map(|key| format!("\"{key}\":\"\"")).collect();
            Meta::parse(&format!("{{{}}}", entries.join(","))).metadata.len()
        };
        assert_eq!(keys(400), 400);
        assert_eq!(keys(40_000), 0);
        let values = |count: usize| {
            let values = vec!["\"\""; count].join(",");
            Meta::parse(&format!("{{\"k\":[{values}]}}")).metadata.len()
        };
        assert_eq!(values(400), 400);
        assert_eq!(values(40_000), 0);
        let long = |length: usize| {
            Meta::parse(&format!("{{\"k\":\"{}\"}}", "v".repeat(length)))
                .metadata
                .len()
        };
        assert_eq!(long(16_000), 1);
        assert_eq!(long(17_000), 0);
    }

    #[test]
    fn timeouts_are_validated() {
        let check = |value, expected| {
            let value = format!("{{\"grpc-timeout\":{value}}}");
            assert_eq!(Meta::parse(&value).timeout, expected, "{value}");
        };
        check("\"500m\"", Some(Some(Duration::from_millis(500))));
        check("[\"1S\"]", Some(Some(Duration::from_secs(1))));
        check("\"500\"", Some(None));
        check("\"\"", Some(None));
        check("[\"1S\",\"2S\"]", Some(None));
        assert_eq!(Meta::parse("{}").timeout, None);
    }

    #[test]
    fn entries_replace_transport_metadata() {
        let mut metadata = Metadata::new();
        metadata.append("k", "old").unwrap();
        metadata.append("k", "older").unwrap();
        metadata.append("l", "kept").unwrap();
        Meta::parse(r#"{"k":"new"}"#).apply(&mut metadata);
        assert_eq!(metadata.get_all("k").collect::<Vec<_>>(), ["new"]);
        assert_eq!(metadata.get("l"), Some("kept"));
    }
}

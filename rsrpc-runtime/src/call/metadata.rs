//! Call metadata.

use std::fmt;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::Status;

/// Base64 for `-bin` values: encodes without padding, decodes with or without, as gRPC's protocol specification
/// requires.
pub(crate) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Keys reserved by the protocols, in addition to every key that starts with `grpc-`.
const RESERVED_KEYS: [&str; 9] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "host",
    "keep-alive",
    "te",
    "transfer-encoding",
    "upgrade",
];

/// Call metadata: a multimap from lower-case ASCII keys to ASCII text, or to bytes for keys that end in `-bin`.
///
/// Specified by [gRPC over HTTP/2](https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md), `Custom-Metadata`.
///
/// ```
/// use rsrpc_runtime::Metadata;
///
/// let mut metadata = Metadata::new();
/// metadata.insert("tenant", "blue")?;
/// metadata.insert_bin("trace-bin", [1, 2, 3])?;
/// assert_eq!(metadata.get("tenant"), Some("blue"));
/// assert_eq!(metadata.get_bin("trace-bin").as_deref(), Some(&[1, 2, 3][..]));
/// # Ok::<(), rsrpc_runtime::MetadataError>(())
/// ```
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata {
    map: HeaderMap,
}

/// An invalid metadata key or value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MetadataError {
    /// The key is empty or contains characters other than `a-z 0-9 _ - .` (upper case is folded).
    #[error("invalid metadata key {0:?}: use only a-z, 0-9, '_', '-' and '.'")]
    InvalidKey(String),
    /// The key is reserved by the protocol.
    #[error("metadata key {0:?} is reserved by the protocol")]
    ReservedKey(String),
    /// A text value was set for a key that ends in `-bin`. Use the method with the suffix `_bin`.
    #[error("metadata key {0:?} ends in \"-bin\": set its value as bytes")]
    UnexpectedBinSuffix(String),
    /// A binary value was set for a key that does not end in `-bin`.
    #[error("metadata key {0:?} has a binary value: add the suffix \"-bin\"")]
    MissingBinSuffix(String),
    /// The value contains characters other than printable ASCII, or starts or ends with a space.
    #[error(
        "invalid value of metadata key {0:?}: not printable ASCII; use a key that ends in \"-bin\" for other data"
    )]
    InvalidValue(String),
    /// The response headers have already been sent.
    #[error("the response headers have already been sent")]
    HeadersSent,
}

impl From<MetadataError> for Status {
    /// Converts to INTERNAL, since invalid metadata is a mistake in this program.
    fn from(error: MetadataError) -> Self {
        Status::internal(error.to_string()).with_source(error)
    }
}

impl Metadata {
    /// Creates empty metadata without allocating.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns a static empty value.
    pub(crate) fn empty() -> &'static Self {
        static EMPTY: LazyLock<Metadata> = LazyLock::new(Metadata::new);
        &EMPTY
    }

    /// Returns the first value of a text key; `None` if the value is not ASCII text.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.map.get(key)?.to_str().ok()
    }

    /// Returns every value of a text key, in order.
    pub fn get_all<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.map
            .get_all(key)
            .into_iter()
            .filter_map(|value| value.to_str().ok())
    }

    /// Returns the first value of a `-bin` key; `None` if the value is not valid base64.
    pub fn get_bin(&self, key: &str) -> Option<Vec<u8>> {
        self.get_all_bin(key).next()
    }

    /// Returns every value of a `-bin` key, in order. One header may hold several values, separated by commas.
    pub fn get_all_bin<'a>(&'a self, key: &str) -> impl Iterator<Item = Vec<u8>> + use<'a> {
        let joined = self.map.get_all(key).into_iter();
        joined
            .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
            .filter_map(|one| BASE64.decode(one.trim_ascii()).ok())
    }

    /// Sets a text key to one value, replacing any previous values.
    ///
    /// # Errors
    /// The key or the value is invalid; see [`MetadataError`].
    pub fn insert(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let (key, value) = text_entry(key, value)?;
        self.map.insert(key, value);
        Ok(())
    }

    /// Adds a value to a text key.
    ///
    /// # Errors
    /// The key or the value is invalid; see [`MetadataError`].
    pub fn append(&mut self, key: &str, value: &str) -> Result<(), MetadataError> {
        let (key, value) = text_entry(key, value)?;
        self.map.append(key, value);
        Ok(())
    }

    /// Sets a `-bin` key to one value, replacing any previous values.
    ///
    /// # Errors
    /// The key is invalid; see [`MetadataError`].
    pub fn insert_bin(&mut self, key: &str, value: impl AsRef<[u8]>) -> Result<(), MetadataError> {
        let (key, value) = binary_entry(key, value.as_ref())?;
        self.map.insert(key, value);
        Ok(())
    }

    /// Adds a value to a `-bin` key.
    ///
    /// # Errors
    /// The key is invalid; see [`MetadataError`].
    pub fn append_bin(&mut self, key: &str, value: impl AsRef<[u8]>) -> Result<(), MetadataError> {
        let (key, value) = binary_entry(key, value.as_ref())?;
        self.map.append(key, value);
        Ok(())
    }

    /// Removes every value of a key. Returns whether the key was present.
    pub fn remove(&mut self, key: &str) -> bool {
        self.map.remove(key).is_some()
    }

    /// Returns whether a key has a value.
    pub fn contains_key(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// Returns the number of values.
    pub fn len(&self) -> usize {
        self.map.len()
    }

    /// Returns whether the metadata is empty.
    pub fn is_empty(&self) -> bool {
        self.map.is_empty()
    }

    /// Returns every key with each of its values in wire form: base64 for `-bin` keys.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[u8])> {
        self.map
            .iter()
            .map(|(key, value)| (key.as_str(), value.as_bytes()))
    }

    /// Adds every entry of `other` and keeps existing values.
    pub fn merge(&mut self, other: Metadata) {
        append_all(&mut self.map, other.map);
    }

    /// Wraps the headers of a request or response, including those of the protocol.
    pub fn from_headers(map: HeaderMap) -> Self {
        Self { map }
    }

    /// Converts into headers.
    pub fn into_headers(self) -> HeaderMap {
        self.map
    }

    /// Returns the headers for values that need no validation.
    pub(crate) fn headers_mut(&mut self) -> &mut HeaderMap {
        &mut self.map
    }

    /// Returns the headers.
    pub fn as_headers(&self) -> &HeaderMap {
        &self.map
    }
}

/// Adds headers without replacing those of the same name, unlike `HeaderMap::extend`.
pub(crate) fn append_all(headers: &mut HeaderMap, added: HeaderMap) {
    if headers.is_empty() {
        *headers = added;
        return;
    }
    let mut name = None;
    for (next, value) in added {
        // `HeaderMap` yields the name only with the first of several values.
        name = next.or(name);
        if let Some(name) = &name {
            headers.append(name, value);
        }
    }
}

impl fmt::Debug for Metadata {
    /// Hides the values of `authorization` and cookies.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = |(key, value): (&HeaderName, &HeaderValue)| match key.as_str() {
            "authorization" | "proxy-authorization" | "cookie" | "set-cookie" => {
                (key.clone(), HeaderValue::from_static("(hidden)"))
            }
            _ => (key.clone(), value.clone()),
        };
        f.debug_map().entries(self.map.iter().map(shown)).finish()
    }
}

fn parse_key(name: &str) -> Result<HeaderName, MetadataError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.');
    if name.is_empty() || !name.bytes().all(allowed) {
        return Err(MetadataError::InvalidKey(name.to_owned()));
    }
    let key =
        HeaderName::from_bytes(name.as_bytes()).map_err(|_| MetadataError::InvalidKey(name.to_owned()))?;
    if key.as_str().starts_with("grpc-") || RESERVED_KEYS.contains(&key.as_str()) {
        return Err(MetadataError::ReservedKey(name.to_owned()));
    }
    Ok(key)
}

fn text_entry(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), MetadataError> {
    let key = parse_key(name)?;
    if key.as_str().ends_with("-bin") {
        return Err(MetadataError::UnexpectedBinSuffix(name.to_owned()));
    }
    let printable =
        value.bytes().all(|byte| matches!(byte, b' '..=b'~')) && value.trim_matches(' ').len() == value.len();
    match HeaderValue::from_str(value) {
        Ok(value) if printable => Ok((key, value)),
        _ => Err(MetadataError::InvalidValue(name.to_owned())),
    }
}

fn binary_entry(name: &str, value: &[u8]) -> Result<(HeaderName, HeaderValue), MetadataError> {
    let key = parse_key(name)?;
    if !key.as_str().ends_with("-bin") {
        return Err(MetadataError::MissingBinSuffix(name.to_owned()));
    }
    let value = HeaderValue::try_from(BASE64.encode(value))
        .map_err(|_| MetadataError::InvalidValue(name.to_owned()))?;
    Ok((key, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merge_keeps_every_value() {
        let metadata = |entries: &[(&str, &str)]| {
            let mut metadata = Metadata::new();
            for (key, value) in entries {
                metadata.append(key, value).unwrap();
            }
            metadata
        };
        let mut merged = metadata(&[("a", "1"), ("b", "2")]);
        merged.merge(metadata(&[("b", "3"), ("b", "4"), ("c", "5")]));
        assert_eq!(
            merged,
            metadata(&[("a", "1"), ("b", "2"), ("b", "3"), ("b", "4"), ("c", "5")])
        );
    }

    #[test]
    fn invalid_keys_and_values_are_rejected() {
        let check = |key: &str, value: &str, expected: Result<(), fn(String) -> MetadataError>| {
            assert_eq!(
                Metadata::new().insert(key, value),
                expected.map_err(|error| error(key.to_owned())),
                "{key}: {value}"
            );
        };
        check("k", "v", Ok(()));
        check("K-1_.x", "a b", Ok(()));
        check("k", "", Ok(()));
        check("", "v", Err(MetadataError::InvalidKey));
        check("a b", "v", Err(MetadataError::InvalidKey));
        check("ä", "v", Err(MetadataError::InvalidKey));
        check(":path", "v", Err(MetadataError::InvalidKey));
        check("grpc-timeout", "1S", Err(MetadataError::ReservedKey));
        check("Content-Type", "v", Err(MetadataError::ReservedKey));
        check("k-bin", "v", Err(MetadataError::UnexpectedBinSuffix));
        check("k", "ü", Err(MetadataError::InvalidValue));
        check("k", "a\r\nb: c", Err(MetadataError::InvalidValue));
        check("k", " v", Err(MetadataError::InvalidValue));
        assert_eq!(
            Metadata::new().insert_bin("k", [1]),
            Err(MetadataError::MissingBinSuffix("k".into()))
        );
    }

    #[test]
    fn binary_values_decode_with_padding_and_commas() {
        let mut headers = HeaderMap::new();
        headers.append("k-bin", HeaderValue::from_static("AAE=, AAI"));
        headers.append("k-bin", HeaderValue::from_static("!"));
        headers.append("k-bin", HeaderValue::from_static(""));
        let metadata = Metadata::from_headers(headers);
        assert_eq!(
            metadata.get_all_bin("k-bin").collect::<Vec<_>>(),
            [vec![0, 1], vec![0, 2], vec![]]
        );
    }

    #[test]
    fn debug_hides_credentials() {
        let mut metadata = Metadata::new();
        metadata.insert("authorization", "Bearer secret").unwrap();
        assert!(!format!("{metadata:?}").contains("secret"));
    }
}

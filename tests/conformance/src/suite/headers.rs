//! Metadata in the suite's form: each key once with all its values, binary values in base64.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use rsrpc_runtime::{Metadata, MetadataError};

use super::proto::Header;

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Adds the requested metadata.
pub(super) fn add(metadata: &mut Metadata, headers: &[Header]) -> Result<(), MetadataError> {
    for Header { name, value } in headers {
        for value in value {
            if !name.to_ascii_lowercase().ends_with("-bin") {
                metadata.append(name, value)?;
                continue;
            }
            let bytes = BASE64
                .decode(value)
                .map_err(|_| MetadataError::InvalidValue(name.clone()))?;
            metadata.append_bin(name, bytes)?;
        }
    }
    Ok(())
}

/// Converts received metadata for the suite.
pub(super) fn seen(metadata: &Metadata) -> Vec<Header> {
    let mut headers: Vec<Header> = Vec::new();
    for (key, value) in metadata.iter() {
        if headers.iter().any(|header| header.name == key) {
            continue;
        }
        let value = if key.ends_with("-bin") {
            metadata
                .get_all_bin(key)
                .map(|bytes| BASE64.encode(bytes))
                .collect()
        } else {
            let _ = value;
            metadata.get_all(key).map(str::to_owned).collect()
        };
        headers.push(Header {
            name: key.to_owned(),
            value,
        });
    }
    headers
}

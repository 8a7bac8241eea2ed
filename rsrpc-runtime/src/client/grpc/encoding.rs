//! The message encoding of a call: format, compression, and the headers that announce them.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use crate::call::{
    Compression, CompressionOverride, JsonContext, MessageFormat, Method, MethodFormats, Status,
};
use crate::client::codec::{ClientMessageOptions, Codec};
use crate::wire::grpc::{
    CONTENT_TYPE_GRPC, DecodeOptions, ENCODING, EncodeCompression, EncodeOptions, Subtype, content_type,
};
use crate::wire::quote_header_value;

/// The message encoding of a call that does not use uncompressed protobuf.
#[derive(Debug)]
pub(crate) struct RequestEncoding {
    format: MessageFormat,
    content_type: HeaderValue,
    json: JsonContext,
    /// The compression of the requests.
    compression: Option<Compression>,
    /// Minimum size of a compressed request in bytes.
    compress_from: usize,
}

impl RequestEncoding {
    /// Selects the encoding of a call. Returns `None` for uncompressed protobuf.
    ///
    /// # Errors
    /// UNIMPLEMENTED: the method's messages do not support the channel's codec.
    pub(crate) fn new<Req, Rep>(
        method: &Method<Req, Rep>,
        compression: CompressionOverride,
        options: &ClientMessageOptions,
    ) -> Result<Option<Box<Self>>, Status> {
        let formats = MethodFormats::of(method);
        let missing = || Status::unimplemented(formats.describe(method.descriptor()));
        let format = match options.codec {
            Codec::Protobuf => match formats.default_format() {
                None if formats.json => MessageFormat::Json,
                format => format.ok_or_else(missing)?,
            },
            #[cfg(feature = "jsonrpc")]
            Codec::Json if formats.json => MessageFormat::Json,
            #[cfg(feature = "jsonrpc")]
            Codec::Json => return Err(missing()),
        };
        let compression = match compression {
            CompressionOverride::Inherit => options.send,
            CompressionOverride::Off => None,
            CompressionOverride::Algorithm(algorithm) => Some(algorithm),
        };
        if format == MessageFormat::Protobuf && compression.is_none() {
            return Ok(None);
        }
        let content_type = match (format, formats.custom) {
            (MessageFormat::Protobuf, _) => CONTENT_TYPE_GRPC,
            (MessageFormat::Custom, Some(subtype)) => content_type(subtype),
            _ => HeaderValue::from_static("application/grpc+json"),
        };
        Ok(Some(Box::new(Self {
            format,
            content_type,
            json: options.json.clone(),
            compression,
            compress_from: options.compress_from,
        })))
    }

    /// Returns the options for encoding request messages.
    pub(crate) fn encode_options(&self) -> Box<EncodeOptions> {
        Box::new(EncodeOptions {
            format: self.format,
            json: self.json.clone(),
            compression: self.compression.map(|algorithm| EncodeCompression {
                algorithm,
                min_bytes: self.compress_from,
                call: None,
            }),
        })
    }

    /// Sets the content type and encoding headers of a request.
    pub(crate) fn set_headers(&self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        if let Some(algorithm) = self.compression {
            headers.insert(ENCODING, HeaderValue::from_static(algorithm.name()));
        }
    }
}

/// Returns the options for decoding reply messages, or `None` for uncompressed protobuf.
///
/// # Errors
/// INTERNAL: the replies are compressed with an algorithm that the client did not offer.
pub(crate) fn decode_options(
    encoding: Option<&RequestEncoding>,
    headers: &HeaderMap,
    options: &ClientMessageOptions,
) -> Result<Option<Box<DecodeOptions>>, Status> {
    // Without an offer the header is not read. A message with the compressed flag set then fails.
    let header = match options.accept.is_empty() {
        true => None,
        false => headers.get(ENCODING),
    };
    let compression = match header {
        None => None,
        Some(name) if name == "identity" => None,
        Some(name) => {
            let offered = Compression::from_name(name.as_bytes()).filter(|one| options.accept.contains(*one));
            Some(offered.ok_or_else(|| {
                Status::internal(format!(
                    "the server compressed its replies with {}, which the client did not offer",
                    quote_header_value(name)
                ))
            })?)
        }
    };
    if encoding.is_none_or(|encoding| encoding.format == MessageFormat::Protobuf) && compression.is_none() {
        return Ok(None);
    }
    let format = encoding.map_or(MessageFormat::Protobuf, |encoding| encoding.format);
    let json = encoding.map(|encoding| encoding.json.clone()).unwrap_or_default();
    Ok(Some(Box::new(DecodeOptions::new(format, json, compression))))
}

/// Returns whether a reply's content subtype matches the request. A missing subtype always matches: not every server
/// repeats it.
pub(crate) fn is_expected_subtype(encoding: Option<&RequestEncoding>, subtype: Subtype<'_>) -> bool {
    let Subtype::Named(name) = subtype else {
        return subtype == Subtype::Bare;
    };
    let requested = encoding.map_or(CONTENT_TYPE_GRPC, |encoding| encoding.content_type.clone());
    match Subtype::of(&requested) {
        Some(Subtype::Named(requested)) => requested.eq_ignore_ascii_case(name),
        _ => name.eq_ignore_ascii_case("proto"),
    }
}

//! In what a call's messages are written, and what they are compressed by.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};

use crate::call::{
    Compression, CompressionOverride, JsonContext, MessageFormat, Method, MethodFormats, Status,
};
use crate::client::messages::{Codec, MessageOptions};
use crate::wire::grpc::{
    CONTENT_TYPE_GRPC, DecodeOptions, ENCODING, EncodeCompression, EncodeOptions, Subtype, content_type,
};
use crate::wire::quote_header_value;

/// What differs from a call in protobuf without compression.
#[derive(Debug)]
pub(crate) struct Terms {
    format: MessageFormat,
    content_type: HeaderValue,
    json: JsonContext,
    /// Of the requests.
    announced: Option<Compression>,
    compress_from: usize,
}

impl Terms {
    /// The terms of a call, where they are not the usual ones.
    ///
    /// # Errors
    /// UNIMPLEMENTED: the method lacks what its messages are to be written in.
    pub(crate) fn of<Req, Rep>(
        method: &Method<Req, Rep>,
        wanted: CompressionOverride,
        options: &MessageOptions,
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
        let announced = match wanted {
            CompressionOverride::Inherit => options.send,
            CompressionOverride::Off => None,
            CompressionOverride::Algorithm(algorithm) => Some(algorithm),
        };
        if format == MessageFormat::Protobuf && announced.is_none() {
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
            announced,
            compress_from: options.compress_from,
        })))
    }

    /// How requests are sent.
    pub(crate) fn sending(&self) -> Box<EncodeOptions> {
        Box::new(EncodeOptions {
            format: self.format,
            json: self.json.clone(),
            compression: self.announced.map(|algorithm| EncodeCompression {
                algorithm,
                min_bytes: self.compress_from,
                call: None,
            }),
        })
    }

    /// Writes them into a request's headers.
    pub(crate) fn announce(&self, headers: &mut HeaderMap) {
        headers.insert(CONTENT_TYPE, self.content_type.clone());
        if let Some(algorithm) = self.announced {
            headers.insert(ENCODING, HeaderValue::from_static(algorithm.name()));
        }
    }
}

/// How replies are read, by their headers.
///
/// # Errors
/// INTERNAL: they are compressed in a way that was not offered.
pub(crate) fn receiving(
    terms: Option<&Terms>,
    headers: &HeaderMap,
    options: &MessageOptions,
) -> Result<Option<Box<DecodeOptions>>, Status> {
    // What was not asked for is not looked for: a message that is marked as compressed says enough.
    let encoding = match options.accept.is_empty() {
        true => None,
        false => headers.get(ENCODING),
    };
    let compression = match encoding {
        None => None,
        Some(encoding) if encoding == "identity" => None,
        Some(encoding) => {
            let offered =
                Compression::from_name(encoding.as_bytes()).filter(|one| options.accept.contains(*one));
            Some(offered.ok_or_else(|| {
                let shown = quote_header_value(encoding);
                Status::internal(format!(
                    "the server compresses by {shown}, which it was not offered"
                ))
            })?)
        }
    };
    if terms.is_none_or(|terms| terms.format == MessageFormat::Protobuf) && compression.is_none() {
        return Ok(None);
    }
    let format = terms.map_or(MessageFormat::Protobuf, |terms| terms.format);
    let json = terms.map(|terms| terms.json.clone()).unwrap_or_default();
    Ok(Some(Box::new(DecodeOptions::new(format, json, compression))))
}

/// Whether replies of a content type are what was asked for. A bare one is: not every server repeats the subtype.
pub(crate) fn is_answer(terms: Option<&Terms>, subtype: Subtype<'_>) -> bool {
    let Subtype::Named(name) = subtype else {
        return subtype == Subtype::Bare;
    };
    let asked = terms.map_or(CONTENT_TYPE_GRPC, |terms| terms.content_type.clone());
    match Subtype::of(&asked) {
        Some(Subtype::Named(asked)) => asked.eq_ignore_ascii_case(name),
        _ => name.eq_ignore_ascii_case("proto"),
    }
}

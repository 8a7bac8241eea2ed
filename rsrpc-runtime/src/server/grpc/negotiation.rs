//! Negotiation of a gRPC call: the format and the compression of its messages, decided before the first message.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};

use crate::call::{
    CallCompression, Compression, CompressionAlgorithms, JsonContext, MIN_COMPRESSED_BYTES, MessageFormat,
    MethodDescriptor, MethodFormats, Status,
};
use crate::wire::grpc::{
    ACCEPT_ENCODING, CONTENT_TYPE_GRPC, DecodeOptions, ENCODING, EncodeCompression, EncodeOptions,
    content_type,
};
use crate::wire::quote_header_value;

/// The message format that a request's content type selects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestedFormat {
    /// `application/grpc`: the default format of the method.
    Bare,
    As(MessageFormat),
}

impl RequestedFormat {
    /// Parses a content subtype. For an unknown method, accepts the standard formats.
    pub(crate) fn by_subtype(subtype: &str, formats: Option<MethodFormats>) -> Option<Self> {
        let subtype = subtype.to_ascii_lowercase();
        let format = match (formats, subtype.as_str()) {
            (Some(formats), subtype) => formats.by_subtype(subtype),
            (None, "proto") => Some(MessageFormat::Protobuf),
            (None, "json") => Some(MessageFormat::Json),
            (None, _) => None,
        };
        format.map(Self::As)
    }
}

/// The server's settings for messages.
#[derive(Debug, Clone)]
pub(crate) struct ServerMessageOptions {
    /// The context of messages in JSON.
    pub(crate) json: JsonContext,
    pub(crate) accept: CompressionAlgorithms,
    /// In order of preference.
    pub(crate) send: Vec<Compression>,
    pub(crate) compress_from: usize,
}

impl Default for ServerMessageOptions {
    fn default() -> Self {
        Self {
            json: JsonContext::new(),
            accept: CompressionAlgorithms::default(),
            send: Vec::new(),
            compress_from: MIN_COMPRESSED_BYTES,
        }
    }
}

/// The negotiated formats. Both are `None` for most calls: protobuf without compression.
#[derive(Debug, Default)]
pub(crate) struct Negotiated {
    pub(crate) receiving: Option<Box<DecodeOptions>>,
    pub(crate) reply: Option<Box<NegotiatedReply>>,
}

/// The negotiated format of the reply.
#[derive(Debug)]
pub(crate) struct NegotiatedReply {
    format: MessageFormat,
    content_type: HeaderValue,
    json: JsonContext,
    compress_from: usize,
    pub(crate) compression: Option<Arc<CallCompression>>,
}

impl Negotiated {
    /// Negotiates format and compression from a request's headers.
    ///
    /// # Errors UNIMPLEMENTED if the method does not support the format, or if the server does not accept the
    /// compression algorithm. In the second case the status lists the accepted algorithms
    /// ([compression.md](https://github.com/grpc/grpc/blob/master/doc/compression.md)).
    #[inline]
    pub(crate) fn of(
        requested: RequestedFormat,
        formats: MethodFormats,
        method: &MethodDescriptor,
        encoding: Option<&HeaderValue>,
        headers: &HeaderMap,
        options: &ServerMessageOptions,
    ) -> Result<Self, Status> {
        let format = match requested {
            RequestedFormat::Bare => formats.default_format(),
            RequestedFormat::As(format) => Some(format),
        };
        let format = format.ok_or_else(|| Status::unimplemented(formats.describe(method)))?;
        let encoding = match encoding {
            None => None,
            Some(encoding) => known(encoding, options.accept)?,
        };
        let accepted = if options.send.is_empty() && options.accept.is_empty() {
            CompressionAlgorithms::default()
        } else {
            let lists = headers.get_all(ACCEPT_ENCODING).into_iter();
            lists
                .flat_map(|list| CompressionAlgorithms::parse(list.as_bytes()).iter())
                .collect()
        };
        if encoding.is_none()
            && accepted.is_empty()
            && requested == RequestedFormat::Bare
            && format == MessageFormat::Protobuf
        {
            return Ok(Self::default());
        }
        let preferred = options.send.iter().copied().find(|one| accepted.contains(*one));
        let compression = (encoding.is_some() || !accepted.is_empty())
            .then(|| Arc::new(CallCompression::new(accepted, preferred)));
        let mut receiving = DecodeOptions::new(format, options.json.clone(), encoding);
        receiving.call.clone_from(&compression);
        let reply = NegotiatedReply {
            format,
            content_type: reply_content_type(requested, formats),
            json: options.json.clone(),
            compress_from: options.compress_from,
            compression,
        };
        Ok(Self {
            receiving: Some(Box::new(receiving)),
            reply: Some(Box::new(reply)),
        })
    }
}

impl NegotiatedReply {
    /// Writes the negotiated values into the reply's headers.
    pub(crate) fn announce(self, headers: &mut HeaderMap) -> EncodeOptions {
        let announced = self.compression.as_ref().and_then(|call| call.announce());
        if let Some(algorithm) = announced {
            headers.insert(ENCODING, HeaderValue::from_static(algorithm.name()));
        }
        headers.insert(http::header::CONTENT_TYPE, self.content_type);
        EncodeOptions {
            format: self.format,
            json: self.json,
            compression: announced.map(|algorithm| EncodeCompression {
                algorithm,
                min_bytes: self.compress_from,
                call: self.compression,
            }),
        }
    }
}

fn known(encoding: &HeaderValue, accepted: CompressionAlgorithms) -> Result<Option<Compression>, Status> {
    if encoding == "identity" {
        return Ok(None);
    }
    if let Some(algorithm) = Compression::from_name(encoding.as_bytes()).filter(|one| accepted.contains(*one))
    {
        return Ok(Some(algorithm));
    }
    let shown = quote_header_value(encoding);
    let names = accepted.names();
    let mut status = Status::unimplemented(format!(
        "grpc-encoding {shown} is not supported: use {}",
        names.replace(',', " or ")
    ));
    let names = HeaderValue::try_from(names).expect("algorithm names are valid header values");
    status.metadata_mut().headers_mut().insert(ACCEPT_ENCODING, names);
    Err(status)
}

/// Returns the reply's content type, which names a subtype if the request's does.
fn reply_content_type(requested: RequestedFormat, formats: MethodFormats) -> HeaderValue {
    match (requested, formats.custom) {
        (RequestedFormat::Bare, _) => CONTENT_TYPE_GRPC,
        (RequestedFormat::As(MessageFormat::Protobuf), _) => {
            HeaderValue::from_static("application/grpc+proto")
        }
        (RequestedFormat::As(MessageFormat::Custom), Some(subtype)) => content_type(subtype),
        _ => HeaderValue::from_static("application/grpc+json"),
    }
}
